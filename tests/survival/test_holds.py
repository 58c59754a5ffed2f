"""Holds end when their job does, wherever that comes from, and when the server is told to stop."""

import signal
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers import API, Answer, Server, gunicorn, runserver
from tests.survival.conftest import NEXT_LOOK, SETTLE, SLACK, Twins


def hold(server: Server, job: Any, seconds: int = 10) -> tuple[Answer, float]:
    """Return the answer to a held request, and the instant at which it came."""
    answer = server.ask("GET", f"/jobs/{job['id']}", Prefer=f"wait={seconds}")
    return answer, time.time()


def stuck(server: Server) -> Any:
    with server.caller() as caller:
        return caller.create(outcome="stuck")


def test_holds_end_with_their_jobs(server: Server, threads: ThreadPoolExecutor) -> None:
    with server.caller() as caller:
        jobs = [caller.create(duration=0.8 + n / 40, outcome="completed") for n in range(40)]

    held = [future.result() for future in [threads.submit(hold, server, job) for job in jobs]]

    ends = [datetime.fromisoformat(answer.document["finished_at"]) for answer, _ in held]
    delays = [at - end.timestamp() for (_, at), end in zip(held, ends, strict=True)]
    assert {answer.headers["Preference-Applied"] for answer, _ in held} == {"wait=10"}
    assert min(delays) > 0
    assert sorted(delays)[round(0.95 * len(delays)) - 1] < 0.1


@pytest.mark.parametrize("method", ["cancel", "delete"])
def test_a_hold_ends_when_its_job_is_taken_away(
    server: Server, method: str, twins: Twins, threads: ThreadPoolExecutor
) -> None:
    job, other_job = stuck(server), stuck(server)
    other = twins.production if server is twins.development else twins.development
    holding = threads.submit(hold, server, job)
    other_holding = threads.submit(hold, server, other_job)
    time.sleep(SETTLE)

    taken_at = time.time()
    take_away(server, method, job)
    take_away(other, method, other_job)

    answer, at = holding.result()
    other_answer, other_at = other_holding.result()
    assert at - taken_at < SLACK
    assert other_at - taken_at < NEXT_LOOK + SLACK
    for told in (answer, other_answer):
        if method == "cancel":
            assert told.document["error"]["code"] == "canceled"
        else:
            assert told.status == 404


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
    with serve(store, tmp_path / "log") as server:
        job = stuck(server)
        holding = [threads.submit(hold, server, job) for _ in range(40)]
        time.sleep(2 * SETTLE)

        stopped_at = time.time()
        server.process.send_signal(number)
        held = [future.result() for future in holding]
        server.process.wait(5)
        gone_after = time.time() - stopped_at

    assert [answer.document["status"] for answer, _ in held] == ["pending"] * len(held)
    assert max(at for _, at in held) - stopped_at < 1
    assert gone_after < 3
    assert server.process.returncode == 0
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(params=[runserver, gunicorn])
def tight(request: pytest.FixtureRequest, store: Path, tmp_path: Path) -> Iterator[Server]:
    """A server with two places to hold a request in, for a second."""
    with request.param(store, tmp_path / "log", MAX_HOLDS="2", HOLD_LIMIT="1") as server:
        yield server


def test_a_server_holds_no_more_and_no_longer_than_it_may(
    tight: Server, threads: ThreadPoolExecutor
) -> None:
    job = stuck(tight)

    started_at = time.time()
    holding = [threads.submit(hold, tight, job) for _ in range(2)]
    time.sleep(SETTLE)
    refused, refused_at = hold(tight, job)
    held = [future.result() for future in holding]
    again, _ = hold(tight, job, seconds=0)

    assert refused_at - started_at < 2 * SETTLE
    assert refused.document["status"] == "pending"
    assert "Preference-Applied" not in refused.headers
    for answer, at in held:
        assert answer.headers["Preference-Applied"] == "wait=1"
        assert 1 <= at - started_at < 1 + SLACK
    assert again.headers["Preference-Applied"] == "wait=0"


def test_a_client_that_hangs_up_keeps_its_place_no_longer_than_the_hold(tight: Server) -> None:
    job = stuck(tight)
    request = f"GET {API}/jobs/{job['id']} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\n\r\n"
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", tight.port)) as wire:
            wire.sendall(request.encode())
    time.sleep(SETTLE)

    while_held, _ = hold(tight, job, seconds=0)
    time.sleep(1 + SLACK)
    after, _ = hold(tight, job, seconds=0)

    assert "Preference-Applied" not in while_held.headers
    assert after.headers["Preference-Applied"] == "wait=0"


def test_a_kept_connection_answers_without_a_delay(server: Server) -> None:
    job = stuck(server)
    taken = []

    with server.caller() as caller:
        for _ in range(30):
            started_at = time.perf_counter()
            caller.job(job["id"])
            taken.append(time.perf_counter() - started_at)

    assert statistics.median(taken) < 0.03  # the wait for a delayed acknowledgement takes 0.04
