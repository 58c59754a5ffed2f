"""Webhooks on both databases: servers that are killed, receivers that misbehave, and races."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest

from tests import postgresql
from tests.client.server import ReceivedRequest, Reply, Reset, Stalled, Trickle
from tests.databases import Database, Databases, PostgresqlDatabases, SqliteDatabases
from tests.patience import eventually
from tests.server_processes import Server, gunicorn
from tests.server_workspaces import ServerWorkspace
from tests.threads import run_at_once
from tests.webhooks.receivers import Receiver, receiver

ENDPOINTS: Final = 4
JOBS: Final = 50
"""Each has an event for each endpoint: 200 deliveries."""

KILL_AT: Final = (60, 130)
"""After how many requests a process is killed."""

RACES: Final = 50
RACES_AT_ONCE: Final = 10

FROZEN: Final = 3.0
"""Real seconds without a webhook: 60 looks of the dispatcher, and more would show no more."""

ATTEMPTS: Final = """
    SELECT e.url, a.status, a.timed_out
    FROM vid_trans_api_deliveryattempt a
    JOIN vid_trans_api_delivery d ON d.number = a.delivery_id
    JOIN vid_trans_api_endpoint e ON e.id = d.endpoint_id
    ORDER BY a.id
"""


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    if request.param == "SQLite":
        yield SqliteDatabases(tmp_path_factory.mktemp("sqlite"))
        return
    with postgresql.run_server() as root, postgresql.create_databases(root.url) as url:
        yield PostgresqlDatabases(url)


@pytest.fixture
def database(stores: Databases, tmp_path: Path) -> Database:
    """An empty database of each kind."""
    return stores.create(tmp_path)


def register(workspace: ServerWorkspace, url: str) -> str:
    """Register an endpoint; return its id."""
    response = workspace.request("POST", "/webhooks", {"url": url})
    assert response.status == 201, response
    endpoint_id: str = response.document["id"]
    return endpoint_id


def job_of(request: ReceivedRequest) -> str:
    """Return the id of the job that an event is about."""
    job_id: str = json.loads(request.body)["data"]["id"]
    return job_id


def jobs_by_path(receiving: Receiver) -> dict[str, list[str]]:
    """Return the jobs whose events each endpoint received, in order."""
    jobs: dict[str, list[str]] = defaultdict(list)
    for request in list(receiving.requests):
        jobs[request.path].append(job_of(request))
    return jobs


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_processes_lose_no_event_and_keep_the_order(
    database: Database, tmp_path: Path, processes: int
) -> None:
    with ExitStack() as stack, receiver(Reply(204)) as receiving:

        def start() -> Server:
            return stack.enter_context(gunicorn(database, tmp_path / "log"))

        def has_received(count: int) -> bool:
            return len(receiving.requests) >= count

        def has_received_all() -> bool:
            return sum(len(set(each)) for each in jobs_by_path(receiving).values()) == total

        total = ENDPOINTS * JOBS
        running = [start() for _ in range(processes)]
        workspace = ServerWorkspace(running[-1], freeze=True)
        for number in range(ENDPOINTS):
            register(workspace, f"{receiving.url}/{number}")
        ids = [workspace.create(duration=10 + number) for number in range(JOBS)]

        workspace.set_clock(speed=20)  # so that ends are reported while others are sent
        for count in KILL_AT:
            assert eventually(partial(has_received, count))
            running.pop(0).kill()
            running.append(start())
        assert eventually(has_received_all)
        clock = workspace.on(running[-1]).set_clock(advance=0, settle=True)

        received = jobs_by_path(receiving)
        assert clock["waiting"] == 0

    # An event that was on its way when a process was killed is repeated before any other.
    in_order = [[job_id for job_id, _ in groupby(jobs)] for jobs in received.values()]
    assert in_order == [ids] * ENDPOINTS
    assert all(len(jobs) <= JOBS + len(KILL_AT) for jobs in received.values())


def test_misbehaving_receivers_get_everything_once_they_behave(
    database: Database, tmp_path: Path
) -> None:
    never = "no response"
    timed_out = "no response in time"
    ended_head = b"HTTP/1.1 204 No Content\r\n\r\n"
    redirect = {"Location": "http://169.254.169.254/latest/meta-data/"}
    scripts: dict[str, tuple[list[object], list[object]]] = {
        "late": ([Stalled(ended_head, after=11)], [timed_out]),
        "failing": ([Reply(500), Reply(500)], [500, 500]),
        "reset": ([Reset()], [never]),
        "trickle": ([Trickle(b"HTTP/1.1 204 No Content\r\nX: ")], [timed_out]),
        "redirect": ([Reply(302, headers=redirect)], [302]),
        "gone": ([Reply(410)], [410]),
    }
    with ExitStack() as stack:
        workspace = ServerWorkspace(
            stack.enter_context(gunicorn(database, tmp_path / "log")), freeze=True
        )
        receivers = {
            name: stack.enter_context(receiver(*replies, Reply(204)))
            for name, (replies, _) in scripts.items()
        }
        endpoints = {name: register(workspace, each.url) for name, each in receivers.items()}
        ids = {workspace.create(duration=10), workspace.create(duration=20)}

        for seconds in (20, 60):
            assert workspace.set_clock(advance=seconds, settle=True)["waiting"] == 0
        workspace.request("PATCH", f"/webhooks/{endpoints['gone']}", {"enabled": True})
        assert workspace.set_clock(advance=0, settle=True)["waiting"] == 0

        received = {
            name: {job_of(request) for request in each.requests} for name, each in receivers.items()
        }
        outcomes: dict[str, list[object]] = defaultdict(list)
        for url, status, has_timed_out in database.read(ATTEMPTS):
            outcomes[url].append(status or (timed_out if has_timed_out else never))

    assert received == dict.fromkeys(scripts, ids)
    failures = {
        name: [outcome for outcome in outcomes[each.url] if outcome != 204]
        for name, each in receivers.items()
    }
    assert failures == {name: expected for name, (_, expected) in scripts.items()}


def test_receiver_that_was_down_gets_everything_once_it_is_back(
    database: Database, tmp_path: Path
) -> None:
    def failed() -> int:
        return sum(status is None for _, status, _ in database.read(ATTEMPTS))

    with gunicorn(database, tmp_path / "log") as server, receiver(Reply(204)) as receiving:
        workspace = ServerWorkspace(server, freeze=True)
        register(workspace, receiving.url)
        ids = {workspace.create(duration=10 * number) for number in range(1, 31)}

        workspace.set_clock(speed=100)  # an event each 0.1 s
        assert eventually(lambda: len(receiving.requests) >= 5)
        receiving.stop()
        assert eventually(lambda: failed() >= 5)
        receiving.start()

        assert eventually(lambda: {job_of(request) for request in receiving.requests} == ids)


def test_frozen_time_sends_nothing(database: Database, tmp_path: Path) -> None:
    with (
        gunicorn(database, tmp_path / "log") as server,
        receiver(Reply(500), Reply(204)) as receiving,
    ):
        workspace = ServerWorkspace(server, freeze=True)
        register(workspace, receiving.url)
        workspace.create(duration=10)
        workspace.create(duration=10.5)
        workspace.set_clock(advance=10, settle=True)  # 0.5 s before an end, 5 s before a retry
        before = len(receiving.requests)

        time.sleep(FROZEN)
        meanwhile = len(receiving.requests) - before
        workspace.set_clock(speed=10)

        assert (before, meanwhile) == (1, 0)
        assert eventually(lambda: len(receiving.requests) == 3)


def test_cancels_that_race_the_end_are_reported_once(database: Database, tmp_path: Path) -> None:
    with (
        gunicorn(database, tmp_path / "one.log") as one,
        gunicorn(database, tmp_path / "two.log") as two,
        receiver(Reply(204)) as receiving,
    ):
        workspaces = [ServerWorkspace(one)]
        workspaces.append(workspaces[0].on(two))
        register(workspaces[0], receiving.url)
        canceled: dict[str, bool] = {}

        def race(first: int, position: int) -> None:
            number = first + position
            workspace = workspaces[number % 2]
            job_id = workspace.create(duration=1)
            job = workspace.request("GET", f"/jobs/{job_id}").document
            end = datetime.fromisoformat(job["created_at"]).timestamp() + 1
            # From 0.4 s before the end to shortly after it: the request takes some time, too.
            time.sleep(max(0.0, end - 0.4 + 0.5 * number / RACES - time.time()))
            response = workspace.request("POST", f"/jobs/{job_id}/cancel")
            assert response.status in {200, 409}
            canceled[job_id] = response.status == 200

        for first in range(0, RACES, RACES_AT_ONCE):
            run_at_once(RACES_AT_ONCE, partial(race, first))
        assert eventually(lambda: len(receiving.requests) >= RACES)
        workspaces[0].set_clock(advance=60, settle=True)

        reported = Counter(
            (job_of(request), json.loads(request.body)["type"]) for request in receiving.requests
        )
        jobs = {job_id: status_of(workspaces[0], job_id) for job_id in canceled}

    expected = {job_id: "error" if each else "completed" for job_id, each in canceled.items()}
    assert set(canceled.values()) == {True, False}
    assert jobs == expected
    assert reported == Counter((job_id, f"job.{status}") for job_id, status in expected.items())


def status_of(workspace: ServerWorkspace, job_id: str) -> str:
    status: str = workspace.request("GET", f"/jobs/{job_id}").document["status"]
    return status
