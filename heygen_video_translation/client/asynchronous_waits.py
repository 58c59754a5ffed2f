"""The waits of the awaiting client."""

# ruff: noqa: ASYNC109  # the polls depend on the timeout
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from .base_client import BaseClient
from .translating import paths_of, request_of
from .uploads import content_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from .awaiting_driver import AwaitingDriver
    from .creation import HeygenOptions
    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Timeout
    from .translating import Languages


class AsyncWaits(BaseClient):
    """The methods of `AsyncTranslationClient` that wait for the ends of jobs."""

    _driver: AwaitingDriver

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

    @overload
    async def translate(
        self,
        path: str | Path | None = None,
        *,
        to: str,
        video_url: str | None = None,
        save_as: str | Path | None = None,
        title: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job: ...

    @overload
    async def translate(
        self,
        path: str | Path | None = None,
        *,
        to: list[str] | tuple[str, ...],
        video_url: str | None = None,
        save_as: str | Path | None = None,
        title: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> list[Job]: ...

    async def translate(
        self,
        path: str | Path | None = None,
        *,
        to: Languages,
        video_url: str | None = None,
        save_as: str | Path | None = None,
        title: str | None = None,
        simulation: Mapping[str, object] | None = None,
        options: HeygenOptions | None = None,
        video_duration: float | None = None,
        idempotency_key: str | None = None,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job | list[Job]:
        """Translate a video and save the result; see `TranslationClient.translate`."""
        deadline = self._deadline(timeout)
        wanted = request_of(
            path,
            video_url=video_url,
            to=to,
            title=title,
            simulation=simulation,
            options=options,
            video_duration=video_duration,
        )
        paths = paths_of(save_as, wanted.target_languages)
        content = None
        if path is not None:
            content = await self._driver.in_thread(partial(content_of, path, limit=self.max_upload))
        steps = self._translator.translate(
            wanted,
            content=content,
            name=Path(path or "").name,
            idempotency_key=idempotency_key,
            paths=paths,
            deadline=deadline,
        )
        jobs = await self._driver.run(steps, on_update=on_update)
        return jobs[0] if isinstance(to, str) else jobs
