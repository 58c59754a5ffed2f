"""The locks list what the requirements files pin, with hashes, and name no package index."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.lock", "requirements-server.lock", "requirements-dev.lock"]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Return the version of each package that a file pins itself."""
    return {
        re.sub(r"[-_.]+", "-", package).lower(): version
        for package, version in _PIN.findall((ROOT / name).read_text())
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_has_the_pinned_versions(lock: str) -> None:
    files = [ROOT / "requirements.txt"] if lock == LOCKS[0] else ROOT.glob("requirements*.txt")
    pinned = {name: version for path in files for name, version in pins(path.name).items()}
    locked = pins(lock)

    assert {name: locked.get(name) for name in pinned} == pinned


def test_servers_lock_has_what_its_extras_require() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    required = {
        re.split(r"[\[<>=]", requirement)[0]
        for each in (
            project["dependencies"],
            *map(extras.get, ("cli", "server", "postgres", "metrics")),
        )
        for requirement in each
    }

    assert required - {project["name"]} <= set(pins("requirements-server.lock"))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-server.lock"])
def test_locks_agree(lock: str) -> None:
    runtime, development = pins(lock), pins("requirements-dev.lock")

    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_hashes_of_every_package(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text())[1:]

    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_package_index(lock: str) -> None:
    assert re.findall(r"://|index-url|find-links", (ROOT / lock).read_text()) == []
