"""LongPolls end when their job does, wherever that comes from, and when the server is told to stop."""

import signal
import socket
import statistics
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.patience import PATIENCE, eventually, soonest
from tests.servers import API, Answer, Caller, Server, gunicorn, runserver
from tests.survival.conftest import PROMPT, SETTLE, Twins

PATIENT: Final = 30
"""Seconds for which requests ask to be held: more than any of these holds takes."""

SOON: Final = 10.0
"""Seconds within which even a busy machine has answered what nothing holds any longer."""

JOBS: Final = 40


def wait_for_end(server: Server, job: Any, seconds: int = PATIENT) -> tuple[Answer, float]:
    """Return the answer to a held request, and the instant at which it came."""
    answer = server.ask("GET", f"/jobs/{job['id']}", Prefer=f"wait={seconds}")
    return answer, time.monotonic()


def is_held(answer: Answer) -> bool:
    return "Preference-Applied" in answer.headers


def stuck(server: Server) -> Any:
    with server.caller() as caller:
        return caller.create(outcome="stuck")


def fill(
    server: Server, job: Any, places: int, threads: ThreadPoolExecutor
) -> list[Future[tuple[Answer, float]]]:
    """Ask for holds until all of a server's places are taken by them; return their futures."""

    def keep_on() -> tuple[Answer, float]:
        while True:
            answer, at = wait_for_end(server, job)
            if is_held(answer):
                return answer, at

    holding = [threads.submit(keep_on) for _ in range(places)]
    assert eventually(lambda: is_full(server, job))
    return holding


def is_full(server: Server, job: Any) -> bool:
    return not is_held(wait_for_end(server, job, seconds=0)[0])


def test_holds_end_with_their_jobs(server: Server, threads: ThreadPoolExecutor) -> None:
    actual: list[Answer] = []

    def lateness(duration: float) -> tuple[float, float]:
        """Return how long after a job's end a hold told of it, and a poll from that instant on."""
        with server.caller() as caller, server.caller() as other:
            job = caller.create(duration=duration, outcome="completed")
            end = datetime.fromisoformat(job["created_at"]).timestamp() + duration
            polling = threads.submit(poll, other, job, end)
            asked_at = time.time()
            answer = caller.ask("GET", f"/jobs/{job['id']}", headers={"Prefer": "wait=30"})
            late = time.time() - max(end, asked_at)
            actual.append(answer)
            return late, polling.result()

    def poll(caller: Caller, job: Any, end: float) -> float:
        time.sleep(max(0, end - time.time()))
        caller.job(job["id"])
        return time.time() - end

    def round_of_jobs() -> float:
        """Return how much later than the polls 95 % of the holds told of their jobs' ends."""
        with ThreadPoolExecutor(JOBS) as holding:
            durations = [0.8 + number / 40 for number in range(JOBS)]
            late = [*holding.map(lateness, durations)]
        held, polled = map(most_of, zip(*late, strict=True))
        return held - polled

    def most_of(late: Iterable[float]) -> float:
        return sorted(late)[round(0.95 * JOBS) - 1]

    assert soonest(round_of_jobs, enough=0.1) < 0.1
    for answer in actual:
        assert answer.headers["Preference-Applied"] == "wait=30"
        assert answer.document["status"] == "completed"


@pytest.mark.parametrize("method", ["cancel", "delete"])
def test_a_hold_ends_when_its_job_is_taken_away(
    server: Server, method: str, twins: Twins, threads: ThreadPoolExecutor
) -> None:
    other = twins.production if server is twins.development else twins.development

    def until_told(through: Server) -> float:
        """Return how long a hold lasts after its job has been taken away through that server."""
        job = stuck(server)
        holding = threads.submit(wait_for_end, server, job)
        time.sleep(SETTLE)
        take_away(through, method, job)
        taken_at = time.monotonic()
        actual, at = holding.result()
        if method == "cancel":
            assert actual.document["error"]["code"] == "canceled"
        else:
            assert actual.status == 404
        return at - taken_at

    assert soonest(lambda: until_told(server), enough=PROMPT) < PROMPT
    assert until_told(other) < SOON


def take_away(server: Server, method: str, job: Any) -> None:
    if method == "cancel":
        assert server.ask("POST", f"/jobs/{job['id']}/cancel").status == 200
    else:
        assert server.ask("DELETE", f"/jobs/{job['id']}").status == 204


@pytest.mark.parametrize(
    ("serve", "number"),
    [(gunicorn, signal.SIGTERM), (runserver, signal.SIGTERM), (runserver, signal.SIGINT)],
)
def test_a_server_that_is_told_to_stop_answers_its_holds(
    serve, number: signal.Signals, store: Path, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    places = 12
    with serve(store, tmp_path / "log", MAX_LONG_POLLS=str(places)) as server:
        job = stuck(server)
        holding = fill(server, job, places, threads)

        stopped_at = time.monotonic()
        server.process.send_signal(number)
        held = [future.result() for future in holding]
        server.process.wait(PATIENCE)
        gone_after = time.monotonic() - stopped_at

    assert [answer.document["status"] for answer, _ in held] == ["pending"] * places
    assert max(at for _, at in held) - stopped_at < SOON
    assert gone_after < 2 * SOON
    assert server.process.returncode == 0
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(params=[runserver, gunicorn])
def tight(request: pytest.FixtureRequest, store: Path, tmp_path: Path) -> Iterator[Server]:
    """A server with two places to hold a request in, for a second."""
    with request.param(store, tmp_path / "log", MAX_LONG_POLLS="2", LONG_POLL_LIMIT="1") as server:
        yield server


def test_a_server_holds_no_more_and_no_longer_than_it_may(
    tight: Server, threads: ThreadPoolExecutor
) -> None:
    job = stuck(tight)

    def is_refused_while_others_are_held() -> bool:
        started_at = time.monotonic()
        holding = [threads.submit(wait_for_end, tight, job) for _ in range(2)]
        time.sleep(SETTLE)
        refused, refused_at = wait_for_end(tight, job)
        held = [future.result() for future in holding]
        for answer, at in held:
            if is_held(answer):
                assert answer.headers["Preference-Applied"] == "wait=1"
                assert 1 <= at - started_at < SOON
        assert refused.document["status"] == "pending"
        return not is_held(refused) and refused_at < min(at for _, at in held)

    assert eventually(is_refused_while_others_are_held)
    again, _ = wait_for_end(tight, job, seconds=0)
    assert again.headers["Preference-Applied"] == "wait=0"


def test_a_client_that_hangs_up_keeps_its_place_no_longer_than_the_hold(tight: Server) -> None:
    job = stuck(tight)
    request = f"GET {API}/jobs/{job['id']} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\n\r\n"

    def keeps_others_out() -> bool:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", tight.port)) as wire:
                wire.sendall(request.encode())
        time.sleep(SETTLE)
        return is_full(tight, job)

    assert eventually(keeps_others_out)
    assert eventually(lambda: not is_full(tight, job), patience=SOON)


def test_a_kept_connection_answers_without_a_delay(server: Server) -> None:
    job = stuck(server)

    def delay() -> float:
        """Return how much longer answers take over a connection that is kept than over new ones."""
        kept, new = [], []
        with server.caller() as caller:
            for _ in range(30):
                started_at = time.perf_counter()
                caller.job(job["id"])
                kept.append(time.perf_counter() - started_at)
                server.ask("GET", f"/jobs/{job['id']}")
                new.append(time.perf_counter() - started_at - kept[-1])
        return statistics.median(kept) - statistics.median(new)

    most = 0.03  # the wait for a delayed acknowledgement takes 0.04
    assert soonest(delay, enough=most) < most
