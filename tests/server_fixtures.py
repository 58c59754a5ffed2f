"""Fixtures for tests with real servers: databases, threads, and two servers that tests share."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import Database, Databases
from tests.databases import databases as make_databases
from tests.server_processes import Server, gunicorn, runserver


@dataclass(frozen=True)
class ServerPair:
    """The development and the production server, with one database."""

    development: Server
    production: Server
    database: Database

    def other(self, server: Server) -> Server:
        """Return the other one of the two."""
        return self.production if server is self.development else self.development


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """What makes empty databases with all tables."""
    folder = tmp_path_factory.getbasetemp()
    return make_databases(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture
def database(tmp_path: Path, databases: Databases) -> Database:
    """An empty database for one test."""
    return databases.create(tmp_path)


@pytest.fixture(scope="session")
def servers(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerPair]:
    """Both servers, started once; each test works in a workspace of its own."""
    folder = tmp_path_factory.mktemp("servers")
    database = databases.create(folder)
    with (
        runserver(database, folder / "runserver.log", DEBUG="1") as development,
        gunicorn(database, folder / "gunicorn.log") as production,
    ):
        yield ServerPair(development, production, database)
    for log in (development.log, production.log):
        _, traceback, rest = log.read_text(errors="replace").partition("Traceback")
        assert not traceback, rest[:5000]


@pytest.fixture(params=["development", "production"])
def server(request: pytest.FixtureRequest, servers: ServerPair) -> Server:
    """Each of the two servers in turn."""
    chosen: Server = getattr(servers, request.param)
    return chosen
