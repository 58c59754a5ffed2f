"""Performing the client's steps with aiohttp, in the event loop of the caller."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from .base_client import CLOSED
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure
from .steps import ShowJob, Sleep

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    import aiohttp

    from .jobs import Job
    from .steps import Step, Steps

T = TypeVar("T")

_Wakeup: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Event]

SLEEP = asyncio.sleep
"""The default sleep, in place of which the driver waits for what may end the sleep early."""


class AsyncDriver:
    """Performs steps. Tasks share one instance, so that `close` and `wake_all` reach all."""

    def __init__(
        self,
        session: aiohttp.ClientSession | None,
        *,
        sleep: Callable[[float], Awaitable[object]],
        clock: Callable[[], float],
    ) -> None:
        self._owns_session = session is None
        self._session = session
        self._sleep = sleep
        self._clock = clock
        self._closed = False
        self._wakeups: set[_Wakeup] = set()
        self._response_deadlines: set[asyncio.Timeout] = set()

    async def close(self) -> None:
        """End all steps in progress with a `RuntimeError`; close a session of the driver's own."""
        self._closed = True
        self.wake_all()
        for response_deadline in self._response_deadlines:
            if not response_deadline.expired():
                response_deadline.reschedule(0.0)
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    def wake_all(self) -> None:
        """Let sleeping tasks check whether their sleep is over; from any thread."""
        for loop, wakeup in self._wakeups.copy():
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(wakeup.set)

    async def run(self, steps: Steps[T], *, on_update: Callable[[Job], object] | None = None) -> T:
        """Perform all steps and return what they return."""
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration as end:
                    return cast("T", end.value)
                if isinstance(step, ShowJob) and on_update is not None:
                    updated = on_update(step.job)
                    if inspect.isawaitable(updated):
                        await updated
                result = await self._perform(step)

    async def iterate(
        self, steps: Steps[Any], *, only_finished: bool = False
    ) -> AsyncGenerator[Job]:
        """Perform all steps and yield the jobs that they show, or those that have ended."""
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration:
                    return
                if isinstance(step, ShowJob) and (step.job.is_finished or not only_finished):
                    yield step.job
                result = await self._perform(step)

    async def _perform(self, step: Step) -> Response | TransportFailure | float:
        if isinstance(step, Request):
            return await self._send(step)
        if isinstance(step, Sleep) and step.seconds > 0.0:
            await self._pause(step)
        return self._clock()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(CLOSED)

    async def _pause(self, step: Sleep) -> None:
        """Sleep until the time is over, or something ends the sleep early."""
        self._check_open()
        if self._sleep is not SLEEP:
            if not step.is_over():
                await self._sleep(step.seconds)
        else:
            wakeup = asyncio.Event()
            sleeper = asyncio.get_running_loop(), wakeup
            self._wakeups.add(sleeper)
            try:
                async with asyncio.timeout(step.seconds):
                    while not (self._closed or step.is_over()):
                        wakeup.clear()
                        await wakeup.wait()
            except TimeoutError:
                pass
            finally:
                self._wakeups.discard(sleeper)
        self._check_open()

    async def _send(self, request: Request) -> Response | TransportFailure:
        """Send a request and read the response, both within the request's timeout."""
        self._check_open()
        import aiohttp  # noqa: PLC0415  # an optional dependency
        import yarl  # noqa: PLC0415  # comes with aiohttp

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
