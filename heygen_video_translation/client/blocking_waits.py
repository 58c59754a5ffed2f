"""The waits of the blocking client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from .base_client import BaseClient
from .translating import paths_of, request_of
from .uploads import content_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .blocking_driver import BlockingDriver
    from .creation import HeygenOptions
    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Timeout
    from .translating import Languages


class BlockingWaits(BaseClient):
    """The methods of `TranslationClient` that wait for the ends of jobs."""

    _driver: BlockingDriver

    def wait_for_completion(
        self,
        job: JobTarget,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        stop: threading.Event | None = None,
    ) -> Job:
        """Wait for a job's end and return the job, whether `completed` or `error`.

        A `Job` is polled when its estimate suggests, an id at once.

        Arguments:
            job: a job or its id.
            on_update: is called with the job of every response, including the last one.
            timeout: seconds to wait; `None` for no deadline; the client's timeout if left out.
            stop: an event that ends the wait when another thread sets it.

        Raises `PollingTimeout` at the deadline and `WaitStopped` after `stop`. The job continues.

        """
        steps = self._follow(job, timeout=timeout)
        return self._driver.run(steps, on_update=on_update, stop=stop)

    def watch(
        self, job: JobTarget, *, timeout: Timeout = ..., stop: threading.Event | None = None
    ) -> Iterator[Job]:
        """Iterate over the job of every response until the job has ended.

        The arguments and errors are those of `wait_for_completion`.
        """
        steps = self._follow(job, timeout=timeout, shows_finished=True)
        return self._driver.iterate(steps, stop=stop)

    @overload
    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        stop: threading.Event | None = None,
        return_exceptions: Literal[False] = False,
    ) -> dict[str, Job]: ...

    @overload
    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        stop: threading.Event | None = None,
        return_exceptions: bool,
    ) -> dict[str, JobOutcome]: ...

    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        stop: threading.Event | None = None,
        return_exceptions: bool = False,
    ) -> dict[str, Any]:
        """Wait for the ends of many jobs; return the jobs by id, in the order given.

        Polls that are due at about the same time share a request. An error about one job does not
        stop the others.

        Arguments:
            jobs: jobs or their ids.
            on_update: is called with the job of every response.
            timeout: seconds to wait; `None` for no deadline; the client's timeout if left out.
            stop: an event that ends the wait when another thread sets it.
            return_exceptions: whether to return errors in place of the jobs that they are about.

        Raises `WaitFailed` after the last job's end if there were errors, unless
        `return_exceptions` is set. If all of them are `PollingTimeout`s, it is one itself.

        """
        steps = self._follow_all(jobs, timeout=timeout, return_exceptions=return_exceptions)
        return self._driver.run(steps, on_update=on_update, stop=stop)

    def as_completed(
        self,
        jobs: Iterable[JobTarget],
        *,
        timeout: Timeout = ...,
        stop: threading.Event | None = None,
    ) -> Iterator[Job]:
        """Iterate over jobs in the order in which they end.

        The arguments and errors are those of `wait_for_all`.
        """
        steps = self._follow_all(jobs, timeout=timeout)
        return (job for job in self._driver.iterate(steps, stop=stop) if job.is_finished)

    @overload
    def translate(
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
        stop: threading.Event | None = None,
    ) -> Job: ...

    @overload
    def translate(
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
        stop: threading.Event | None = None,
    ) -> list[Job]: ...

    def translate(
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
        stop: threading.Event | None = None,
    ) -> Job | list[Job]:
        """Translate a video and save the result: upload, create, wait and download in one call.

        Arguments:
            path: a file, which is uploaded.
            to: the language, or several.
            video_url: the address of the video, instead of a file.
            save_as: where to save the translation; `{language}` in it stands for the language, and
                must be there if there are several. Folders are made. If left out, nothing is saved.
            title: a name for the jobs.
            simulation: options for simulated jobs.
            options: options of HeyGen's API; this project's own API takes `callback_url` only.
            video_duration: the video's length in seconds, for the client's own estimate.
            idempotency_key: as for `create_jobs`. This project's own API refuses the repetition of
                a key with a file, because each upload is another one to it.
            on_update: is called with the job of every response.
            timeout: seconds until all jobs have ended; the client's timeout if left out.
            stop: an event that ends the call when another thread sets it.

        Returns the completed job, or those of several languages in their order. Raises `JobFailed`
        for a job that failed, and the errors of `upload`, `create_job`, `wait_for_completion` and
        `download`. With several languages these are a `WaitFailed`, once the others are saved.

        """
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
            content = content_of(path, limit=self.max_upload)
        steps = self._translator.translate(
            wanted,
            content=content,
            name=Path(path or "").name,
            idempotency_key=idempotency_key,
            paths=paths,
            deadline=deadline,
        )
        jobs = self._driver.run(steps, on_update=on_update, stop=stop)
        return jobs[0] if isinstance(to, str) else jobs
