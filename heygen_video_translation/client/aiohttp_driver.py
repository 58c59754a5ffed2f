"""Performing the client's steps with aiohttp, in asyncio's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import yarl

from .awaiting_driver import AwaitingDriver
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")


class AiohttpDriver(AwaitingDriver):
    """Performs steps with a session of its own, or with one of the caller."""

    def __init__(
        self,
        session: aiohttp.ClientSession | None,
        *,
        sleep: Callable[[float], Awaitable[object]],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(sleep=sleep, clock=clock)
        self._owns_session = session is None
        self._session = session
        self._wakeups: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._response_deadlines: set[asyncio.Timeout] = set()

    async def close(self) -> None:
        self._closed = True
        self.wake_all()
        for response_deadline in self._response_deadlines:
            if not response_deadline.expired():
                response_deadline.reschedule(0.0)
        await self._end_tasks()
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    def wake_all(self) -> None:
        for loop, wakeup in self._wakeups.copy():
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(wakeup.set)

    def spawn(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._spawn_task(function)

    async def in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.to_thread(function)

    async def wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        wakeup = asyncio.Event()
        waiting = asyncio.get_running_loop(), wakeup
        self._wakeups.add(waiting)
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                while not (self._closed or is_over()):
                    wakeup.clear()
                    await wakeup.wait()
        except TimeoutError:
            pass
        finally:
            self._wakeups.discard(waiting)
        self._check_open()

    async def _send(self, request: Request) -> Response | TransportFailure:
        sent_at = self._clock()
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True)
            if hasattr(self._session, "_retry_connection"):
                # Otherwise aiohttp sends requests again, which this client counts and spaces.
                self._session._retry_connection = False  # noqa: SLF001
        async with contextlib.AsyncExitStack() as stack:
            session = self._session
            if request.is_foreign:
                session = aiohttp.ClientSession(
                    connector=session.connector,
                    connector_owner=False,
                    trust_env=session.trust_env,
                )
                await stack.enter_async_context(session)
            deadline = asyncio.timeout(request.timeout)
            self._response_deadlines.add(deadline)
            stack.callback(self._response_deadlines.discard, deadline)
            try:
                async with (
                    deadline,
                    session.request(
                        request.method,
                        yarl.URL(request.url, encoded=True),
                        headers=request.headers,
                        data=request.body,
                        timeout=aiohttp.ClientTimeout(total=None),
                        allow_redirects=False,
                    ) as response,
                ):
                    reader = ResponseReader(request, response.status, response.headers)
                    async for chunk in response.content.iter_chunked(CHUNK):
                        if not reader.add(chunk):
                            break
                        if reader.writes_file:
                            deadline.reschedule(asyncio.get_running_loop().time() + request.timeout)
            except (aiohttp.ClientError, OSError) as error:
                self._check_open()
                return TransportFailure(error=error, sent_at=sent_at, ended_at=self._clock())
        return reader.response(sent_at=sent_at, ended_at=self._clock())
