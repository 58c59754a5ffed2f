"""What the wheel and the sdist contain."""

import re
import subprocess
import tarfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from heygen_video_translation import __version__
from heygen_video_translation.client import __version__ as client_version
from tests.prove.installation.conftest import ROOT, SDIST, WHEEL

PACKAGES = ("heygen_video_translation", "vid_trans_api")


@pytest.fixture(scope="module")
def metadata(built: Path) -> Message:
    with ZipFile(built / WHEEL) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(wheel.read(name).decode())


def tracked_files() -> set[str]:
    """Return the files in the repository, or all files if this is not one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    return {name for name in listed if (ROOT / name).is_file()} or {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_wheel_has_the_packages_as_they_are_here(built: Path) -> None:
    with ZipFile(built / WHEEL) as wheel:
        contents = {
            name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name
        }

    assert contents == {
        name: (ROOT / name).read_bytes()
        for name in tracked_files()
        if name.partition("/")[0] in PACKAGES
    }


def test_sdist_has_the_sources_docs_and_tests(built: Path) -> None:
    with tarfile.open(built / SDIST) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    folders = {*PACKAGES, ".ci", "benchmarks", "deploy", "docs", "examples", "scripts", "tests"}
    expected = {name for name in tracked_files() if name.partition("/")[0] in folders}
    assert names >= expected
    assert names - expected == {
        *("CHANGELOG.md", "LICENSE", "Makefile", "PKG-INFO", "README.md", "pyproject.toml"),
        *(".gitignore", "cli.py", "client.py", "gunicorn.conf.py", "manage.py"),
        *("Dockerfile", ".dockerignore", "compose.yaml"),
        *(path.name for path in ROOT.glob("requirements*.*")),
        "test_integration.py",
    }


def test_readme_has_absolute_links_only(metadata: Message) -> None:
    description = metadata.get_payload()

    assert isinstance(description, str)
    assert re.findall(r"\]\((?!https://|#)[^)]*\)", description) == []
    assert "](https://github.com/" in description


def test_metadata_has_version_links_and_keywords(metadata: Message) -> None:
    assert metadata["Version"] == __version__ == client_version
    assert {each.partition(",")[0] for each in metadata.get_all("Project-URL", [])} == {
        *("Homepage", "Documentation", "Changelog", "Source", "Issues"),
    }
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert "polling" in metadata["Keywords"].split(",")


def test_pinned_versions_satisfy_the_requirements(metadata: Message) -> None:
    pinned = dict(
        re.findall(
            r"^([\w-]+)(?:\[[\w,]+\])?==(\S+)$",
            "".join((ROOT / f"requirements{each}.txt").read_text() for each in ("", "-test")),
            re.MULTILINE,
        )
    )
    required = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    others = [each for each in required if each.name != metadata["Name"]]

    assert {each.name for each in others} == {
        *("requests", "django", "djangorestframework", "drf-spectacular", "whitenoise"),
        *("django-cors-headers", "gunicorn", "typer", "rich", "aiohttp", "pytest"),
        *("dj-database-url", "pymediainfo", "psycopg", "prometheus-client", "certifi"),
        *("platformdirs", "httpx", "anyio"),
    }
    assert [each for each in others if pinned[each.name] not in each.specifier] == []
