"""When long polls end, on both servers and across two processes with one database."""

import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from tests.databases import Database
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import API, Response, Server, gunicorn, runserver
from tests.server_workspaces import ServerWorkspace
from tests.servers.occupying import is_long_poll, long_polls_are_full, occupy

LONG: Final = 30
"""Seconds that clients offer to wait: longer than any long poll of these tests."""

SOON: Final = 10.0
"""Seconds within which a long poll has ended that nothing keeps open, on a busy machine."""

ARRIVAL: Final = 0.3
"""Seconds within which requests have arrived at the server and wait there."""

WAKE_LIMIT: Final = 0.5
"""Seconds that show whether a long poll was woken at once, and not by a look each second."""

CAUSES: Final[Mapping[str, Callable[[ServerWorkspace, str], object]]] = {
    "cancel": lambda workspace, job_id: workspace.request("POST", f"/jobs/{job_id}/cancel"),
    "delete": lambda workspace, job_id: workspace.request("DELETE", f"/jobs/{job_id}"),
    "update": lambda workspace, job_id: workspace.update(job_id, finish="now"),
    "advance": lambda workspace, job_id: workspace.set_clock(advance=600),
    "reset": lambda workspace, job_id: workspace.request("POST", "/simulation/reset", {}),
}
"""What can end the long polls of a workspace's job."""

EXPECTED: Final = {
    "cancel": (200, "error"),
    "delete": (404, None),
    "update": (200, "completed"),
    "advance": (200, "completed"),
    "reset": (404, None),
}
"""The response's status and the job's, for each of these causes."""


def wait_and_cause(
    here: Server, there: Server, cause: str, threads: ThreadPoolExecutor, *, after: float = 0.0
) -> tuple[Response, float]:
    """Cause the end of a long poll through the server `there`.

    Return its response, and the seconds since the cause. If several do this, each begins after
    other seconds, so that no pause of a busy machine delays most of them.
    """
    time.sleep(after)
    clock = {"freeze": True} if cause == "advance" else {"speed": 1}
    workspace = ServerWorkspace(here, **clock)
    job_id = workspace.create(duration=600)
    long_poll = threads.submit(workspace.long_poll, job_id, LONG)
    time.sleep(ARRIVAL)
    CAUSES[cause](workspace.on(there), job_id)
    caused_at = time.monotonic()
    response, at = long_poll.result()
    return response, at - caused_at


def outcome(response: Response) -> tuple[int, str | None]:
    return response.status, response.document["status"] if response.status == 200 else None


@pytest.mark.parametrize("cause", CAUSES)
def test_change_in_the_same_process_wakes_long_polls(
    cause: str, server: Server, threads: ThreadPoolExecutor
) -> None:
    measuring = [
        threads.submit(wait_and_cause, server, server, cause, threads, after=number / 10)
        for number in range(5)
    ]
    measured = [each.result() for each in measuring]

    assert [outcome(response) for response, _ in measured] == [EXPECTED[cause]] * 5
    assert statistics.median(seconds for _, seconds in measured) < WAKE_LIMIT


def test_change_in_another_process_ends_long_polls(
    servers: ServerPair, threads: ThreadPoolExecutor
) -> None:
    both = (servers.development, servers.production)
    measuring = {
        (cause, here): threads.submit(
            wait_and_cause, here, servers.other(here), cause, threads, after=number / 10
        )
        for number, (cause, here) in enumerate(product(CAUSES, both))
    }
    measured = {key: each.result() for key, each in measuring.items()}

    for (cause, _), (response, _) in measured.items():
        assert outcome(response) == EXPECTED[cause]
    assert statistics.median(seconds for _, seconds in measured.values()) < WAKE_LIMIT


@pytest.mark.postgresql(reason="SQLite needs no connection for notices")
def test_changes_end_long_polls_after_connections_were_lost(
    servers: ServerPair, threads: ThreadPoolExecutor
) -> None:
    """Those for the notices of changes, too."""
    wait_and_cause(servers.development, servers.production, "cancel", threads)  # both listen
    workspace = ServerWorkspace(servers.production)
    others = [workspace.on(servers.development), workspace]
    jobs = [workspace.create(outcome="stuck") for _ in others]
    waiting = [
        threads.submit(here.long_poll, job_id, LONG)
        for here, job_id in zip(others, jobs, strict=True)
    ]
    listening = "pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    assert eventually(
        lambda: len(servers.database.read(f"SELECT 1 FROM {listening}")) >= len(others)
    )

    servers.database.read(f"SELECT pg_terminate_backend(pid) FROM {listening}")
    for there, job_id in zip(reversed(others), jobs, strict=True):
        there.request("POST", f"/jobs/{job_id}/cancel")
    caused_at = time.monotonic()

    for each in waiting:
        response, at = each.result()
        assert response.document["status"] == "error"
        assert at - caused_at < SOON
    _, seconds = wait_and_cause(servers.development, servers.production, "cancel", threads)
    assert seconds < SOON


def test_long_polls_end_with_their_jobs(server: Server, threads: ThreadPoolExecutor) -> None:
    jobs = 10

    def lateness(duration: float) -> tuple[Response, float, float]:
        """Return a long poll's response, and how late it and a poll are after the job's end."""
        with server.connect() as first, server.connect() as second:
            job = first.create(duration=duration, outcome="completed")
            end = datetime.fromisoformat(job["created_at"]).timestamp() + duration
            polling = threads.submit(poll_at_the_end, second, job["id"], end)
            path, headers = f"/jobs/{job['id']}", {"Prefer": f"wait={LONG}"}
            response = first.request("GET", path, headers=headers)
            return response, time.time() - end, polling.result()

    def poll_at_the_end(connection: Any, job_id: str, end: float) -> float:
        time.sleep(max(0, end - time.time()))
        connection.job(job_id)
        return time.time() - end

    with ThreadPoolExecutor(jobs) as waiting:
        measured = [*waiting.map(lateness, [0.5 + number / 10 for number in range(jobs)])]

    for response, _, _ in measured:
        assert response.headers["Preference-Applied"] == f"wait={LONG}"
        assert response.document["status"] == "completed"
    # Polls at the same instants show how slow the machine is. A look once a second at the job
    # would make long polls half a second later than these.
    long_polls = statistics.median(late for _, late, _ in measured)
    polls = statistics.median(late for _, _, late in measured)
    assert long_polls - polls < 0.2


def test_long_poll_lasts_real_seconds_and_ends_in_workspace_time(
    server: Server, threads: ThreadPoolExecutor
) -> None:
    frozen, fast = ServerWorkspace(server, freeze=True), ServerWorkspace(server, speed=600)
    pending = frozen.create(duration=900)

    started_at = time.monotonic()
    completed = fast.create(duration=600)
    in_frozen_time = threads.submit(frozen.long_poll, pending, 1)
    in_fast_time = threads.submit(fast.long_poll, completed, LONG)

    for long_poll, status in ((in_frozen_time, "pending"), (in_fast_time, "completed")):
        response, at = long_poll.result()
        assert response.document["status"] == status
        assert 0.99 <= at - started_at < SOON  # the server's clock may gain 1 %


@pytest.fixture(params=[runserver, gunicorn])
def limited_server(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> Iterator[Server]:
    """A server that accepts two long polls at once, each for at most four seconds."""
    limits = {"MAX_LONG_POLLS": "2", "LONG_POLL_LIMIT": "4"}
    with request.param(database, tmp_path / "log", **limits) as server:
        yield server


def test_long_polls_are_limited_in_number_and_duration(
    limited_server: Server, threads: ThreadPoolExecutor
) -> None:
    workspace = ServerWorkspace(limited_server)
    job_id = workspace.create(outcome="stuck")

    started_at = time.monotonic()
    long_polls = occupy(workspace, job_id, threads, count=2, seconds=LONG)
    refused, _ = workspace.long_poll(job_id, 0)
    accepted = [each.result() for each in long_polls]
    free_again, _ = workspace.long_poll(job_id, 0)

    assert (refused.document["status"], is_long_poll(refused)) == ("pending", False)
    for response, at in accepted:
        assert response.headers["Preference-Applied"] == "wait=4"
        assert 4 <= at - started_at < 4 + SOON
    assert free_again.headers["Preference-Applied"] == "wait=0"


@pytest.mark.parametrize("run", [runserver, gunicorn])
def test_client_that_disconnects_frees_its_long_poll(
    run: Callable[..., AbstractContextManager[Server]], database: Database, tmp_path: Path
) -> None:
    with run(database, tmp_path / "log", MAX_LONG_POLLS="2") as server, ExitStack() as connections:
        workspace = ServerWorkspace(server)
        job_id = workspace.create(outcome="stuck")
        lines = (f"GET {API}/jobs/{job_id} HTTP/1.1", "Host: localhost", f"Prefer: wait={LONG}")
        head = "\r\n".join([*lines, f"X-Api-Key: {workspace.key}", "", ""]).encode()

        def is_full_with_another_client() -> bool:
            client = connections.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(head)
            return long_polls_are_full(workspace, job_id)

        assert eventually(is_full_with_another_client)

        connections.close()

        assert eventually(lambda: not long_polls_are_full(workspace, job_id), patience=SOON)


def test_kept_connection_adds_no_delay(server: Server) -> None:
    job_id = ServerWorkspace(server, key="delay").create(outcome="stuck")
    headers = {"X-Api-Key": "delay"}
    kept, new = [], []

    with server.connect() as connection:
        for _ in range(30):
            started_at = time.perf_counter()
            connection.job(job_id, headers)
            kept.append(time.perf_counter() - started_at)
            with server.connect() as other:
                started_at = time.perf_counter()
                other.job(job_id, headers)
                new.append(time.perf_counter() - started_at)

    # A delayed acknowledgement would take 40 ms.
    assert statistics.median(kept) - statistics.median(new) < 0.03
