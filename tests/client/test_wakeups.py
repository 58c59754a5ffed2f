"""What ends a wait in another thread or task early: cancel, close and stop events."""

import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import anyio
import anyio.to_thread
import pytest
import requests

from heygen_video_translation.client import (
    AsyncTranslationClient,
    Job,
    TranslationClient,
    WaitFailed,
    WaitStopped,
)
from tests.client.documents import JobTable, completed, pending
from tests.client.server import PATIENCE, Clock, Reply, Stalled

SOON = 5.0
"""Seconds within which a wait that ends early ends, even on a busy machine."""

CANCELED = {"status": "error", "error": {"code": "canceled", "message": "Canceled."}}


class SlowJobs:
    """A script for jobs that take ten minutes, as estimated, unless they are canceled.

    The job named `done` has ended. Tests set `is_waiting` once the client has seen a job.
    """

    def __init__(self):
        self.is_waiting = threading.Event()

    def __call__(self, request):
        path = request.path.partition("?")[0]
        name = path.removeprefix("/vid_trans_api/jobs").strip("/").removesuffix("/cancel")
        if request.method == "POST":
            return Reply(data={"id": name, **CANCELED})
        names = request.query.get("ids", name).split(",")
        jobs = [
            completed(name) if name == "done" else pending(name, estimated_time_remaining=600.0)
            for name in names
        ]
        if "ids" in request.query:
            return Reply(data={"results": jobs, "not_found": []})
        return Reply(data=jobs[0])


class Unanswered:
    """A script for requests that get no response; `is_waiting` is set at the first one."""

    def __init__(self):
        self.is_waiting = threading.Event()

    def __call__(self, request):
        self.is_waiting.set()
        return Stalled(b"HTTP/1.1 200 OK\r\n")


@pytest.fixture
def waiting(server):
    """Return a function that waits in another thread, and returns once it does.

    The wait is called with an `on_update`. Nothing is missed between that and its sleep, because
    the client checks what would end a sleep before it sleeps.
    """
    with ThreadPoolExecutor() as threads:

        def start(script, wait):
            server.script = script
            future = threads.submit(wait, lambda _: script.is_waiting.set())
            assert script.is_waiting.wait(PATIENCE)
            return future

        yield start


@pytest.fixture
def real_client(server):
    """Return a client with a real clock."""
    with TranslationClient(server.url, long_poll=0) as client:
        yield client


def test_cancel_ends_the_wait_without_another_poll(server, real_client, waiting):
    future = waiting(SlowJobs(), lambda seen: real_client.wait_for_completion("a", on_update=seen))
    canceled = real_client.cancel("a")
    assert future.result(SOON) == canceled
    assert [request.method for request in server.requests] == ["GET", "POST"]


def test_cancel_of_another_job_does_not_end_the_wait(server, real_client, waiting):
    stop = threading.Event()
    future = waiting(
        SlowJobs(),
        lambda seen: real_client.wait_for_completion("a", on_update=seen, stop=stop),
    )
    real_client.cancel("b")
    with pytest.raises(TimeoutError):
        future.result(0.5)
    stop.set()
    assert len(server.polls) == 1


def test_cancel_of_one_job_lets_the_others_be_followed(server, real_client, waiting):
    shown: SimpleQueue[Job] = SimpleQueue()

    def follow(seen):
        for job in real_client.as_completed(["a", "b", "c", "done"], stop=stop):
            seen(job)
            shown.put(job)

    stop = threading.Event()
    future = waiting(SlowJobs(), follow)
    canceled = real_client.cancel("b")
    assert shown.get(timeout=SOON).id == "done"
    assert shown.get(timeout=SOON) == canceled
    stop.set()
    with pytest.raises(WaitFailed, match=r"2 of 4 jobs \(2 stopped\): a, c") as caught:
        future.result(SOON)
    assert list(caught.value.jobs) == ["b", "done"]
    assert len(server.polls) == 1


def test_cancel_in_the_loop_of_a_watch_ends_it(server, real_client):
    server.script = SlowJobs()
    statuses = []
    for job in real_client.watch("a"):
        statuses.append(job.status)
        if not job.is_finished:
            real_client.cancel(job)
    assert statuses == ["pending", "error"]
    assert len(server.polls) == 1


def test_cancel_during_the_pause_before_a_retry_ends_the_wait(server, real_client, waiting):
    class Throttled(SlowJobs):
        def __call__(self, request):
            if request.method == "POST":
                return super().__call__(request)
            self.is_waiting.set()
            return Reply(429, headers={"Retry-After": "50"})

    future = waiting(Throttled(), lambda _: real_client.wait_for_completion("a"))
    real_client.cancel("a")
    assert future.result(SOON).error.code == "canceled"
    assert len(server.polls) == 1


def test_close_ends_a_sleep(real_client, waiting):
    future = waiting(SlowJobs(), lambda seen: real_client.wait_for_completion("a", on_update=seen))
    real_client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        future.result(SOON)


def test_close_ends_a_request(real_client, waiting):
    future = waiting(Unanswered(), lambda _: real_client.wait_for_completion("a"))
    real_client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        future.result(SOON)


def test_close_ends_a_request_of_a_session_that_stays_open(server, waiting):
    with requests.Session() as session:
        client = TranslationClient(server.url, session=session)
        future = waiting(Unanswered(), lambda _: client.get_status("a"))
        client.close()
        with pytest.raises(RuntimeError, match="the client is closed"):
            future.result(SOON)


def test_close_ends_the_wait_for_many_jobs(real_client, waiting):
    future = waiting(SlowJobs(), lambda seen: real_client.wait_for_all(["a", "b"], on_update=seen))
    real_client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        future.result(SOON)


def test_stop_event_ends_a_sleep(real_client, waiting):
    stop = threading.Event()
    future = waiting(
        SlowJobs(),
        lambda seen: real_client.wait_for_completion("a", on_update=seen, stop=stop),
    )
    stop.set()
    with pytest.raises(WaitStopped, match="the wait for job a pending") as caught:
        future.result(SOON)
    assert str(caught.value.job) == "job a pending, 600.0 s left"


def test_stop_event_ends_a_long_poll(real_client, waiting):
    stop = threading.Event()
    future = waiting(Unanswered(), lambda _: real_client.wait_for_completion("a", stop=stop))
    stop.set()
    with pytest.raises(WaitStopped, match="the wait for job a was stopped"):
        future.result(SOON)


def test_stop_event_ends_the_wait_for_many_jobs(real_client, waiting):
    stop = threading.Event()
    future = waiting(
        SlowJobs(),
        lambda seen: real_client.wait_for_all(["a", "b"], on_update=seen, stop=stop),
    )
    stop.set()
    with pytest.raises(WaitFailed, match=r"2 of 2 jobs \(2 stopped\): a, b") as caught:
        future.result(SOON)
    assert [error.job.id for error in caught.value.exceptions if error.job] == ["a", "b"]


def test_stop_event_that_is_set_already_ends_the_wait_at_once(server, real_client):
    stop = threading.Event()
    stop.set()
    server.script = SlowJobs()
    with pytest.raises(WaitStopped):
        real_client.wait_for_completion("a", stop=stop)
    outcomes = real_client.wait_for_all(["a", "b"], stop=stop, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes.values()] == [WaitStopped] * 2
    assert server.requests == []


def test_stop_event_ends_only_its_own_wait(server, clock):
    server.script = JobTable(clock, {"a": 1100.0})
    stop = threading.Event()
    with TranslationClient(server.url, long_poll=0, sleep=clock.sleep, clock=clock) as client:
        with pytest.raises(WaitStopped):
            client.wait_for_completion("a", on_update=lambda job: stop.set(), stop=stop)
        assert client.wait_for_completion("a").status == "completed"


@pytest.fixture(params=[("aiohttp", "asyncio"), ("httpx", "asyncio"), ("httpx", "trio")])
def follow_and(request, server):
    """Return a function that interrupts the wait of a task, and returns how that ended."""
    driver, backend = request.param

    async def followed(script, interrupt):
        server.script = script
        outcomes: list[Any] = []

        def seen(_):
            script.is_waiting.set()

        async with AsyncTranslationClient(server.url, driver=driver, long_poll=0) as client:

            async def wait():
                try:
                    outcomes.append(await client.wait_for_completion("a", on_update=seen))
                except RuntimeError as error:
                    outcomes.append(error)

            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(wait)
                    await anyio.to_thread.run_sync(script.is_waiting.wait, PATIENCE)
                    await interrupt(client)
                    tasks.cancel_scope.deadline = anyio.current_time() + SOON
        return outcomes

    return lambda script, interrupt: anyio.run(followed, script, interrupt, backend=backend)


def test_cancel_ends_the_wait_of_another_task(server, follow_and):
    [job] = follow_and(SlowJobs(), lambda client: client.cancel("a"))
    assert job.error.code == "canceled"
    assert [request.method for request in server.requests] == ["GET", "POST"]


@pytest.mark.parametrize("script", [SlowJobs, Unanswered])
def test_close_ends_the_wait_of_another_task(follow_and, script):
    [error] = follow_and(script(), lambda client: client.close())
    assert "the client is closed" in str(error)


def test_replaced_sleep_is_still_used(server):
    clock = Clock()
    server.script = JobTable(clock, {"a": 1100.0})
    with TranslationClient(server.url, long_poll=0, sleep=clock.sleep, clock=clock) as client:
        client.wait_for_completion("a")
    assert sum(clock.slept) >= 100.0
