"""The architecture page shows the folders as they are."""

import re
from pathlib import Path

from tests.docs.pages import ROOT, read, table

PAGE = "docs/architecture.md"


def has_files(folder: Path) -> bool:
    """Return whether a folder has files other than compiled modules of an earlier version."""
    return any(path.is_file() and path.suffix != ".pyc" for path in folder.rglob("*"))


def test_table_of_folders_names_every_package_and_module() -> None:
    listed = re.findall(r"`([\w.]+?)/?`", " ".join(row[0] for row in table(PAGE, "Folders")))

    existing = [
        path.name
        for package in ("heygen_video_translation", "vid_trans_api")
        for path in (ROOT / package).iterdir()
        if path.suffix == ".py" or has_files(path)
    ]
    assert set(existing) - {"__init__.py", "__main__.py"} <= set(listed)


def test_table_of_folders_names_nothing_that_does_not_exist() -> None:
    paths = {
        path.name
        for folder in (ROOT, ROOT / "heygen_video_translation", ROOT / "vid_trans_api")
        for path in folder.iterdir()
    }

    listed = re.findall(r"`([\w.]+?)/?`", " ".join(row[0] for row in table(PAGE, "Folders")))

    assert set(listed) <= paths


def test_modules_named_in_the_text_exist() -> None:
    paths = re.findall(r"`(\w+/[\w/]+\.py)`", read(PAGE))

    roots = (ROOT, ROOT / "heygen_video_translation", ROOT / "vid_trans_api")
    missing = [path for path in paths if not any((root / path).exists() for root in roots)]

    assert paths
    assert missing == []
