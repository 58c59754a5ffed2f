"""A server for the examples of the documentation, and projects that consist of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heygen_video_translation.testing.server_process import ServerProcess
from tests.databases import Databases
from tests.server_fixtures import databases
from tests.testing.conftest import Project, project_with_command, project_with_server, serve

__all__ = ["databases", "project", "server", "starting_project"]


@pytest.fixture(scope="session")
def server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server whose jobs complete almost at once, unless a request sets something else."""
    folder = tmp_path_factory.mktemp("docs")
    with serve(
        databases.create(folder),
        folder,
        ERROR_PROBABILITY=0,
        LONG_POLL_LIMIT=0,
        MIN_DELAY=0,
        MAX_DELAY=0.1,
    ) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: ServerProcess) -> Project:
    """A project without files, whose fixtures use the server that runs already."""
    return project_with_server(tmp_path, server)


@pytest.fixture
def starting_project(tmp_path: Path) -> Project:
    """A project without files, whose fixtures start a server."""
    return project_with_command(tmp_path)
