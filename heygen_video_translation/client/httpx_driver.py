"""Performing the client's steps with httpx, in the event loop of asyncio or of trio."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio
import anyio.to_thread
import httpx

from .awaiting_driver import AwaitingDriver
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")

_Wakeup: TypeAlias = "tuple[Callable[[Callable[[], None]], object], anyio.Event]"
"""An event, and the function that calls others in its event loop, from any thread."""

NO_TIMEOUT = httpx.Timeout(None)
"""httpx's own time-outs would be of single reads and writes."""


class HttpxDriver(AwaitingDriver):
    """Performs steps with a session of its own, or with one of the caller."""

    def __init__(
        self,
        session: httpx.AsyncClient | None,
        *,
        sleep: Callable[[float], Awaitable[object]],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(sleep=sleep, clock=clock)
        self._owns_session = session is None
        self._session = session
        self._wakeups: set[_Wakeup] = set()
        self._requests: set[anyio.CancelScope] = set()

    async def close(self) -> None:
        self._closed = True
        self.wake_all()
        for scope in self._requests:
            scope.cancel()
        await self._end_tasks()
        if self._owns_session and self._session is not None:
            await self._session.aclose()
            self._session = None

    def wake_all(self) -> None:
        for call_soon, wakeup in self._wakeups.copy():
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                call_soon(wakeup.set)

    def spawn(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            self._spawn_task(function)
        except RuntimeError:  # the loop is trio's
            import trio  # noqa: PLC0415  # an optional dependency

            # It ends soon after `close`, which ends its sleep or its request.
            trio.lowlevel.spawn_system_task(function)

    async def in_thread(self, function: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(function)

    async def wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        with anyio.move_on_after(seconds):
            while not (self._closed or is_over()):
                waiting = _call_soon(), anyio.Event()
                self._wakeups.add(waiting)
                try:
                    # What has become true before the event was added would not set it.
                    if not (self._closed or is_over()):
                        await waiting[1].wait()
                finally:
                    self._wakeups.discard(waiting)
        self._check_open()

    async def _send(self, request: Request) -> Response | TransportFailure:
        sent_at = self._clock()
        reader, is_cut_off = None, False
        with anyio.move_on_after(request.timeout) as scope:
            self._requests.add(scope)
            try:
                response = await self._start(request)
                try:
                    reader = ResponseReader(request, response.status_code, response.headers)
                    async for chunk in response.aiter_bytes(CHUNK):
                        if is_cut_off:
                            continue
                        if not reader.add(chunk):
                            # Leaving the loop would leave httpx's generators unfinished.
                            is_cut_off = True
                            scope.cancel()
                        elif reader.writes_file:
                            scope.deadline = anyio.current_time() + request.timeout
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                self._check_open()
                return TransportFailure(error=error, sent_at=sent_at, ended_at=self._clock())
            finally:
                self._requests.discard(scope)
        if reader is None or (scope.cancelled_caught and not is_cut_off):
            self._check_open()
            late = TimeoutError("the response was not complete in time")
            return TransportFailure(error=late, sent_at=sent_at, ended_at=self._clock())
        return reader.response(sent_at=sent_at, ended_at=self._clock())

    async def _start(self, request: Request) -> httpx.Response:
        """Send a request and return its response, of which only the headers have been read."""
        if self._session is None:
            self._session = httpx.AsyncClient()
        if request.is_foreign:
            # A request that the session does not build has none of its headers and cookies.
            built = httpx.Request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                extensions={"timeout": NO_TIMEOUT.as_dict()},
            )
            return await self._session.send(built, stream=True, auth=None, follow_redirects=False)
        built = self._session.build_request(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body,
            timeout=NO_TIMEOUT,
        )
        return await self._session.send(built, stream=True, follow_redirects=False)


def _call_soon() -> Callable[[Callable[[], None]], object]:
    """Return the function that calls others in the running event loop, from any thread."""
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:  # the loop is trio's
        import trio  # noqa: PLC0415  # an optional dependency

        return trio.lowlevel.current_trio_token().run_sync_soon
