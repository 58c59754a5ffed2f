"""Waits that are left before their end leave nothing behind."""

import asyncio
import gc
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.server import Book, Reply, completed, job, pending
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]


class Enough(Exception):
    """What a callback raises to get out."""


def test_exception_in_on_update_comes_out_as_it_is(client, server, clock):
    def stop(_):
        raise Enough

    server.script = Book(clock, {"a": 1100.0, "b": 1100.0})
    with pytest.raises(Enough):
        client.call("wait_for_completion", "a", on_update=stop)
    with pytest.raises(Enough):
        client.call("wait_for_all", ["a", "b"], on_update=stop)
    assert len(server.asked) == 2


def test_iterating_may_stop_in_the_middle(server, clock):
    server.script = Book(clock, {"a": 1100.0, "b": 1001.0})
    with TranslationClient(server.url, sleep=clock.sleep, clock=clock) as client:
        assert next(client.watch("a")).status == "pending"
        assert next(client.as_completed(["a", "b"])).id == "b"
    gc.collect()


def test_interrupt_in_the_middle_of_a_sleep_comes_out(server, clock):
    def interrupted(seconds):
        raise KeyboardInterrupt

    server.script = job(pending())
    with (
        TranslationClient(server.url, sleep=interrupted, clock=clock) as client,
        pytest.raises(KeyboardInterrupt),
    ):
        client.wait_for_completion("a")
    server.script = job(completed())
    with TranslationClient(server.url) as client:
        assert client.wait_for_completion("a").is_finished


WAITING = """
import sys
from heygen_video_translation.client import TranslationClient

with TranslationClient(sys.argv[1], long_poll=0) as client:
    client.wait_for_completion("a")
"""
AWAITING = """
import asyncio, sys
from heygen_video_translation.client import AsyncTranslationClient

async def wait():
    async with AsyncTranslationClient(sys.argv[1], long_poll=0) as client:
        await client.wait_for_completion("a")

asyncio.run(wait())
"""
NOISE = re.compile("destroyed|unclosed|never|Exception ignored|Warning")


@pytest.mark.parametrize("program", [WAITING, AWAITING], ids=["blocking", "awaiting"])
@pytest.mark.parametrize("in_flight", [True, False], ids=["in a request", "in a sleep"])
def test_ctrl_c_ends_a_program_that_waits_without_noise(server, program, in_flight):
    reached = threading.Event()

    class Slow(Reply):
        def send(self, connection, clock):
            reached.set()
            connection.recv(1)

    class Quick(Reply):
        def send(self, connection, clock):
            super().send(connection, clock)
            reached.set()

    server.script = [Slow() if in_flight else Quick(data=pending(estimated_time_remaining=60.0))]
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", program, server.url],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert reached.wait(PATIENCE)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode in (-signal.SIGINT, 130)
    assert told.splitlines()[-1] == "KeyboardInterrupt"
    assert NOISE.search(told) is None


@pytest.mark.parametrize("in_flight", [True, False], ids=["in a request", "in a sleep"])
def test_canceled_task_leaves_at_once_and_the_client_goes_on(server, clock, in_flight):
    reached = threading.Event()

    class Slow(Reply):
        def send(self, connection, clock):
            reached.set()
            connection.recv(1)

    class Quick(Reply):
        def send(self, connection, clock):
            super().send(connection, clock)
            reached.set()

    async def run():
        async with AsyncTranslationClient(server.url, long_poll=0) as client:
            server.script = [Slow() if in_flight else Quick(data=pending())]
            task = asyncio.create_task(client.wait_for_completion("a"))
            await asyncio.to_thread(reached.wait, PATIENCE)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.script = job(completed())
            assert (await client.wait_for_completion("a")).is_finished
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_on_update_may_be_a_coroutine_function(server, clock):
    seen = []

    async def note(known):
        await asyncio.sleep(0)
        seen.append(known.status)

    async def run():
        async with AsyncTranslationClient(
            server.url, sleep=clock.sleep_async, clock=clock
        ) as client:
            await client.wait_for_completion("a", on_update=note)

    server.script = job(pending(), completed())
    asyncio.run(run())
    assert seen == ["pending", "completed"]


def test_blocking_client_refuses_a_coroutine_function(server):
    async def note(known):
        raise AssertionError

    with (
        TranslationClient(server.url) as client,
        pytest.raises(TypeError, match="on_update is a coroutine function"),
    ):
        client.wait_for_completion("a", on_update=note)
    assert server.asked == []


def test_closed_client_refuses_to_be_used(client, server):
    server.script = job(completed())
    client.call("get_status", "a")
    client.call("close")
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.call("get_status", "a")
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.list("watch", "a")
    assert len(server.asked) == 1


def test_slow_on_update_counts_towards_the_wait(client, server, clock):
    def slow(known):
        clock.now += 3.0

    server.script = job(pending(estimated_time_remaining=5.0), completed())
    client.call("wait_for_completion", "a", on_update=slow)
    assert server.asked[1].at - server.asked[0].at < 5.0


def test_blocking_client_starts_no_thread(server, clock, monkeypatch):
    start, starters = threading.Thread.start, []

    def noted(thread):
        starters.append(threading.current_thread())
        start(thread)

    server.script = Book(clock, {f"job-{n}": 1010.0 for n in range(300)})
    monkeypatch.setattr(threading.Thread, "start", noted)
    with TranslationClient(server.url, sleep=clock.sleep, clock=clock) as client:
        client.wait_for_all(list(server.script.ends))
    assert starters
    assert threading.main_thread() not in starters  # it is the scripted server that starts them


def test_threads_may_share_a_client(server, clock):
    server.script = lambda asked: Reply(data=completed(asked.path.rpartition("/")[2]))
    found = []
    with TranslationClient(server.url) as client:

        def ask(name):
            found.append(client.wait_for_completion(name).id)

        threads = [threading.Thread(target=ask, args=(f"job-{n}",)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == sorted(f"job-{n}" for n in range(16))


def test_session_of_the_caller_is_left_open(server):
    server.script = job(completed())
    with requests.Session() as session:
        with TranslationClient(server.url, session=session) as client:
            client.get_status("a")
        assert session.get(f"{server.url}/vid_trans_api/jobs/a", timeout=PATIENCE).ok


def test_server_that_is_gone_leaves_no_socket_open(client, server):
    server.stop()
    with pytest.raises(Exception, match=r"refused|connect"):
        client.call("get_status", "a")
    gc.collect()
    with socket.create_server(("127.0.0.1", server.port)):
        pass
