"""Fixtures for tests with real servers: databases, threads, and two servers that tests share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.server_processes import ROOT, Server, environment, gunicorn, runserver


@dataclass(frozen=True)
class ServerPair:
    """The development and the production server, with one database."""

    development: Server
    production: Server
    database: Path

    def other(self, server: Server) -> Server:
        """Return the other one of the two."""
        return self.production if server is self.development else self.development


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, made once for all processes that run tests."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / "migrated.sqlite3"
    with (folder / "migrated.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env=environment(unfinished), check=True)
            unfinished.rename(path)
    return path


@pytest.fixture
def database(tmp_path: Path, migrated_database: Path) -> Path:
    """An empty database for one test."""
    return Path(shutil.copy(migrated_database, tmp_path / "db.sqlite3"))


@pytest.fixture(scope="session")
def servers(
    migrated_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerPair]:
    """Both servers, started once; each test works in a workspace of its own."""
    folder = tmp_path_factory.mktemp("servers")
    database = Path(shutil.copy(migrated_database, folder / "db.sqlite3"))
    with (
        runserver(database, folder / "runserver.log", DEBUG="1") as development,
        gunicorn(database, folder / "gunicorn.log") as production,
    ):
        yield ServerPair(development, production, database)
    for log in (development.log, production.log):
        assert "Traceback" not in log.read_text(errors="replace")


@pytest.fixture(params=["development", "production"])
def server(request: pytest.FixtureRequest, servers: ServerPair) -> Server:
    """Each of the two servers in turn."""
    chosen: Server = getattr(servers, request.param)
    return chosen
