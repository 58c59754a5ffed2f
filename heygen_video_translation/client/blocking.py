"""The blocking client."""

from __future__ import annotations

import random as random_numbers
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import requests
from requests.adapters import HTTPAdapter

from .base_client import describe_type
from .blocking_driver import BlockingDriver
from .blocking_groups import Batches, Proofreads
from .blocking_waits import BlockingWaits
from .downloads import PartFile
from .experience import NO_EXPERIENCE, Experience
from .handles import JobHandle
from .operations import only
from .uploads import content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from os import PathLike
    from types import EllipsisType, TracebackType

    from .creation import Asset, HeygenOptions
    from .dialects import DialectName
    from .dialects.base import FileKind
    from .jobs import Job
    from .steps import JobTarget, Timeout

T = TypeVar("T")

MAX_CONNECTIONS = 100
"""Most connections that are kept open for threads that share a client."""


class TranslationClient(BlockingWaits):
    """A client that blocks while it waits. It can be shared between threads.

    Use it as a context manager, or call `close`. All times are in seconds.

    Arguments:
        base_url: the server's root, such as `http://127.0.0.1:8000`. If left out, the environment
            says it, and the key: TRANSLATION_SERVER and TRANSLATION_API_KEY, or for HeyGen's API
            HEYGEN_API_BASE and HEYGEN_API_KEY. These keys are sent to no other server.
        api_key: the key of an account, or of a workspace on this project's server.
        dialect: the server's API: `native`, this project's own; `heygen`, HeyGen's v3;
            `heygen-v2`, HeyGen's v2.
        min_polling_interval: shortest sleep between two polls of a job.
        max_polling_interval: longest sleep between two polls of a job; also the longest
            `Retry-After` that is honoured.
        max_retries: number of retries in a row after a failed request.
        timeout: how long to wait for a job's end; `None` for no deadline.
        request_timeout: how long to wait for a whole response; a long poll adds its own time, and
            the chunks of a download each have this time.
        long_poll: how long the server may wait for a job's end; 0 for plain polls. If left out, 30
            if the API has long polls.
        webhooks: whether `receive` or `notify` is called when a job ends. Polls are rarer then, and
            the longest sleep is 2.5 times `max_polling_interval`; long polls are kept.
        session: a session with your own headers, proxies and certificates, which stays open.
        sleep: replaces `time.sleep`. It is not ended early by `cancel`, `close`, webhooks and stop
            events.
        clock: replaces `time.monotonic`.
        wall_clock: replaces `time.time`, by which `receive` recognises old webhooks.
        random: replaces `random.random`.
        experience: what another client has learned about the server.
        store: a file in which clients of any number of processes share what they learn.

    Every method that sends requests may raise `ServerUnavailable`, `RateLimited`,
    `AuthenticationFailed`, `InvalidRequest` and `UnexpectedResponse`; those that take a job also
    `JobNotFound`. What the server's API cannot do is `NotSupported`. All of them are
    `TranslationClientError`s.

    `batches` and `proofreads` have the operations on these.
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
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
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
        if session is not None and not hasattr(session, "adapters"):
            raise TypeError(
                f"session must be a requests.Session, not {describe_type(session)};"
                " AsyncTranslationClient takes an aiohttp.ClientSession"
            )
        self._owns_session = session is None
        self._session = requests.Session() if session is None else session
        if self._owns_session:
            adapter = HTTPAdapter(pool_maxsize=MAX_CONNECTIONS)
            self._session.mount("http://", adapter)
            self._session.mount("https://", adapter)
        self._driver = BlockingDriver(self._session, sleep=sleep, clock=clock)

    @property
    def batches(self) -> Batches:
        """The operations on batches."""
        return Batches(self._driver, self._batch_operations, deadline=self._deadline)

    @property
    def proofreads(self) -> Proofreads:
        """The operations on proofreads."""
        return Proofreads(self._driver, self._proofread_operations, deadline=self._deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client and its connections, except those of a session that was passed in.

        Threads that use the client then get a `RuntimeError`. The thread that follows started jobs
        has ended, unless a callback, a request or a replaced `sleep` keeps it for more than two
        seconds.
        """
        try:
            self._driver.close()
        finally:
            if self._owns_session:
                self._session.close()

    def _wake_all(self) -> None:
        self._driver.wake_all()

    def create_job(
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
        """Create a job and return it.

        Retries never create a second job, because they send the same idempotency key. If a server
        of HeyGen's API refuses the job because too many are running, the request is repeated until
        the server accepts it.

        Arguments:
            video_url: the address of the video.
            asset: an uploaded video, instead of an address.
            title: a name for the job.
            target_language: the language to translate into, such as `French`.
            simulation: options for a simulated job, as in the server's reference.
            options: options of HeyGen's API; this project's own API takes `callback_url` only.
            video_duration: the video's length in seconds, for the client's own estimate.
            idempotency_key: 1 to 255 characters that the API allows; a random key if left out.
            timeout: seconds for which such a request is repeated; the client's timeout if left out.

        Raises `InsufficientCredit`, `QuotaExceeded` and `ContentRefused`, which are not retried,
        and `RateLimited` if too many jobs are still running at the end of the timeout.

        """
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
        return self._driver.run(only(steps))

    def start(
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
    ) -> JobHandle:
        """Create a job and return a handle for it, as for a `concurrent.futures.Future`.

        The arguments and errors are those of `create_job`, except that `timeout` has the seconds
        until the job has ended; the client's timeout if left out. A thread of the client follows
        all jobs that were started, with shared requests, until they have ended, their timeouts are
        over or the client is closed.
        """
        deadline = self._deadline(timeout)
        job = self.create_job(
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
        handle = JobHandle(
            job, self._operations, self._driver, deadline=self._deadline, clock=self._clock
        )
        if self._started.add(handle, deadline=deadline):
            try:
                self._driver.spawn(self._follow_started)
            except Exception as error:  # such as "can't start new thread"
                self._started.fail(error)
                raise
        else:
            self._driver.wake_all()
        return handle

    def _follow_started(self) -> None:
        steps = self._started_follower.follow_started(self._started)
        try:
            self._driver.run(steps, on_update=self._started.note)
        except Exception as error:  # noqa: BLE001  # or those who wait for the jobs would never know
            self._started.fail(error)
        except BaseException as error:  # noqa: BLE001  # a callback exits, which ends only the thread
            ended = RuntimeError(f"the job is no longer followed: {error!r}")
            ended.__cause__ = error
            self._started.fail(ended)

    def create_jobs(
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
        """Create a job for each language and return the jobs in this order.

        Arguments and errors are those of `create_job`. HeyGen's API creates all of them or none.
        """
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
        return self._driver.run(steps)

    def upload(self, path: str | Path) -> Asset:
        """Upload a file, such as a video, and return it as an `asset` for `create_job`.

        Raises `FileTooLarge` before anything is sent if it has more than `max_upload` bytes.
        """
        content = content_of(path, limit=self.max_upload)
        return self._driver.run(self._files.upload(content, name=Path(path).name))

    def get_status(self, job_id: JobTarget) -> Job:
        """Return a job as it is now. This is one poll."""
        return self._driver.run(self._operations.get(job_id))

    def get_newest_job(self) -> Job:
        """Return the job that was created last; `JobNotFound` if there is none."""
        return self._driver.run(self._operations.get_newest())

    def list_jobs(
        self,
        *,
        status: str | None = None,
        target_language: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Iterator[Job]:
        """Iterate over all jobs, the newest first.

        Arguments:
            status: only jobs with this status.
            target_language: only jobs with this language.
            limit: number of jobs per request, not in all.
            cursor: where to start, from the address of a page.

        """
        steps = self._operations.list_jobs(
            status=status, target_language=target_language, limit=limit, cursor=cursor
        )
        return self._driver.iterate(steps)

    def cancel(self, job: JobTarget) -> Job:
        """Cancel a job and return it.

        A job that was canceled before is returned as it is; `Conflict` if it has ended otherwise.
        Threads that wait for the job with this client get the canceled job without another poll.
        """
        canceled = self._driver.run(self._operations.cancel(job))
        self._driver.wake_all()
        return canceled

    def rename(self, job: JobTarget, title: str) -> Job:
        """Give a job another title and return it."""
        return self._driver.run(self._operations.rename(job, title))

    def delete(self, job: JobTarget) -> None:
        """Delete a job; `JobNotFound` if it does not exist."""
        self._driver.run(self._operations.delete(job))

    def download(
        self,
        job: JobTarget,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
        *,
        kind: FileKind = "video",
    ) -> Path:
        """Write a file of a completed job and return its path; `Conflict` if there is none.

        If the address of the file has run out, it is requested anew; one that the server does not
        have yet, because the job has just completed, is waited for.

        Arguments:
            job: a job or its id.
            path: the file; it appears, or is replaced, once it is complete.
            on_progress: is called with the bytes received, and with all of them if known.
            kind: the `video` (the sound, if only that was translated), the `audio`, or the captions
                as `srt` or `vtt`.

        """
        with PartFile(path, on_progress) as file:
            self._driver.run(self._files.download(job, file, kind=kind))
        return Path(path)
