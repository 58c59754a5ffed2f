"""Waits that end early leave nothing behind."""

import asyncio
import gc
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.documents import JobTable, completed, pending, replies
from tests.client.server import PATIENCE, Reply

ROOT = Path(__file__).parents[2]


class Stop(Exception):
    """Raised by a callback to end a wait."""


def test_exception_in_on_update_is_raised_unchanged(client, server, clock):
    def stop(_):
        raise Stop

    server.script = JobTable(clock, {"a": 1100.0, "b": 1100.0})
    with pytest.raises(Stop):
        client.call("wait_for_completion", "a", on_update=stop)
    with pytest.raises(Stop):
        client.call("wait_for_all", ["a", "b"], on_update=stop)
    assert len(server.requests) == 2


def test_iteration_may_stop_early(server, clock):
    server.script = JobTable(clock, {"a": 1100.0, "b": 1001.0})
    with TranslationClient(server.url, sleep=clock.sleep, clock=clock) as client:
        assert next(client.watch("a")).status == "pending"
        assert next(client.as_completed(["a", "b"])).id == "b"
    gc.collect()


def test_interrupt_during_a_sleep_is_raised(server, clock):
    def interrupted(seconds):
        raise KeyboardInterrupt

    server.script = replies(pending())
    with (
        TranslationClient(server.url, sleep=interrupted, clock=clock) as client,
        pytest.raises(KeyboardInterrupt),
    ):
        client.wait_for_completion("a")
    server.script = replies(completed())
    with TranslationClient(server.url) as client:
        assert client.wait_for_completion("a").is_finished


BLOCKING = """
import sys
from heygen_video_translation.client import TranslationClient

with TranslationClient(sys.argv[1], long_poll=0) as client:
    client.wait_for_completion("a", on_update=lambda job: print(job, flush=True))
"""
AWAITING = """
import {loop}, sys
from heygen_video_translation.client import AsyncTranslationClient

async def wait():
    async with AsyncTranslationClient(sys.argv[1], driver="{driver}", long_poll=0) as client:
        await client.wait_for_completion("a", on_update=lambda job: print(job, flush=True))

{loop}.run({call})
"""
HANDLE = """
import sys
from heygen_video_translation.client import TranslationClient

with TranslationClient(sys.argv[1], long_poll=0) as client:
    handle = client.start()
    print(handle, flush=True)
    handle.result()
"""
PROGRAMS = {
    "blocking": BLOCKING,
    "handle": HANDLE,
    "aiohttp": AWAITING.format(loop="asyncio", driver="aiohttp", call="wait()"),
    "httpx": AWAITING.format(loop="asyncio", driver="httpx", call="wait()"),
    "trio": AWAITING.format(loop="trio", driver="httpx", call="wait"),
}
NOISE = re.compile("destroyed|unclosed|never|Exception ignored|Warning")


class Unfinished(Reply):
    """Shows a pending job, or sets an event and sends nothing; leaves the connection open."""

    def __init__(self, event, *, responds):
        super().__init__(data=pending(estimated_time_remaining=60.0))
        self.event = event
        self.responds = responds

    def send(self, connection, clock):
        if self.responds:
            super().send(connection, clock)
        else:
            self.event.set()
        connection.recv(1)  # until the client hangs up


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("in_flight", [True, False], ids=["in a request", "in a sleep"])
def test_ctrl_c_ends_a_waiting_program_without_noise(server, program, in_flight):
    reached = threading.Event()

    server.script = [Unfinished(reached, responds=not in_flight)]
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", PROGRAMS[program], server.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert reached.wait(PATIENCE) if in_flight else process.stdout.readline()
        # An interrupt in the constructor of http.client's response leaves it half initialized, and
        # -X dev reports the error of its finalizer. By now the program is past that.
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, output = process.communicate(timeout=PATIENCE)
    assert process.returncode in (-signal.SIGINT, 130)
    assert output.splitlines()[-1] == "KeyboardInterrupt"
    assert NOISE.search(output) is None


@pytest.mark.parametrize("driver", ["aiohttp", "httpx"])
@pytest.mark.parametrize("in_flight", [True, False], ids=["in a request", "in a sleep"])
def test_client_is_usable_after_a_task_was_canceled(server, clock, in_flight, driver):
    reached = threading.Event()

    async def run():
        async with AsyncTranslationClient(server.url, driver=driver, long_poll=0) as client:
            server.script = [Unfinished(reached, responds=not in_flight)]
            task = asyncio.create_task(
                client.wait_for_completion("a", on_update=lambda _: reached.set())
            )
            await asyncio.to_thread(reached.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.script = replies(completed())
            assert (await client.wait_for_completion("a")).is_finished
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
