"""Fixtures of the client's tests: a clock, a scripted server, and the clients."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import trio

from heygen_video_translation.client import AsyncTranslationClient, DriverName, TranslationClient
from tests.client.documents import JobTable, pending
from tests.client.server import Clock, Reply, ScriptedServer


class Blocking:
    """The blocking client, whose methods are called by name."""

    def __init__(self, server, clock, *, headers=None, **options):
        if not options.pop("in_real_time", False):
            options = {"sleep": clock.sleep, "clock": clock, "random": lambda: 0.0, **options}
        self.session = None
        if headers is not None:
            self.session = options["session"] = requests.Session()
            self.session.headers.update(headers)
        self.client = TranslationClient(options.pop("base_url", server.url), **options)

    def call(self, method, *args, **kwargs):
        return getattr(self.client, method)(*args, **kwargs)

    def on(self, target, method, *args, **kwargs):
        """Call a method of something that the client has returned."""
        return getattr(target, method)(*args, **kwargs)

    def group(self, name, method, *args, **kwargs):
        """Call a method of `batches` or `proofreads`."""
        return self.on(getattr(self.client, name), method, *args, **kwargs)

    def each(self, method, take, *args, **kwargs):
        """Call a method and `take` each item that it yields."""
        for item in self.call(method, *args, **kwargs):
            take(item)

    def list(self, method, *args, **kwargs):
        return list(self.call(method, *args, **kwargs))

    def close(self):
        self.client.close()
        if self.session is not None:
            self.session.close()


class Awaiting:
    """The awaiting client with aiohttp, used like the blocking one: `sleep` is plain, too."""

    driver: DriverName = "aiohttp"

    def __init__(self, server, clock, *, headers=None, **options):
        sleep = options.pop("sleep", clock.sleep)

        async def sleep_async(seconds):
            sleep(seconds)

        if not options.pop("in_real_time", False):
            options = {"sleep": sleep_async, "clock": clock, "random": lambda: 0.0, **options}
        self.runner = self.make_runner()
        self.session = None
        if headers is not None:
            self.session = options["session"] = self.runner.run(self.open_session(headers))
        try:
            self.client = AsyncTranslationClient(
                options.pop("base_url", server.url), driver=self.driver, **options
            )
        except BaseException:
            self.runner.close()  # or its thread would keep pytest from exiting
            raise

    def make_runner(self):
        return asyncio.Runner()

    async def open_session(self, headers):
        return aiohttp.ClientSession(headers=headers)

    async def close_session(self, session):
        await session.close()

    def call(self, method, *args, **kwargs):
        return self.on(self.client, method, *args, **kwargs)

    def on(self, target, method, *args, **kwargs):
        async def called():
            result = getattr(target, method)(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return self.runner.run(called())

    def group(self, name, method, *args, **kwargs):
        return self.on(getattr(self.client, name), method, *args, **kwargs)

    def each(self, method, take, *args, **kwargs):
        async def taken():
            async for item in getattr(self.client, method)(*args, **kwargs):
                take(item)

        self.runner.run(taken())

    def list(self, method, *args, **kwargs):
        items: list[object] = []
        self.each(method, items.append, *args, **kwargs)
        return items

    def close(self):
        self.runner.run(self.client.close())
        if self.session is not None:
            self.runner.run(self.close_session(self.session))
        self.runner.close()


class AwaitingHttpx(Awaiting):
    """The awaiting client with httpx in asyncio."""

    driver: DriverName = "httpx"

    async def open_session(self, headers):
        return httpx.AsyncClient(headers=headers)

    async def close_session(self, session):
        await session.aclose()


class AwaitingTrio(AwaitingHttpx):
    """The awaiting client with httpx in trio."""

    def make_runner(self):
        return TrioRunner()


class TrioRunner:
    """Runs coroutines one after the other in one event loop, as `asyncio.Runner` does."""

    def __init__(self):
        self._jobs: SimpleQueue[Any] = SimpleQueue()
        self._thread = threading.Thread(target=trio.run, args=(self._work,))
        self._thread.start()

    async def _work(self):
        while (job := await trio.to_thread.run_sync(self._jobs.get)) is not None:
            coroutine, future = job
            try:
                future.set_result(await coroutine)
            except BaseException as error:  # noqa: BLE001  # the caller gets it
                future.set_exception(error)

    def run(self, coroutine):
        future: Future[Any] = Future()
        self._jobs.put((coroutine, future))
        return future.result()

    def close(self):
        self._jobs.put(None)
        self._thread.join()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    server = ScriptedServer(clock)
    yield server
    server.stop()


@pytest.fixture
def other_server(clock):
    server = ScriptedServer(clock)
    yield server
    server.stop()


@pytest.fixture(
    params=[Blocking, Awaiting, AwaitingHttpx, AwaitingTrio],
    ids=["blocking", "aiohttp", "httpx", "trio"],
)
def connect(request, server, clock):
    """Return a function that makes a client of each kind.

    It takes the options of `TranslationClient`, `headers` for a session of the caller, and
    `in_real_time`, for the real clock.
    """
    made = []

    def make_client(**options):
        made.append(request.param(server, clock, **options))
        return made[-1]

    yield make_client
    for client in made:
        client.close()


@pytest.fixture
def client(connect):
    """Return a client that sends no long polls and waits for a minute at most."""
    return connect(long_poll=0, timeout=60)


@pytest.fixture
def start_job(client, server, clock):
    """Return a function that creates a job which ends after that many seconds, as estimated."""
    ends: dict[str, float] = {}

    def start(name, seconds):
        exact = {"estimated_time_remaining_range": [seconds, seconds]}
        server.script = [Reply(202, pending(name, estimated_time_remaining=seconds, **exact))]
        job = client.call("create_job")
        ends[name] = clock.now + seconds
        server.script = JobTable(clock, ends)
        server.requests.clear()
        return job

    return start
