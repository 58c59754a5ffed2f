"""The journal over real HTTP: it tells what a recording proxy saw, and outlives what servers do."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException, IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from client import JobNotFound, PollingTimeout, TranslationClient
from tests.patience import eventually, soonest
from tests.servers import API, LONGEST_ANSWER, Answer, Server, gunicorn, runserver
from tests.survival.conftest import Twins
from vid_trans_api.simulation.scenarios import NAMES

BUSY_TIMEOUT = 8.0
"""Seconds that the server waits for a locked store, where it has to."""

PAUSE = 0.25
"""Seconds between two writes of a journal."""

DRIFT = 0.05
"""Seconds by which the clocks of two processes of one machine may differ."""


def key_of(server: Server) -> dict[str, str]:
    """Return the headers that open a workspace of the test's own."""
    headers = {"X-Api-Key": uuid4().hex}
    assert server.ask("POST", "/simulation/reset", {"seed": 7}, **headers).status == 200
    return headers


def report_of(server: Server, headers: dict[str, str]) -> Any:
    return server.ask("GET", "/simulation/report", **headers).document


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    server_received_at: float
    server_responded_at: float
    status: int | None
    actual: Any


@dataclass
class Proxy:
    """Hands requests on, as they come, and writes down what it saw."""

    port: int
    recorded: list[Recorded] = field(default_factory=list)


@contextmanager
def recording(server: Server) -> Iterator[Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server_received_at = time.time()
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer: Answer | None = None
            actual = None
            with (
                closing(
                    HTTPConnection("127.0.0.1", server.port, timeout=LONGEST_ANSWER)
                ) as upstream,
                suppress(OSError, HTTPException),
            ):
                upstream.request(self.command, self.path, body, dict(self.headers))
                response = upstream.getresponse()
                try:
                    content = response.read()
                    actual = json.loads(content).get("status")
                except IncompleteRead as cut:
                    content = cut.partial
                except ValueError:
                    pass
                answer = Answer(response.status, response.headers, content)
            status = None if answer is None else answer.status
            proxy.recorded.append(
                Recorded(self.command, self.path, server_received_at, time.time(), status, actual)
            )
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"connection", "date", "server"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if int(answer.headers["Content-Length"]) != len(answer.body):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        proxy = Proxy(listening.server_port)
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            listening.shutdown()
            thread.join()


def seconds_of(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def test_a_report_tells_what_a_recording_proxy_saw(twins: Twins) -> None:
    server = twins.production
    headers = key_of(server)
    faults = [
        {"on": "status", "fault": "garbage", "times": 1},
        {"on": "status", "fault": 503, "times": 1, "after": 1, "retry_after": 1},
        {"on": "status", "fault": "truncate", "times": 1, "after": 2},
        {"on": "status", "fault": "reset", "times": 1, "after": 3},
        {"on": "status", "fault": "slow", "seconds": 0.3, "times": 1, "after": 4},
    ]
    simulation = {"duration": 0.5, "outcome": "completed", "faults": faults}
    with (
        recording(server) as proxy,
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

    actual = report_of(server, headers)["requests"]
    truth = server.ask("GET", f"/simulation/jobs/{job.id}", **headers).document
    seen = proxy.recorded
    shown = [
        (
            each["status"],
            each["reported"][0]["status"] if each["reported"] else None,
            seconds_of(each["at"]),
            seconds_of(each["responded_at"]),
        )
        for each in actual
    ]
    kinds = {"POST": "create", "GET": "status"}
    assert [each["operation"] for each in actual] == [kinds[each.method] for each in seen]
    assert [each[:2] for each in shown] == [
        (each.status, each.actual if each.status in {200, 202} else None) for each in seen
    ]
    # What the server saw lies within what the proxy saw: that is on the client's side of it.
    for (_, _, server_received_at, server_responded_at), each in zip(shown, seen, strict=True):
        assert (
            each.server_received_at - DRIFT
            <= server_received_at
            <= server_responded_at
            <= each.answered + DRIFT
        )
    end = seconds_of(truth["ends_at"])
    assert [poll["lateness"] for poll in truth["polls"]] == pytest.approx(
        [server_responded_at - end for _, _, _, answered in shown[1:]], abs=0.001
    )
    noticed = next(number for number, each in enumerate(seen) if each.actual == "completed")
    verdict = truth["verdict"]
    assert verdict["noticed_after"] == pytest.approx(shown[noticed][3] - end, abs=0.001)
    assert verdict["polls"] + verdict["retries"] == len(seen) - 1
    assert verdict["retries"] == 4
    assert [violation["kind"] for violation in verdict["violations"]] == ["asked-after-end"]


@dataclass
class SimulatedTime:
    """The time of a workspace that stands still but for the client's sleep."""

    server: Server
    headers: dict[str, str]
    seconds: float = 0.0

    def sleep(self, seconds: float) -> None:
        answer = self.server.ask(
            "POST", "/simulation/clock", {"advance": max(0.0, seconds)}, **self.headers
        )
        assert answer.status == 200, answer
        self.seconds += max(0.0, seconds)

    def clock(self) -> float:
        return self.seconds


def waited_out(server: Server, scenario: str) -> Any:
    """Have the project's own client see a job of that scenario through; return the report."""
    headers = key_of(server)
    server.ask("POST", "/simulation/clock", {"freeze": True}, **headers)
    simulated = SimulatedTime(server, headers)
    # Wire faults take real time: where every answer does, there have to be few.
    simulation = {"scenario": scenario, "duration": 1 if scenario == "slowpoke" else 40}
    with (
        TranslationClient(
            f"http://127.0.0.1:{server.port}",
            api_key=headers["X-Api-Key"],
            hold=0,
            sleep=simulated.sleep,
            clock=simulated.clock,
            timeout=600,
        ) as client,
        suppress(*ENDS.get(scenario, ())),
    ):
        client.wait_for_completion(client.create_job(simulation=simulation))
    return report_of(server, headers)


ENDS: dict[str, tuple[type[Exception], ...]] = {
    "lost": (JobNotFound,),
    "stuck": (PollingTimeout,),
}


def test_the_projects_own_client_is_blamed_for_nothing_in_any_scenario(twins: Twins) -> None:
    with ThreadPoolExecutor(len(NAMES)) as threads:
        reports = dict(
            zip(
                NAMES,
                threads.map(lambda name: waited_out(twins.production, name), NAMES),
                strict=True,
            )
        )

    assert {name: actual["verdict"]["violations"] for name, actual in reports.items()} == {
        name: [] for name in NAMES
    }
    assert {name: actual["scenarios"] for name, actual in reports.items()} == {
        name: [name] for name in NAMES
    }
    unnoticed = {name for name, actual in reports.items() if not actual["verdict"]["noticed_after"]}
    assert unnoticed == set(ENDS)


def polls_at_once(server: Server, headers: dict[str, str]) -> None:
    job_id = server.ask("POST", "/jobs", {"simulation": LONG}, **headers).document["id"]
    for _ in range(5):
        server.ask("GET", f"/jobs/{job_id}", **headers)


def polls_while_asked_to_wait(server: Server, headers: dict[str, str]) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = server.ask("POST", "/jobs", {"simulation": LONG | {"faults": faults}}, **headers)
    for _ in range(2):
        server.ask("GET", f"/jobs/{job_id.document['id']}", **headers)


def polls_on(server: Server, headers: dict[str, str]) -> None:
    ended = {"simulation": {"scenario": "instant"}}
    job_id = server.ask("POST", "/jobs", ended, **headers).document["id"]
    server.ask("GET", f"/jobs/{job_id}", **headers)


def creates_twice(server: Server, headers: dict[str, str]) -> None:
    for _ in range(2):
        with suppress(OSError, HTTPException):
            server.ask("POST", "/jobs", {"simulation": {"scenario": "amnesia"}}, **headers)


def lists_at_once(server: Server, headers: dict[str, str]) -> None:
    for _ in range(5):
        server.ask("GET", "/jobs", **headers)


def gives_up_a_creation_and_creates_again(server: Server, headers: dict[str, str]) -> None:
    faults = [{"on": "create", "fault": "slow", "seconds": 20, "times": 1}]
    body = json.dumps({"simulation": LONG | {"faults": faults}})
    for patience in (0.5, LONGEST_ANSWER):
        with (
            closing(HTTPConnection("127.0.0.1", server.port, timeout=patience)) as connection,
            suppress(TimeoutError),
        ):
            as_json = {**headers, "Content-Type": "application/json"}
            connection.request("POST", f"{API}/jobs", body, as_json)
            assert connection.getresponse().status == 202


LONG = {"duration": 600, "outcome": "completed"}


@pytest.mark.parametrize(
    ("misbehave", "violations"),
    [
        (polls_at_once, ["hammered"]),
        (polls_while_asked_to_wait, ["asked-too-soon"]),
        (polls_on, ["asked-after-end"]),
        (creates_twice, ["created-twice"]),
        (lists_at_once, ["hammered"]),
        (gives_up_a_creation_and_creates_again, ["created-twice"]),
    ],
)
def test_a_client_that_misbehaves_is_blamed_for_that_and_nothing_else(
    twins: Twins, misbehave: Callable[[Server, dict[str, str]], None], violations: list[str]
) -> None:
    headers = key_of(twins.production)
    # However long a request takes, each comes at the same instant as the one before.
    twins.production.ask("POST", "/simulation/clock", {"freeze": True}, **headers)

    misbehave(twins.production, headers)

    actual = report_of(twins.production, headers)
    assert [each["kind"] for each in actual["verdict"]["violations"]] == violations


def test_a_client_that_leaves_before_its_answer_was_told_nothing(server: Server) -> None:
    headers = key_of(server)
    faults = [{"on": "status", "fault": "dribble", "seconds": 30}]
    job_id = server.ask("POST", "/jobs", {"simulation": {"faults": faults}}, **headers)
    path = f"{API}/jobs/{job_id.document['id']}"

    with closing(HTTPConnection("127.0.0.1", server.port)) as impatient:
        impatient.request("GET", path, headers=headers)
        time.sleep(0.2)

    assert eventually(lambda: len(report_of(server, headers)["requests"]) == 2)
    actual = report_of(server, headers)["requests"]
    assert (actual[1]["fault"], actual[1]["reported"], actual[1]["delivered"]) == (
        "dribble",
        [],
        False,
    )


def test_a_client_that_gives_up_a_held_request_was_not_told_of_the_end(server: Server) -> None:
    headers = key_of(server)
    simulation = {"duration": 0.4, "outcome": "completed"}
    created = server.ask("POST", "/jobs", {"simulation": simulation}, **headers)
    path = f"/jobs/{created.document['id']}"

    with closing(HTTPConnection("127.0.0.1", server.port)) as impatient:
        impatient.request("GET", f"{API}{path}", headers={**headers, "Prefer": "wait=5"})
        time.sleep(0.2)
    time.sleep(0.4)
    assert eventually(lambda: len(report_of(server, headers)["requests"]) == 2)
    server.ask("GET", path, **headers)

    actual = report_of(server, headers)
    assert [each["delivered"] for each in actual["requests"]] == [True, False, True]
    assert actual["verdict"]["clean"]
    assert actual["verdict"]["noticed_after"]["worst"] > 0.1


def test_a_request_that_was_on_its_way_when_all_was_emptied_is_forgotten(server: Server) -> None:
    headers = key_of(server)
    faults = [{"on": "list", "fault": "slow", "seconds": 0.5}]

    def is_emptied_meanwhile() -> bool:
        """Empty the workspace, and tell whether a request was surely on its way then."""
        server.ask("PATCH", "/simulation/defaults", {"faults": faults}, **headers)
        with ThreadPoolExecutor(1) as threads:
            under_way = threads.submit(server.ask, "GET", "/jobs", **headers)
            time.sleep(0.2)
            server.ask("POST", "/simulation/reset", **headers)
            is_over = under_way.done()
            answer = under_way.result()
        assert answer.status == 200
        return "Simulated-Fault" in answer.headers and not is_over

    assert eventually(is_emptied_meanwhile)
    server.ask("GET", "/status", **headers)

    assert [each["operation"] for each in report_of(server, headers)["requests"]] == ["status"]


def test_a_store_that_is_locked_holds_up_no_poll_and_loses_none(twins: Twins) -> None:
    headers = key_of(twins.production)
    job_id = twins.production.ask("POST", "/jobs", {"simulation": LONG}, **headers).document["id"]
    polls = 0
    with closing(sqlite3.connect(twins.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        while time.monotonic() - started < 0.6 or polls < 5:
            polls += 1
            asked = time.monotonic()
            assert twins.production.ask("GET", f"/jobs/{job_id}", **headers).status == 200
            assert time.monotonic() - asked < BUSY_TIMEOUT / 2
            time.sleep(0.1)
        other.execute("ROLLBACK")

    assert eventually(lambda: report_of(twins.production, headers)["request_count"] == polls + 1)
    actual = report_of(twins.production, headers)["requests"]
    assert {each["status"] for each in actual} == {200, 202}


def written(store: Path) -> int:
    with closing(sqlite3.connect(store)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM vid_trans_api_loggedrequest").fetchone()
        return int(count)


@pytest.mark.parametrize("serve", [runserver, gunicorn])
def test_a_server_that_stops_writes_down_what_it_saw(
    serve: Any, store: Path, tmp_path: Path
) -> None:
    with serve(store, tmp_path / "log") as server:
        server.ask("POST", "/jobs")
        server.ask("GET", "/jobs")

    assert written(store) == 2


def test_processes_that_are_killed_lose_a_quarter_of_a_second_at_most(
    store: Path, tmp_path: Path
) -> None:
    with gunicorn(store, tmp_path / "log", "--workers=2") as server:
        server.ask("POST", "/jobs")
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: server.ask("GET", "/jobs"), range(40)))
        seen = 41
        assert eventually(lambda: written(store) == seen)

        def until_written() -> float:
            nonlocal seen
            server.ask("GET", "/jobs")
            responded_at = time.monotonic()
            seen += 1
            assert eventually(lambda: written(store) == seen)
            return time.monotonic() - responded_at

        most = 2 * PAUSE  # with the writing itself
        assert soonest(until_written, enough=most) < most
        seen_by_either = report_of(server, {})["request_count"]
        server.ask("GET", "/jobs")
        server.kill()

    assert seen_by_either == seen
    assert seen <= written(store) <= seen + 1
