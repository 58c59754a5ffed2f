"""Another project, whose tests use the fixtures of this checkout."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from heygen_video_translation.testing.server_process import (
    ServerProcess,
    clean_environment,
    run_server,
)
from tests.databases import Database, Databases
from tests.patience import PROGRAM_TIMEOUT
from tests.server_fixtures import database, databases

__all__ = ["database", "databases", "project", "shared_server", "starting_project"]

ROOT = Path(__file__).parents[2]
PLUGIN = "heygen_video_translation.testing.pytest_plugin"
COMMAND = (sys.executable, str(ROOT / "cli.py"))
SLOW_PLUGINS = ("hypothesispytest", "schemathesis", "anyio", "django")
"""Plugins that are installed here and would slow down every run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with tests, and how pytest runs there."""

    folder: Path
    options: tuple[str, ...] = ()

    def write(self, tests: str, **modules: str) -> "Project":
        """Write the tests and further modules, named as they are imported."""
        for name, text in {"test_own": tests, **modules}.items():
            path = self.folder.joinpath(*name.split(".")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(text))
        return self

    def command(self, *options: str) -> list[str]:
        without = [word for name in SLOW_PLUGINS for word in ("-p", f"no:{name}")]
        return [
            *(sys.executable, "-m", "pytest", "-p", PLUGIN, "-W", "error", "--basetemp", "tmp"),
            *(*without, *self.options, *options),
        ]

    def environment(self, **variables: str) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [variables.pop("PYTHONPATH", ""), str(ROOT)]))
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "COLUMNS": "100",
            "PYTHONPATH": path,
            **variables,
        }

    def pytest(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the project's tests."""
        return subprocess.run(
            self.command(*options),
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT,
            check=False,
        )


def accepts_connections(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)).close()
    except (ConnectionRefusedError, ConnectionResetError):  # closed, or closing in this moment
        return False
    return True


def serve(
    database: Database, folder: Path, **settings: object
) -> AbstractContextManager[ServerProcess]:
    """Run the server of this checkout, with its log in the folder."""
    return run_server(
        [*COMMAND, "serve", "--port", "0"],
        log=folder / "server.log",
        environment=clean_environment({**database.settings, **settings}),
        folder=folder,
    )


def project_with_command(folder: Path) -> Project:
    """Return a project whose fixtures start the server of this checkout."""
    command = " ".join(COMMAND)
    return Project(folder=folder, options=("-o", f"translation_server_command={command}"))


def project_with_server(folder: Path, server: ServerProcess) -> Project:
    """Return a project whose fixtures use this server."""
    return Project(folder=folder, options=("-o", f"translation_server_url={server.url}"))


@pytest.fixture(scope="session")
def shared_server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server that serves several projects' tests."""
    folder = tmp_path_factory.mktemp("shared")
    with serve(databases.create(folder), folder, LONG_POLL_LIMIT=0) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, shared_server: ServerProcess) -> Project:
    """A project whose fixtures use a server that runs already."""
    return project_with_server(tmp_path, shared_server)


@pytest.fixture
def starting_project(tmp_path: Path) -> Project:
    """A project whose fixtures start the server."""
    return project_with_command(tmp_path)
