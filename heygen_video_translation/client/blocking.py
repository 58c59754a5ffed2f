"""The blocking client."""

from __future__ import annotations

import contextlib
import inspect
import random as random_numbers
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast, overload

import requests
import urllib3
from requests.adapters import HTTPAdapter

from .base_client import BaseClient, describe_type
from .deadlines import bound_responses, response_within
from .downloads import PartFile
from .experience import NO_EXPERIENCE, Experience
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure
from .steps import ShowJob, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Step, Steps, Timeout

T = TypeVar("T")

MAX_CONNECTIONS = 100
"""Most connections that are kept open for threads that share a client."""


class TranslationClient(BaseClient):
    """A client that blocks while it waits. It can be shared between threads.

    Use it as a context manager, or call `close`. All times are in seconds.

    Arguments:
        base_url: the server's root, such as `http://127.0.0.1:8000`.
        api_key: selects a workspace on the server.
        min_polling_interval: shortest sleep between two polls of a job.
        max_polling_interval: longest sleep between two polls of a job; also the longest
            `Retry-After` that is honoured.
        max_retries: number of retries in a row after a failed request.
        timeout: how long to wait for a job's end; `None` for no deadline.
        request_timeout: how long to wait for a whole response; a long poll adds its own time, and
            the chunks of a download each have this time.
        long_poll: how long the server may wait for a job's end; 0 for plain polls.
        session: a session with your own headers, proxies and certificates, which stays open.
        sleep: replaces `time.sleep`.
        clock: replaces `time.monotonic`.
        random: replaces `random.random`.
        experience: what another client has learned about the server.

    Every method that sends requests may raise `ServerUnavailable`, `RateLimited`,
    `AuthenticationFailed`, `InvalidRequest` and `UnexpectedResponse`; those that take a job also
    `JobNotFound`. All of them are `TranslationClientError`s.
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
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
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
        if session is not None and not hasattr(session, "adapters"):
            raise TypeError(
                f"session must be a requests.Session, not {describe_type(session)};"
                " AsyncTranslationClient takes an aiohttp.ClientSession"
            )
        self._owns_session = session is None
        self._session = requests.Session() if session is None else session
        self._sleep = sleep
        if self._owns_session:
            adapter = HTTPAdapter(pool_maxsize=MAX_CONNECTIONS)
            self._session.mount("http://", adapter)
            self._session.mount("https://", adapter)
        bound_responses(self._session)

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
        """Close the client and its connections, except those of a session that was passed in."""
        self._closed = True
        if self._owns_session:
            self._session.close()

    def create_job(
        self,
        *,
        video_url: str | None = None,
        title: str | None = None,
        target_language: str | None = None,
        simulation: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Create a job and return it.

        Retries never create a second job, because they send the same idempotency key.

        Arguments:
            video_url: the address of the video.
            title: a name for the job.
            target_language: the language to translate into, such as `French`.
            simulation: options for a simulated job, as in the server's reference.
            idempotency_key: 1 to 255 printable ASCII characters; a random key if left out.

        """
        steps = self._operations.create(
            video_url=video_url,
            title=title,
            target_language=target_language,
            simulation=simulation,
            idempotency_key=idempotency_key,
        )
        return self._run(steps)

    def get_status(self, job_id: JobTarget) -> Job:
        """Return a job as it is now. This is one poll."""
        return self._run(self._operations.get(job_id))

    def get_newest_job(self) -> Job:
        """Return the job that was created last; `JobNotFound` if there is none."""
        return self._run(self._operations.get_newest())

    def wait_for_completion(
        self,
        job: JobTarget,
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Wait for a job's end and return the job, whether `completed` or `error`.

        A `Job` is polled when its estimate suggests, an id at once.

        Arguments:
            job: a job or its id.
            on_update: is called with the job of every response, including the last one.
            timeout: seconds to wait; `None` for no deadline; the client's timeout if left out.

        Raises `PollingTimeout` at the deadline. The job continues.

        """
        steps = self._follow(job, timeout=timeout)
        return self._run(steps, on_update=on_update)

    def watch(self, job: JobTarget, *, timeout: Timeout = ...) -> Iterator[Job]:
        """Iterate over the job of every response until the job has ended.

        The arguments and errors are those of `wait_for_completion`.
        """
        steps = self._follow(job, timeout=timeout, shows_finished=True)
        return self._iterate(steps)

    @overload
    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: Literal[False] = False,
    ) -> dict[str, Job]: ...

    @overload
    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: bool,
    ) -> dict[str, JobOutcome]: ...

    def wait_for_all(
        self,
        jobs: Iterable[JobTarget],
        *,
        on_update: Callable[[Job], object] | None = None,
        timeout: Timeout = ...,
        return_exceptions: bool = False,
    ) -> dict[str, Any]:
        """Wait for the ends of many jobs; return the jobs by id, in the order given.

        Polls that are due at about the same time share a request. An error about one job does not
        stop the others.

        Arguments:
            jobs: jobs or their ids.
            on_update: is called with the job of every response.
            timeout: seconds to wait; `None` for no deadline; the client's timeout if left out.
            return_exceptions: whether to return errors in place of the jobs that they are about.

        Raises `WaitFailed` after the last job's end if there were errors, unless
        `return_exceptions` is set. If all of them are `PollingTimeout`s, it is one itself.

        """
        steps = self._follow_all(jobs, timeout=timeout, return_exceptions=return_exceptions)
        return self._run(steps, on_update=on_update)

    def as_completed(self, jobs: Iterable[JobTarget], *, timeout: Timeout = ...) -> Iterator[Job]:
        """Iterate over jobs in the order in which they end.

        The arguments and errors are those of `wait_for_all`.
        """
        steps = self._follow_all(jobs, timeout=timeout)
        return (job for job in self._iterate(steps) if job.is_finished)

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
        return self._iterate(steps)

    def cancel(self, job: JobTarget) -> Job:
        """Cancel a job and return it; `Conflict` if it completed or failed."""
        return self._run(self._operations.cancel(job))

    def delete(self, job: JobTarget) -> None:
        """Delete a job; `JobNotFound` if it does not exist."""
        self._run(self._operations.delete(job))

    def download(
        self,
        job: JobTarget,
        path: str | Path,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write the translated video to a file and return its path; `Conflict` if not ready.

        Arguments:
            job: a job or its id.
            path: the file; it appears, or is replaced, once the video is complete.
            on_progress: is called with the bytes received, and with all of them if known.

        """
        with PartFile(path, on_progress) as file:
            self._run(self._operations.download(job, file))
        return Path(path)

    def _run(self, steps: Steps[T], *, on_update: Callable[[Job], object] | None = None) -> T:
        """Perform all steps and return what they return."""
        if inspect.iscoroutinefunction(on_update):
            raise TypeError(
                "on_update must be a plain function, because TranslationClient cannot await;"
                " AsyncTranslationClient takes a coroutine function"
            )
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration as end:
                    return cast("T", end.value)
                if isinstance(step, ShowJob) and on_update is not None:
                    on_update(step.job)
                result = self._perform(step)

    def _iterate(self, steps: Steps[Any]) -> Iterator[Job]:
        """Perform all steps and yield the jobs that they show."""
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration:
                    return
                if isinstance(step, ShowJob):
                    yield step.job
                result = self._perform(step)

    def _perform(self, step: Step) -> Response | TransportFailure | float:
        if isinstance(step, Request):
            return self._send(step)
        if isinstance(step, Sleep) and step.seconds > 0.0:
            self._sleep(step.seconds)
        return self._clock()

    def _send(self, request: Request) -> Response | TransportFailure:
        """Send a request and read the response, both within the request's timeout."""
        self._check_open()
        session = _without_credentials(self._session) if request.is_foreign else self._session
        sent_at = self._clock()
        try:
            with (
                response_within(request.timeout) as deadline,
                session.request(
                    request.method,
                    request.url,
                    headers=dict(request.headers),
                    data=request.body,
                    timeout=request.timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                reader = ResponseReader(request, response.status_code, response.headers)
                for chunk in response.iter_content(CHUNK):
                    if not reader.add(chunk):
                        break
                    if reader.writes_file:
                        deadline.extend(request.timeout)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,  # requests parses the Location of a redirect that it does not follow
        ) as error:
            return TransportFailure(error=error, sent_at=sent_at, ended_at=self._clock())
        return reader.response(sent_at=sent_at, ended_at=self._clock())


def _without_credentials(session: requests.Session) -> requests.Session:
    """Return a session with the same connections, but no headers, cookies and credentials."""
    bare = requests.Session()
    bare.adapters = session.adapters
    bare.proxies, bare.verify = session.proxies, session.verify
    bare.trust_env = session.trust_env
    return bare
