"""The asyncio client, which needs aiohttp."""

# ruff: noqa: ASYNC109  # the polls depend on the timeout
from __future__ import annotations

import asyncio
import importlib.util
import random as random_numbers
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, cast, overload

from .asynchronous_driver import AsyncDriver
from .asynchronous_groups import AsyncBatches, AsyncProofreads
from .base_client import BaseClient, describe_type
from .downloads import PartFile
from .experience import NO_EXPERIENCE, Experience
from .operations import only
from .uploads import content_of

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Iterable,
        Mapping,
        Sequence,
    )
    from os import PathLike
    from types import EllipsisType, TracebackType

    import aiohttp

    from .creation import Asset, HeygenOptions
    from .dialects import DialectName
    from .dialects.base import FileKind
    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Timeout


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
        session: AiohttpSession | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
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
            clock=clock,
            random=random,
            experience=experience,
            store=store,
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
        self._driver = AsyncDriver(
            cast("aiohttp.ClientSession | None", session), sleep=sleep, clock=clock
        )
        self.batches = AsyncBatches(self._driver, self._batch_operations, deadline=self._deadline)
        self.proofreads = AsyncProofreads(
            self._driver, self._proofread_operations, deadline=self._deadline
        )

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
        content = await asyncio.to_thread(content_of, path, limit=self.max_upload)
        return await self._driver.run(self._files.upload(content, name=Path(path).name))

    async def get_status(self, job_id: JobTarget) -> Job:
        """Return a job as it is now; see `TranslationClient.get_status`."""
        return await self._driver.run(self._operations.get(job_id))

    async def get_newest_job(self) -> Job:
        """Return the job that was created last; see `TranslationClient.get_newest_job`."""
        return await self._driver.run(self._operations.get_newest())

    async def wait_for_completion(
        self,
        job: JobTarget,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Wait for a job's end; see `TranslationClient.wait_for_completion`."""
        steps = self._follow(job, timeout=timeout)
        return await self._driver.run(steps, on_update=on_update)

    def watch(self, job: JobTarget, *, timeout: Timeout = ...) -> AsyncIterator[Job]:
        """Iterate over the job of every response; see `TranslationClient.watch`."""
        steps = self._follow(job, timeout=timeout, shows_finished=True)
        return self._driver.iterate(steps)

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
        return await self._driver.run(steps, on_update=on_update)

    def as_completed(
        self, jobs: Iterable[JobTarget], *, timeout: Timeout = ...
    ) -> AsyncIterator[Job]:
        """Iterate over jobs as they end; see `TranslationClient.as_completed`."""
        steps = self._follow_all(jobs, timeout=timeout)
        return self._driver.iterate(steps, only_finished=True)

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
