"""The thread or task that follows started jobs: its end leaves nothing behind."""

import asyncio
import gc
import sys
import threading
from queue import SimpleQueue

import anyio
import anyio.to_thread
import pytest

from heygen_video_translation.client import (
    AsyncTranslationClient,
    AuthenticationFailed,
    Job,
    TranslationClient,
    blocking_driver,
)
from tests.client.documents import completed, pending
from tests.client.server import PATIENCE, Reply, Stalled

THREAD = "translation-client"


@pytest.fixture
def threads():
    """Return a function that counts the threads that follow jobs, of this test only."""
    before = set(threading.enumerate())
    return lambda: sum(each.name == THREAD for each in {*threading.enumerate()} - before)


@pytest.fixture
def client(server):
    """Return a blocking client in real time, whose jobs are not due before they are notified."""
    with TranslationClient(server.url, long_poll=0, timeout=5) as client:
        yield client


def created(name):
    return Reply(202, pending(name, estimated_time_remaining=600.0))


def test_callback_that_starts_again_after_an_error_leaves_one_thread(client, server, threads):
    counts: SimpleQueue[int] = SimpleQueue()

    def start_again(_):
        server.script = [created("b")]
        client.start()
        counts.put(threads())

    server.script = [created("a"), Reply(401)]
    handle = client.start()
    handle.add_done_callback(start_again)
    client.notify(handle.id)
    assert counts.get(timeout=PATIENCE) == 1
    with pytest.raises(AuthenticationFailed):
        handle.result()


def test_error_of_a_new_thread_ends_the_jobs_and_is_raised(client, server, monkeypatch):
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == THREAD:
            raise RuntimeError("can't start new thread")
        start(thread)

    server.script = [created("a"), created("b"), Reply(data=completed("b"))]
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            client.start()
    handle = client.start()
    client.notify(handle.id)
    assert handle.result().status == "completed"


def test_callback_that_exits_ends_the_other_jobs(client, server):
    server.script = [created("a"), created("b"), Reply(data=completed("a"))]
    calls: SimpleQueue[object] = SimpleQueue()
    handle, other = client.start(), client.start()
    handle.add_done_callback(lambda _: sys.exit("enough"))
    handle.add_done_callback(calls.put)
    client.notify(handle.id)
    with pytest.raises(RuntimeError, match="no longer followed: SystemExit"):
        other.result()
    assert calls.get(timeout=PATIENCE) is handle
    server.script = [created("c"), Reply(data=completed("c"))]
    handle = client.start()
    client.notify(handle.id)
    assert handle.result().status == "completed"


def test_jobs_that_have_ended_are_not_kept_while_another_is_followed(client, server):
    polls: SimpleQueue[object] = SimpleQueue()

    def still_pending(request):
        polls.put(request)
        return Reply(data=pending(request.path.rpartition("/")[2], estimated_time_remaining=600.0))

    server.script = [created("long")]
    client.start()
    for number in range(20):
        server.script = [created(f"ended-{number}")]
        handle = client.start()
        server.script = still_pending
        client.notify(handle.id)
        polls.get(timeout=PATIENCE)
        server.script = [Reply(data=completed(handle.id))]
        assert handle.status() is handle.result()
    del handle
    # `isinstance` would ask the proxies among the objects, whose own ones may be gone.
    jobs = [each for each in gc.get_objects() if type(each) is Job]
    kept = {job.id for job in jobs if job.id.startswith("ended")}
    assert len(kept) < 5  # the last ones are still in use


@pytest.mark.parametrize("reply", [Stalled(), Reply(data=pending())], ids=["request", "sleep"])
def test_close_waits_for_the_thread(client, server, threads, monkeypatch, reply):
    monkeypatch.setattr(blocking_driver, "CLOSE_PATIENCE", PATIENCE)
    is_polled = threading.Event()

    def script(request):
        is_polled.set()
        return reply

    server.script = [created("a")]
    handle = client.start()
    server.script = script
    client.notify(handle.id)
    assert is_polled.wait(PATIENCE)
    client.close()
    assert (handle.done(), threads()) == (True, 0)


def test_close_does_not_wait_for_a_slow_callback(client, server, monkeypatch):
    monkeypatch.setattr(blocking_driver, "CLOSE_PATIENCE", 0.0)
    is_closed, in_time = threading.Event(), SimpleQueue[bool]()
    server.script = [created("a")]
    client.start().add_done_callback(lambda _: in_time.put(is_closed.wait(PATIENCE)))
    client.close()
    is_closed.set()
    assert in_time.get(timeout=2 * PATIENCE)


def test_callback_may_close_the_client(client, server, caplog):
    calls: SimpleQueue[object] = SimpleQueue()
    server.script = [created("a"), Reply(data=completed("a"))]
    handle = client.start()
    handle.add_done_callback(lambda _: client.close())
    handle.add_done_callback(calls.put)
    client.notify(handle.id)
    assert calls.get(timeout=PATIENCE) is handle
    assert "failed" not in caplog.text


@pytest.mark.parametrize(
    ("driver", "backend"), [("aiohttp", "asyncio"), ("httpx", "asyncio"), ("httpx", "trio")]
)
def test_close_ends_the_jobs_and_the_task(server, driver, backend):
    is_polled = threading.Event()

    def script(request):
        if request.method == "POST":
            return created("a")
        is_polled.set()
        return Stalled()

    async def close_during_a_poll():
        client = AsyncTranslationClient(server.url, driver=driver, long_poll=0)
        handle = await client.start()
        client.notify(handle.id)
        await anyio.to_thread.run_sync(is_polled.wait, PATIENCE)
        await client.close()
        left = asyncio.all_tasks() - {asyncio.current_task()} if backend == "asyncio" else set()
        return handle.done(), left

    server.script = script
    assert anyio.run(close_during_a_poll, backend=backend) == (True, set())
