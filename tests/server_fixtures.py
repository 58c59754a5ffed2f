"""Fixtures for tests with real servers: databases, threads, and two servers that tests share."""

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from tests.server_processes import Server, gunicorn, runserver


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
def migrated_database(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup, django_db_blocker
) -> Path:
    """An empty database; a copy of the one that tests without servers use."""
    path = tmp_path_factory.mktemp("database") / "db.sqlite3"
    with django_db_blocker.unblock(), closing(sqlite3.connect(path)) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
        connection.close()
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
