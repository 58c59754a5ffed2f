"""The journal over real HTTP: what it logs, how it judges clients, and what survives a stop."""

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from client import JobNotFound, PollingTimeout, TranslationClient
from tests.patience import eventually
from tests.servers import API, LONGEST_ANSWER, Server, gunicorn, runserver
from tests.survival.conftest import SETTLE, Twins
from tests.survival.proxy import forwarding
from vid_trans_api.simulation.scenarios import NAMES

BUSY_TIMEOUT = 8.0
"""Seconds for which the server waits for a locked database if it has to write."""

PAUSE = 0.25
"""Seconds between two writes of the journal."""

CLOCK_DRIFT = 0.05
"""Seconds by which the clocks of two processes on one machine may differ."""

LONG = {"duration": 600, "outcome": "completed"}


def new_workspace(server: Server) -> dict[str, str]:
    """Return the headers for a new workspace."""
    headers = {"X-Api-Key": uuid4().hex}
    assert server.ask("POST", "/simulation/reset", {"seed": 7}, **headers).status == 200
    return headers


def report_of(server: Server, headers: dict[str, str]) -> Any:
    return server.ask("GET", "/simulation/report", **headers).document


def seconds_of(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def test_report_agrees_with_what_a_proxy_saw(twins: Twins) -> None:
    server = twins.production
    headers = new_workspace(server)
    faults = [
        {"on": "status", "fault": "garbage", "times": 1},
        {"on": "status", "fault": 503, "times": 1, "after": 1, "retry_after": 1},
        {"on": "status", "fault": "truncate", "times": 1, "after": 2},
        {"on": "status", "fault": "reset", "times": 1, "after": 3},
        {"on": "status", "fault": "slow", "seconds": 0.3, "times": 1, "after": 4},
    ]
    simulation = {"duration": 0.5, "outcome": "completed", "faults": faults}
    with (
        forwarding(server) as proxy,
        TranslationClient(
            f"http://127.0.0.1:{proxy.port}",
            api_key=headers["X-Api-Key"],
            min_polling_interval=0.1,
            random=lambda: 0.05,
            timeout=30,
        ) as client,
    ):
        job = client.wait_for_completion(client.create_job(simulation=simulation))
        client.get_status(job.id)

    logged = report_of(server, headers)["requests"]
    judged = server.ask("GET", f"/simulation/jobs/{job.id}", **headers).document

    forwarded = proxy.forwarded
    operations = {"POST": "create", "GET": "status"}
    assert [
        (each["operation"], each["status"], *(said["status"] for said in each["reported"]))
        for each in logged
    ] == [
        (
            operations[each.method],
            each.status,
            *([each.job_status] if each.status in {200, 202} and each.job_status else []),
        )
        for each in forwarded
    ]
    received = [seconds_of(each["received_at"]) for each in logged]
    responded = [seconds_of(each["responded_at"]) for each in logged]
    for received_at, responded_at, outer in zip(received, responded, forwarded, strict=True):
        assert outer.received_at - CLOCK_DRIFT <= received_at <= responded_at
        assert responded_at <= outer.responded_at + CLOCK_DRIFT
    end = seconds_of(judged["ends_at"])
    assert [poll["lateness"] for poll in judged["polls"]] == pytest.approx(
        [responded_at - end for responded_at in responded[1:]], abs=0.001
    )
    noticed = [each.job_status for each in forwarded].index("completed")
    verdict = judged["verdict"]
    assert verdict["noticed_after"] == pytest.approx(responded[noticed] - end, abs=0.001)
    assert verdict["polls"] + verdict["retries"] == len(forwarded) - 1
    assert verdict["retries"] == 4
    assert [violation["kind"] for violation in verdict["violations"]] == ["asked-after-end"]


@dataclass
class FrozenTime:
    """The time of a frozen workspace, which only the client's sleep advances."""

    server: Server
    headers: dict[str, str]
    seconds: float = 0.0

    def sleep(self, seconds: float) -> None:
        advance = {"advance": max(0.0, seconds)}
        response = self.server.ask("POST", "/simulation/clock", advance, **self.headers)
        assert response.status == 200, response
        self.seconds += max(0.0, seconds)

    def clock(self) -> float:
        return self.seconds


EXPECTED_ERRORS: dict[str, tuple[type[Exception], ...]] = {
    "lost": (JobNotFound,),
    "stuck": (PollingTimeout,),
}
"""By scenario, if the client cannot notice the job's end."""


def report_after(server: Server, scenario: str) -> Any:
    """Let the project's own client wait for a job of a scenario; return the report."""
    headers = new_workspace(server)
    server.ask("POST", "/simulation/clock", {"freeze": True}, **headers)
    frozen = FrozenTime(server, headers)
    # Slow responses take real time, so a job with slow responses only must be short.
    simulation = {"scenario": scenario, "duration": 1 if scenario == "slowpoke" else 40}
    with (
        TranslationClient(
            f"http://127.0.0.1:{server.port}",
            api_key=headers["X-Api-Key"],
            long_poll=0,
            sleep=frozen.sleep,
            clock=frozen.clock,
            timeout=600,
        ) as client,
        suppress(*EXPECTED_ERRORS.get(scenario, ())),
    ):
        client.wait_for_completion(client.create_job(simulation=simulation))
    return report_of(server, headers)


def test_own_client_is_not_flagged_in_any_scenario(twins: Twins) -> None:
    with ThreadPoolExecutor(len(NAMES)) as threads:
        found = threads.map(lambda name: report_after(twins.production, name), NAMES)
        reports = dict(zip(NAMES, found, strict=True))

    violations = {name: report["verdict"]["violations"] for name, report in reports.items()}
    scenarios = {name: report["scenarios"] for name, report in reports.items()}
    unnoticed = {name for name, report in reports.items() if not report["verdict"]["noticed_after"]}
    assert violations == {name: [] for name in NAMES}
    assert scenarios == {name: [name] for name in NAMES}
    assert unnoticed == set(EXPECTED_ERRORS)


def create(server: Server, headers: dict[str, str], **simulation: object) -> str:
    response = server.ask("POST", "/jobs", {"simulation": simulation}, **headers)
    assert response.status == 202, response
    job_id: str = response.document["id"]
    return job_id


def polls_without_a_pause(server: Server, headers: dict[str, str]) -> None:
    job_id = create(server, headers, **LONG)
    for _ in range(5):
        server.ask("GET", f"/jobs/{job_id}", **headers)


def ignores_a_retry_after(server: Server, headers: dict[str, str]) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = create(server, headers, **LONG, faults=faults)
    for _ in range(2):
        server.ask("GET", f"/jobs/{job_id}", **headers)


def polls_after_the_end(server: Server, headers: dict[str, str]) -> None:
    job_id = create(server, headers, scenario="instant")
    server.ask("GET", f"/jobs/{job_id}", **headers)


def creates_twice(server: Server, headers: dict[str, str]) -> None:
    for _ in range(2):
        with suppress(OSError, HTTPException):
            server.ask("POST", "/jobs", {"simulation": {"scenario": "amnesia"}}, **headers)


def lists_without_a_pause(server: Server, headers: dict[str, str]) -> None:
    for _ in range(5):
        server.ask("GET", "/jobs", **headers)


def gives_up_a_creation_and_creates_again(server: Server, headers: dict[str, str]) -> None:
    faults = [{"on": "create", "fault": "slow", "seconds": 20, "times": 1}]
    body = json.dumps({"simulation": LONG | {"faults": faults}})
    for timeout in (0.5, LONGEST_ANSWER):
        with (
            closing(HTTPConnection("127.0.0.1", server.port, timeout=timeout)) as connection,
            suppress(TimeoutError),
        ):
            as_json = {**headers, "Content-Type": "application/json"}
            connection.request("POST", f"{API}/jobs", body, as_json)
            assert connection.getresponse().status == 202


@pytest.mark.parametrize(
    ("misbehave", "expected"),
    [
        (polls_without_a_pause, ["hammered"]),
        (ignores_a_retry_after, ["asked-too-soon"]),
        (polls_after_the_end, ["asked-after-end"]),
        (creates_twice, ["created-twice"]),
        (lists_without_a_pause, ["hammered"]),
        (gives_up_a_creation_and_creates_again, ["created-twice"]),
    ],
)
def test_misbehaving_client_is_flagged_once(
    twins: Twins, misbehave: Callable[[Server, dict[str, str]], None], expected: list[str]
) -> None:
    headers = new_workspace(twins.production)
    # In frozen time, the requests come at the same instant, however slow the machine is.
    twins.production.ask("POST", "/simulation/clock", {"freeze": True}, **headers)

    misbehave(twins.production, headers)

    verdict = report_of(twins.production, headers)["verdict"]
    assert [each["kind"] for each in verdict["violations"]] == expected


def hang_up_after(seconds: float, server: Server, path: str, headers: dict[str, str]) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("GET", f"{API}{path}", headers=headers)
        time.sleep(seconds)


def test_response_is_not_delivered_if_the_client_hangs_up(server: Server) -> None:
    headers = new_workspace(server)
    job_id = create(server, headers, faults=[{"on": "status", "fault": "dribble", "seconds": 30}])

    hang_up_after(0.2, server, f"/jobs/{job_id}", headers)

    assert eventually(lambda: len(report_of(server, headers)["requests"]) == 2)
    request = report_of(server, headers)["requests"][1]
    assert (request["fault"], request["reported"], request["delivered"]) == ("dribble", [], False)


def test_abandoned_long_poll_does_not_report_the_end(server: Server) -> None:
    headers = new_workspace(server)
    job_id = create(server, headers, duration=0.4, outcome="completed")

    hang_up_after(0.2, server, f"/jobs/{job_id}", {**headers, "Prefer": "wait=5"})
    assert eventually(lambda: len(report_of(server, headers)["requests"]) == 2)
    time.sleep(0.2)  # so that the end is noticed late
    server.ask("GET", f"/jobs/{job_id}", **headers)

    report = report_of(server, headers)
    assert [each["delivered"] for each in report["requests"]] == [True, False, True]
    assert report["verdict"]["clean"]
    assert report["verdict"]["noticed_after"]["worst"] > 0.1


def test_long_poll_is_received_at_its_start_if_the_clock_advances(server: Server) -> None:
    headers = new_workspace(server)
    server.ask("POST", "/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"}, **headers)
    faults = [{"on": "status", "fault": 503, "between": [50, None]}]
    job_id = create(server, headers, duration=60, faults=faults)

    with ThreadPoolExecutor(1) as threads:
        path = f"/jobs/{job_id}"
        long_poll = threads.submit(server.ask, "GET", path, **headers, Prefer="wait=20")
        time.sleep(SETTLE)
        server.ask("POST", "/simulation/clock", {"advance": 100}, **headers)
        assert long_poll.result().status == 503

    request = report_of(server, headers)["requests"][1]
    assert (request["received_at"], request["status"]) == ("2030-01-01T00:00:00.000000Z", 503)


def test_request_in_progress_at_a_reset_is_not_logged(server: Server) -> None:
    headers = new_workspace(server)
    faults = [{"on": "list", "fault": "slow", "seconds": 0.5}]

    def was_in_progress_at_the_reset() -> bool:
        """Reset while a slow request is in progress, which a busy machine may be too slow for."""
        server.ask("PATCH", "/simulation/defaults", {"faults": faults}, **headers)
        with ThreadPoolExecutor(1) as threads:
            request = threads.submit(server.ask, "GET", "/jobs", **headers)
            time.sleep(0.2)
            server.ask("POST", "/simulation/reset", **headers)
            is_over = request.done()
            response = request.result()
        assert response.status == 200
        return "Simulated-Fault" in response.headers and not is_over

    assert eventually(was_in_progress_at_the_reset)
    server.ask("GET", "/status", **headers)

    assert [each["operation"] for each in report_of(server, headers)["requests"]] == ["status"]


def test_locked_database_neither_delays_polls_nor_loses_them(twins: Twins) -> None:
    headers = new_workspace(twins.production)
    job_id = create(twins.production, headers, **LONG)
    polls = 0
    with closing(sqlite3.connect(twins.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        while time.monotonic() - started < 0.6 or polls < 5:
            polls += 1
            sent_at = time.monotonic()
            assert twins.production.ask("GET", f"/jobs/{job_id}", **headers).status == 200
            assert time.monotonic() - sent_at < BUSY_TIMEOUT / 2
            time.sleep(0.1)
        other.execute("ROLLBACK")

    assert eventually(lambda: report_of(twins.production, headers)["request_count"] == polls + 1)
    requests = report_of(twins.production, headers)["requests"]
    assert {each["status"] for each in requests} == {200, 202}


def count_logged(store: Path) -> int:
    with closing(sqlite3.connect(store)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM vid_trans_api_loggedrequest").fetchone()
        return int(count)


@pytest.mark.parametrize("serve", [runserver, gunicorn])
def test_stopped_server_loses_no_requests(serve: Any, store: Path, tmp_path: Path) -> None:
    with serve(store, tmp_path / "log") as server:
        server.ask("POST", "/jobs")
        server.ask("GET", "/jobs")

    assert count_logged(store) == 2


def test_killed_server_loses_at_most_the_newest_requests(store: Path, tmp_path: Path) -> None:
    with gunicorn(store, tmp_path / "log", "--workers=2") as server:
        server.ask("POST", "/jobs")
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: server.ask("GET", "/jobs"), range(40)))
        assert eventually(lambda: count_logged(store) == 41)
        seen_by_one_process = report_of(server, {})["request_count"]
        server.ask("GET", "/jobs")
        server.kill()

    assert seen_by_one_process == 41
    assert 41 <= count_logged(store) <= 42


def test_request_is_written_within_two_pauses(store: Path, tmp_path: Path) -> None:
    with gunicorn(store, tmp_path / "log", "--workers=1") as server:
        server.ask("POST", "/jobs")

        def delay_until_written() -> float:
            logged = count_logged(store)
            server.ask("GET", "/jobs")
            responded_at = time.monotonic()
            assert eventually(lambda: count_logged(store) > logged)
            return time.monotonic() - responded_at

        assert eventually(lambda: count_logged(store) == 1)
        delays = [delay_until_written() for _ in range(5)]

    assert min(delays) < 2 * PAUSE  # the least, as a busy machine may delay any single one
