"""Fixtures for the client's tests: a clock, a scripted server, and either client before it."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.server import Clock, ScriptedServer


class Listing:
    """Lists what either client iterates over."""

    def each(self, method, take, *args, **kwargs):
        raise NotImplementedError

    def list(self, method, *args, **kwargs):
        items: list[object] = []
        self.each(method, items.append, *args, **kwargs)
        return items


class Blocking(Listing):
    """The blocking client, called by the names of its methods."""

    def __init__(self, server, clock, **options):
        options = {"sleep": clock.sleep, "clock": clock, "random": lambda: 0.0, **options}
        self.client = TranslationClient(options.pop("base_url", server.url), **options)

    def call(self, method, *args, **kwargs):
        return getattr(self.client, method)(*args, **kwargs)

    def each(self, method, take, *args, **kwargs):
        for item in self.call(method, *args, **kwargs):
            take(item)

    def close(self):
        self.client.close()


class Awaiting(Listing):
    """The awaiting client, called by the names of its methods from plain code."""

    def __init__(self, server, clock, **options):
        options = {"sleep": clock.sleep_async, "clock": clock, "random": lambda: 0.0, **options}
        self.runner = asyncio.Runner()
        self.client = AsyncTranslationClient(options.pop("base_url", server.url), **options)

    def call(self, method, *args, **kwargs):
        async def called():
            result = getattr(self.client, method)(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return self.runner.run(called())

    def each(self, method, take, *args, **kwargs):
        async def taken():
            async for item in getattr(self.client, method)(*args, **kwargs):
                take(item)

        self.runner.run(taken())

    def close(self):
        self.runner.run(self.client.close())
        self.runner.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    server = ScriptedServer(clock)
    yield server
    server.stop()


@pytest.fixture(params=[Blocking, Awaiting], ids=["blocking", "awaiting"])
def connect(request, server, clock):
    """Return a maker of clients of either kind, by `TranslationClient`'s options."""
    made = []

    def connected(**options):
        made.append(request.param(server, clock, **options))
        return made[-1]

    yield connected
    for client in made:
        client.close()


@pytest.fixture
def client(connect):
    """A client that holds nothing and gives up after a minute."""
    return connect(long_poll=0, timeout=60)
