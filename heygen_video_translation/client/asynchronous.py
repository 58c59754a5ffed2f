"""The asyncio client, which needs aiohttp."""

# ruff: noqa: ASYNC109  # the polls depend on the timeout
from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import inspect
import random as random_numbers
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar, cast, overload

from .base_client import CLOSED, BaseClient, describe_type
from .downloads import PartFile
from .experience import NO_EXPERIENCE, Experience
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure
from .steps import ShowJob, Sleep

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Awaitable,
        Callable,
        Iterable,
        Mapping,
    )
    from types import TracebackType

    import aiohttp

    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Step, Steps, Timeout

T = TypeVar("T")

SLEEP = asyncio.sleep
"""The default sleep, in place of which the client waits for what may end the sleep early."""


class AiohttpSession(Protocol):
    """An `aiohttp.ClientSession`, for type checkers that do not find aiohttp."""

    @property
    def closed(self) -> bool: ...

    async def close(self) -> None: ...


class AsyncTranslationClient(BaseClient):
    """A client for coroutines. `TranslationClient` documents its arguments, methods and errors.

    `session` is an `aiohttp.ClientSession`, and `sleep` a coroutine function. `on_update` may be a
    coroutine function.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        min_polling_interval: float = 0.5,
        max_polling_interval: float = 60.0,
        max_retries: int = 5,
        timeout: float | None = 3600.0,
        request_timeout: float = 10.0,
        long_poll: float = 30.0,
        session: AiohttpSession | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random_numbers.random,
        experience: Experience = NO_EXPERIENCE,
    ) -> None:
        super().__init__(
            base_url,
            api_key=api_key,
            min_polling_interval=min_polling_interval,
            max_polling_interval=max_polling_interval,
            max_retries=max_retries,
            timeout=timeout,
            request_timeout=request_timeout,
            long_poll=long_poll,
            clock=clock,
            random=random,
            experience=experience,
        )
        if importlib.util.find_spec("aiohttp") is None:
            raise ImportError(
                "AsyncTranslationClient needs aiohttp, which is not installed: pip install aiohttp"
            )
        if session is not None and not hasattr(session, "connector"):
            raise TypeError(
                f"session must be an aiohttp.ClientSession, not {describe_type(session)};"
                " TranslationClient takes a requests.Session"
            )
        self._owns_session = session is None
        self._session = cast("aiohttp.ClientSession | None", session)
        self._sleep = sleep
        self._closed = False
        self._wakeups: set[asyncio.Event] = set()
        self._response_deadlines: set[asyncio.Timeout] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the client and its connections; see `TranslationClient.close`."""
        self._closed = True
        self._wake_waits()
        for response_deadline in self._response_deadlines:
            if not response_deadline.expired():
                response_deadline.reschedule(0.0)
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    async def create_job(
        self,
        *,
        video_url: str | None = None,
        title: str | None = None,
        target_language: str | None = None,
        simulation: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Create a job and return it; see `TranslationClient.create_job`."""
        steps = self._operations.create(
            video_url=video_url,
            title=title,
            target_language=target_language,
            simulation=simulation,
            idempotency_key=idempotency_key,
        )
        return await self._run(steps)

    async def get_status(self, job_id: JobTarget) -> Job:
        """Return a job as it is now; see `TranslationClient.get_status`."""
        return await self._run(self._operations.get(job_id))

    async def get_newest_job(self) -> Job:
        """Return the job that was created last; see `TranslationClient.get_newest_job`."""
        return await self._run(self._operations.get_newest())

    async def wait_for_completion(
        self,
        job: JobTarget,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Wait for a job's end; see `TranslationClient.wait_for_completion`."""
        steps = self._follow(job, timeout=timeout)
        return await self._run(steps, on_update=on_update)

    def watch(self, job: JobTarget, *, timeout: Timeout = ...) -> AsyncIterator[Job]:
        """Iterate over the job of every response; see `TranslationClient.watch`."""
        steps = self._follow(job, timeout=timeout, shows_finished=True)
        return self._iterate(steps)

    @overload
    async def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: Literal[False] = False,
    ) -> dict[str, Job]: ...

    @overload
    async def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: bool,
    ) -> dict[str, JobOutcome]: ...

    async def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: bool = False,
    ) -> dict[str, Any]:
        """Wait for the ends of many jobs; see `TranslationClient.wait_for_all`."""
        steps = self._follow_all(jobs, timeout=timeout, return_exceptions=return_exceptions)
        return await self._run(steps, on_update=on_update)

    def as_completed(
        self, jobs: Iterable[JobTarget], *, timeout: Timeout = ...
    ) -> AsyncIterator[Job]:
        """Iterate over jobs as they end; see `TranslationClient.as_completed`."""
        steps = self._follow_all(jobs, timeout=timeout)
        return self._iterate(steps, only_finished=True)

    def list_jobs(
        self,
        *,
        status: str | None = None,
        target_language: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncIterator[Job]:
        """Iterate over all jobs, the newest first; see `TranslationClient.list_jobs`."""
        steps = self._operations.list_jobs(
            status=status, target_language=target_language, limit=limit, cursor=cursor
        )
        return self._iterate(steps)

    async def cancel(self, job: JobTarget) -> Job:
        """Cancel a job; see `TranslationClient.cancel`."""
        canceled = await self._run(self._operations.cancel(job))
        self._wake_waits()
        return canceled

    def _wake_waits(self) -> None:
        """Let sleeping tasks check whether their sleep is over."""
        for wakeup in self._wakeups:
            wakeup.set()

    async def delete(self, job: JobTarget) -> None:
        """Delete a job; see `TranslationClient.delete`."""
        await self._run(self._operations.delete(job))

    async def download(
        self,
        job: JobTarget,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write the translated video to a file; see `TranslationClient.download`."""
        with PartFile(path, on_progress) as file:
            await self._run(self._operations.download(job, file))
        return Path(path)

    async def _run(self, steps: Steps[T], *, on_update: Callable[[Job], object] | None = None) -> T:
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

    async def _iterate(
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
            await self._sleep(step.seconds)
        else:
            wakeup = asyncio.Event()
            self._wakeups.add(wakeup)
            try:
                async with asyncio.timeout(step.seconds):
                    while not (self._closed or step.is_over()):
                        wakeup.clear()
                        await wakeup.wait()
            except TimeoutError:
                pass
            finally:
                self._wakeups.discard(wakeup)
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
