"""Responses while the database is damaged, empty, locked or on a full disk."""

import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.databases import Database
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import PROBLEM, Response, gunicorn, runserver
from tests.server_workspaces import ServerWorkspace

BUSY_TIMEOUT: Final = 8.0
"""Seconds that a write waits for a locked database."""


def requests_about(job: dict[str, str]) -> list[tuple[str, str]]:
    path = f"/jobs/{job['id']}"
    paths = ("/health", "/status", "/jobs", f"/jobs?ids={job['id']}", path)
    changes = [("POST", "/jobs"), ("POST", f"{path}/cancel"), ("DELETE", path)]
    return [*(("GET", each) for each in paths), *changes]


def assert_unavailable(responses: list[Response]) -> None:
    seen = [(each.status, each.content_type, each.headers["Retry-After"]) for each in responses]
    assert seen == [(503, PROBLEM, "1")] * len(responses)


@pytest.mark.parametrize("run", [runserver, gunicorn])
def test_unexpected_error_is_described_in_the_log_only(
    run, database: Database, tmp_path: Path
) -> None:
    with run(database, tmp_path / "log", DEBUG="0") as server:
        job = server.request("POST", "/jobs").document
        database.change("UPDATE vid_trans_api_job SET plan = '{}'")

        response = server.request("GET", f"/jobs/{job['id']}")

    assert (response.status, response.content_type) == (500, PROBLEM)
    assert b"Traceback" not in response.body
    assert "KeyError: 'failure'" in server.log.read_text()


@pytest.mark.sqlite(reason="it damages the file")
def test_damaged_database_makes_the_server_unavailable(database: Database, tmp_path: Path) -> None:
    with gunicorn(database, tmp_path / "log") as server:
        job = server.request("POST", "/jobs").document
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.path.write_bytes(b"this is not SQLite " * 10_000)

        responses = [server.request(method, path) for method, path in requests_about(job)]

    assert_unavailable(responses)


def test_missing_tables_make_the_server_unavailable(database: Database, tmp_path: Path) -> None:
    with gunicorn(database, tmp_path / "log") as server:
        job = server.request("POST", "/jobs").document
        for table in ("job", "idempotencykey", "workspace"):
            database.drop(f"vid_trans_api_{table}")

        responses = [server.request(method, path) for method, path in requests_about(job)]

    assert_unavailable(responses)


@pytest.mark.sqlite(reason="it limits the size of the file")
def test_full_disk_prevents_writes_and_allows_reads(database: Database, tmp_path: Path) -> None:
    with (
        file_size_limited_to(database.path.stat().st_size + 100_000),
        gunicorn(database, tmp_path / "log") as server,
    ):
        job = server.request("POST", "/jobs", {"simulation": {"outcome": "stuck"}}).document
        posted = [server.request("POST", "/jobs", {"title": "a" * 200}) for _ in range(60)]
        paths = (f"/jobs/{job['id']}", "/jobs", "/health")
        read = [server.request("GET", path) for path in paths]
        listed = server.request("GET", "/jobs?limit=100").document["results"]

    created = [response.document["id"] for response in posted if response.status == 202]
    assert 0 < len(created) < len(posted)
    assert_unavailable([response for response in posted if response.status != 202])
    assert [response.status for response in read] == [200] * 3
    assert {*created} <= {each["id"] for each in listed}
    assert "The database does not respond" in server.log.read_text()


@contextmanager
def file_size_limited_to(size: int) -> Iterator[None]:
    """Limit the size of the files of processes started in the block, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.sqlite(reason="PostgreSQL's writers do not lock the whole database")
def test_locked_database_delays_no_poll_and_loses_no_recording(servers: ServerPair) -> None:
    workspace = ServerWorkspace(servers.production)
    job_id = workspace.create(duration=600)
    polls = []

    with closing(sqlite3.connect(servers.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(6):
            requested_at = time.monotonic()
            status = workspace.request("GET", f"/jobs/{job_id}").status
            polls.append((status, time.monotonic() - requested_at))
            time.sleep(0.1)
        other.execute("ROLLBACK")

    assert [status for status, _ in polls] == [200] * len(polls)
    assert max(seconds for _, seconds in polls) < BUSY_TIMEOUT / 2
    assert eventually(lambda: workspace.report()["request_count"] == len(polls) + 1)
    assert {each["status"] for each in workspace.report()["requests"]} == {200, 202}
