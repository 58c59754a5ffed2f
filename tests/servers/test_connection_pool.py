"""How a server uses its pool of connections to PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.databases import OTHER_CLIENTS, Database, connections_to
from tests.patience import eventually
from tests.server_processes import Server, gunicorn
from tests.server_workspaces import ServerWorkspace
from tests.servers.occupying import occupy

pytestmark = pytest.mark.postgresql(reason="SQLite has no pool")

POOL_SIZE: Final = 3
LISTENING: Final = 1
"""A connection for notices of changes, beside the pool."""

LONG_POLLS: Final = 40
RESERVED: Final = 5
"""An eighth of the slots is for other workspaces."""


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Iterator[Server]:
    settings = {"DATABASE_POOL_SIZE": str(POOL_SIZE), "MAX_LONG_POLLS": str(LONG_POLLS + RESERVED)}
    with gunicorn(database, tmp_path / "log", **settings) as server:
        yield server


def end_connections(database: Database) -> None:
    """End all connections of the server, which opens others at once."""
    ended = database.read(
        f"SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHER_CLIENTS}"
    )
    pids = ", ".join(str(pid) for pid, _ in ended)
    assert eventually(
        lambda: not database.read(f"SELECT 1 FROM pg_stat_activity WHERE pid IN ({pids})")
    )


def test_long_polls_keep_no_connection(
    server: Server, database: Database, threads: ThreadPoolExecutor
) -> None:
    workspace = ServerWorkspace(server)
    job_id = workspace.create(outcome="stuck")
    long_polls = occupy(workspace, job_id, threads, count=LONG_POLLS, seconds=30)

    statuses = [workspace.request("GET", "/jobs").status for _ in range(20)]
    used = connections_to(database)
    workspace.request("POST", f"/jobs/{job_id}/cancel")

    assert statuses == [200] * 20
    assert used <= POOL_SIZE + LISTENING
    assert [each.result()[0].document["status"] for each in long_polls] == ["error"] * LONG_POLLS


def test_lost_connections_fail_no_request(server: Server, database: Database) -> None:
    workspace = ServerWorkspace(server)
    job_id = workspace.create(outcome="stuck")

    statuses = []
    for _ in range(5):
        end_connections(database)
        statuses.append(workspace.request("GET", f"/jobs/{job_id}").status)

    assert statuses == [200] * 5
