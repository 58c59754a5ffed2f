"""The client for coroutines, which needs aiohttp or httpx."""

# ruff: noqa: ASYNC109  # the polls depend on the timeout
from __future__ import annotations

import asyncio
import random as random_numbers
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .asynchronous_groups import AsyncBatches, AsyncProofreads
from .asynchronous_waits import AsyncWaits
from .awaiting_sessions import make_driver
from .base_client import CLOSED
from .downloads import PartFile
from .experience import NO_EXPERIENCE, Experience
from .handles import AsyncJobHandle
from .operations import only
from .uploads import content_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from os import PathLike
    from types import EllipsisType, TracebackType

    from .awaiting_sessions import AiohttpSession, DriverName, HttpxSession
    from .creation import Asset, HeygenOptions
    from .dialects import DialectName
    from .dialects.base import FileKind
    from .jobs import Job
    from .steps import JobTarget, Timeout


class AsyncTranslationClient(AsyncWaits):
    """A client for coroutines. `TranslationClient` documents its arguments, methods and errors.

    `driver` is the package that sends the requests: `aiohttp`, in asyncio's event loop, or `httpx`,
    in that of asyncio or trio. `session` is an `aiohttp.ClientSession` or an `httpx.AsyncClient`,
    and `sleep` a coroutine function. `on_update` may be a coroutine function.
    """

    def __init__(
        self,
        base_url: str | EllipsisType = ...,
        *,
        api_key: str | None = None,
        dialect: DialectName = "native",
        min_polling_interval: float = 0.5,
        max_polling_interval: float = 60.0,
        max_retries: int = 5,
        timeout: float | None = 3600.0,
        request_timeout: float = 10.0,
        long_poll: float | None = None,
        webhooks: bool = False,
        driver: DriverName = "aiohttp",
        session: AiohttpSession | HttpxSession | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        random: Callable[[], float] = random_numbers.random,
        experience: Experience = NO_EXPERIENCE,
        store: str | PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            base_url,
            api_key=api_key,
            dialect=dialect,
            min_polling_interval=min_polling_interval,
            max_polling_interval=max_polling_interval,
            max_retries=max_retries,
            timeout=timeout,
            request_timeout=request_timeout,
            long_poll=long_poll,
            webhooks=webhooks,
            clock=clock,
            wall_clock=wall_clock,
            random=random,
            experience=experience,
            store=store,
        )
        self._driver = make_driver(driver, session, sleep=sleep, clock=clock)

    @property
    def batches(self) -> AsyncBatches:
        """The operations on batches."""
        return AsyncBatches(self._driver, self._batch_operations, deadline=self._deadline)

    @property
    def proofreads(self) -> AsyncProofreads:
        """The operations on proofreads."""
        return AsyncProofreads(self._driver, self._proofread_operations, deadline=self._deadline)

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
        await self._driver.close()
        self._started.fail(RuntimeError(CLOSED))

    def _wake_all(self) -> None:
        self._driver.wake_all()

    async def create_job(
        self,
        *,
        video_url: str | None = None,
        asset: Asset | None = None,
        title: str | None = None,
        target_language: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Create a job and return it; see `TranslationClient.create_job`."""
        steps = self._create(
            video_url=video_url,
            asset=asset,
            title=title,
            target_languages=() if target_language is None else (target_language,),
            simulation=simulation,
            options=options,
            video_duration=video_duration,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return await self._driver.run(only(steps))

    async def start(
        self,
        *,
        video_url: str | None = None,
        asset: Asset | None = None,
        title: str | None = None,
        target_language: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        timeout: Timeout = ...,
    ) -> AsyncJobHandle:
        """Create a job and return a handle for it, to `await`; see `TranslationClient.start`.

        A task of the client follows the jobs.
        """
        deadline = self._deadline(timeout)
        job = await self.create_job(
            video_url=video_url,
            asset=asset,
            title=title,
            target_language=target_language,
            simulation=simulation,
            options=options,
            video_duration=video_duration,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        handle = AsyncJobHandle(
            job, self._operations, self._driver, deadline=self._deadline, clock=self._clock
        )
        if self._started.add(handle, deadline=deadline):
            self._driver.spawn(self._follow_started)
        else:
            self._driver.wake_all()
        return handle

    async def _follow_started(self) -> None:
        steps = self._started_follower.follow_started(self._started)
        try:
            await self._driver.run(steps, on_update=self._started.note)
        except Exception as error:  # noqa: BLE001  # or those who wait for the jobs would never know
            self._started.fail(error)
        except BaseException:  # the event loop ends
            self._started.fail(RuntimeError(CLOSED))
            raise

    async def create_jobs(
        self,
        *,
        target_languages: Sequence[str],
        video_url: str | None = None,
        asset: Asset | None = None,
        title: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        timeout: Timeout = ...,
    ) -> list[Job]:
        """Create a job for each language; see `TranslationClient.create_jobs`."""
        steps = self._create(
            video_url=video_url,
            asset=asset,
            title=title,
            target_languages=target_languages,
            simulation=simulation,
            options=options,
            video_duration=video_duration,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return await self._driver.run(steps)

    async def upload(self, path: str | Path) -> Asset:
        """Upload a file; see `TranslationClient.upload`."""
        content = await self._driver.in_thread(partial(content_of, path, limit=self.max_upload))
        return await self._driver.run(self._files.upload(content, name=Path(path).name))

    async def get_status(self, job_id: JobTarget) -> Job:
        """Return a job as it is now; see `TranslationClient.get_status`."""
        return await self._driver.run(self._operations.get(job_id))

    async def get_newest_job(self) -> Job:
        """Return the job that was created last; see `TranslationClient.get_newest_job`."""
        return await self._driver.run(self._operations.get_newest())

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
        return self._driver.iterate(steps)

    async def cancel(self, job: JobTarget) -> Job:
        """Cancel a job; see `TranslationClient.cancel`."""
        canceled = await self._driver.run(self._operations.cancel(job))
        self._driver.wake_all()
        return canceled

    async def rename(self, job: JobTarget, title: str) -> Job:
        """Give a job another title and return it; see `TranslationClient.rename`."""
        return await self._driver.run(self._operations.rename(job, title))

    async def delete(self, job: JobTarget) -> None:
        """Delete a job; see `TranslationClient.delete`."""
        await self._driver.run(self._operations.delete(job))

    async def download(
        self,
        job: JobTarget,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
        *,
        kind: FileKind = "video",
    ) -> Path:
        """Write a file of a completed job; see `TranslationClient.download`."""
        with PartFile(path, on_progress) as file:
            await self._driver.run(self._files.download(job, file, kind=kind))
        return Path(path)
