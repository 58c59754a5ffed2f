"""The examples of the guide to the client for HeyGen's API run as they are."""

import re
from pathlib import Path
from typing import Final

import pytest

from heygen_video_translation.client.blocking_groups import Batches, Proofreads
from heygen_video_translation.client.dialects.heygen import HeygenDialect
from heygen_video_translation.testing.server_process import ServerProcess
from tests.docs.pages import append, code_blocks, section
from tests.media_files import VIDEO
from tests.testing.conftest import Project

PAGE = "docs/howto-heygen-client.md"
*EXAMPLES, FIXTURES = code_blocks(PAGE, "python")


@pytest.fixture
def folder(tmp_path: Path, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a video, in an environment that names the server."""
    (tmp_path / "talk.mp4").write_bytes(VIDEO)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEYGEN_API_BASE", server.url)
    monkeypatch.setenv("HEYGEN_API_KEY", "test")
    # The client would wait for 44 s before the first poll of a job that takes 5 to 15 minutes.
    monkeypatch.setattr(HeygenDialect, "published_durations", (0.1, 0.3))
    return tmp_path


FILES: Final[tuple[set[str], ...]] = (
    {"out/talk.French.mp4", "out/talk.German.mp4"},
    {f"talk.{name}.{kind}" for name in ("French", "German") for kind in ("mp4", "srt")},
    set(),
    {"talk.fr.mp4", "talk.srt"},
)
"""What each example saves."""


@pytest.mark.parametrize(
    ("example", "files"),
    list(zip(EXAMPLES, FILES, strict=True)),
    ids=["one call", "jobs", "batch", "proofread"],
)
def test_example_runs(folder: Path, example: str, files: set[str]) -> None:
    printed: list[object] = []

    exec(example, {"print": printed.append})

    saved = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert saved == {"talk.mp4"} | files
    assert printed in ([], [["completed"] * 3])


def test_example_of_the_fixtures_passes(project: Project) -> None:
    append(project.folder, [("test_example.py", FIXTURES)])

    result = project.pytest()

    assert " 1 passed" in result.stdout, result.stdout


@pytest.mark.parametrize("group", [Batches, Proofreads])
def test_every_method_of_a_group_is_listed(group: type) -> None:
    listed = re.findall(r"^\| `(\w+)\(", section(PAGE, group.__name__), re.MULTILINE)

    assert listed == [name for name in vars(group) if name[0] != "_"]
