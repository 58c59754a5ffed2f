"""A server for the examples of the documentation, and projects that consist of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heygen_video_translation.testing.server_process import (
    ServerProcess,
    clean_environment,
    run_server,
)
from tests.testing.conftest import COMMAND, Project


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose jobs complete almost at once, unless a request sets something else."""
    folder = tmp_path_factory.mktemp("docs")
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "ERROR_PROBABILITY": 0,
        "LONG_POLL_LIMIT": 0,
        "MIN_DELAY": 0,
        "MAX_DELAY": 0.1,
    }
    with run_server(
        [*COMMAND, "serve", "--port", "0"],
        log=folder / "server.log",
        environment=clean_environment(settings),
        folder=folder,
    ) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: ServerProcess) -> Project:
    """A project without files, whose fixtures use the server that runs already."""
    return Project(folder=tmp_path, options=("-o", f"translation_server_url={server.url}"))


@pytest.fixture
def starting_project(tmp_path: Path) -> Project:
    """A project without files, whose fixtures start a server."""
    return Project(
        folder=tmp_path, options=("-o", f"translation_server_command={' '.join(COMMAND)}")
    )
