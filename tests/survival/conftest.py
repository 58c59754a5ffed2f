"""Two servers on one store, as different as they get: everything must hold for both at once."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.servers import ROOT, Server, environment, gunicorn, runserver

SETTLE: Final = 0.3
"""Seconds until a request that was sent is held, but for a very busy machine."""

PROMPT: Final = 0.5
"""Seconds in which a hold that is woken answers.

One that nothing wakes answers at its next look, which comes a second after it was asked for: that
is more than this after whatever was to wake it, if that came within SETTLE or a little more.
"""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


@dataclass(frozen=True)
class Twins:
    """The development server with DEBUG on, and the production server with DEBUG off."""

    development: Server
    production: Server
    store: Path


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, made once; a test works on a copy."""
    path = tmp_path_factory.mktemp("store") / "db.sqlite3"
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment(path), check=True)
    return path


@pytest.fixture
def store(tmp_path: Path, migrated_store: Path) -> Path:
    return Path(shutil.copy(migrated_store, tmp_path / "db.sqlite3"))


@pytest.fixture(scope="session")
def twins(migrated_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    directory = tmp_path_factory.mktemp("twins")
    store = Path(shutil.copy(migrated_store, directory / "db.sqlite3"))
    with (
        runserver(store, directory / "runserver.log", DEBUG="1") as development,
        gunicorn(store, directory / "gunicorn.log") as production,
    ):
        yield Twins(development, production, store)
    for log in (development.log, production.log):
        assert "Traceback" not in log.read_text(errors="replace")


@pytest.fixture(params=["development", "production"])
def server(request: pytest.FixtureRequest, twins: Twins) -> Server:
    """Each of the twins: what holds for one holds for the other."""
    chosen: Server = getattr(twins, request.param)
    return chosen
