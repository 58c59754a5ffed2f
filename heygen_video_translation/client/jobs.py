"""A translation job as one response showed it, and the error of a job that failed.

The base class of all errors is here too, because an error carries the job that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .schedule import Decision


class Status(StrEnum):
    """The status of a job; `COMPLETED` and `ERROR` are final."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, according to the server."""

    code: str
    message: str
    retryable: bool = False


NO_REASON = JobError(code="unknown", message="the server gave no reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """When and how a client received a `Job`; times are in seconds on the client's clock.

    `received_at` is when the response arrived, `first_seen_at` when the client first knew the job,
    `job_created_at` when the job was created, if known. `is_replay` is true if the response repeats
    an earlier one. `retry_after` is the interval that the server requested, in seconds. `headers`
    are those of the response, with names in lower case.
    """

    received_at: float
    first_seen_at: float
    job_created_at: float | None = None
    is_replay: bool = False
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video to be translated into one language, as one response showed it.

    Fields that the response lacks or garbles are `None`, except `id` and `status`, which are always
    there. `estimated_time_remaining` and the ends of its range (the 10 % and the 90 % point) are
    seconds, `progress` runs from 0 to 1. A status that is not in `Status` is kept as received.

    If the server sends no estimate and the client knows how long earlier jobs took, it estimates
    the remaining time and the range itself; then `is_own_estimate` is true. `video_duration` is in
    seconds. It, `mode` and `is_audio_only` are known if the server or the creation says so.

    `next_poll` is set while a client waits for the job: what it decided on this response.
    `document` is what `raw` shows.
    """

    id: str
    status: str
    progress: float | None = None
    estimated_time_remaining: float | None = None
    estimated_time_remaining_range: tuple[float, float] | None = None
    title: str = ""
    video_url: str | None = None
    target_language: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    result_url: str | None = None
    error: JobError | None = None
    video_duration: float | None = None
    mode: str | None = None
    is_audio_only: bool | None = None
    is_own_estimate: bool = False
    next_poll: Decision | None = field(default=None, compare=False)
    observation: Observation | None = field(default=None, compare=False, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The JSON object of the response, read only, with fields that this class does not have."""
        return MappingProxyType(self.document)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the response, read only, with names in lower case."""
        return MappingProxyType(self.observation.headers if self.observation else {})

    @property
    def is_finished(self) -> bool:
        """Whether the status is final."""
        return self.status in (Status.COMPLETED, Status.ERROR)

    def raise_for_error(self) -> Self:
        """Return the job itself, or raise `JobFailed` if its status is `error`."""
        if self.status == Status.ERROR:
            raise JobFailed(f"job {self.id} failed: {self._failure}", job=self)
        return self

    @property
    def _failure(self) -> str:
        if self.error is None:
            return NO_REASON.message
        return f"{self.error.code}: {self.error.message}"

    def __str__(self) -> str:
        parts = [f"job {self.id} {self.status}"]
        if self.status == Status.ERROR:
            parts.append(f": {self._failure}")
        elif not self.is_finished and self.progress is not None:
            parts.append(f" {self.progress:.0%}")
        if self.estimated_time_remaining is not None:
            source = " (the client's own estimate)" if self.is_own_estimate else ""
            parts.append(f", {self.estimated_time_remaining:.1f} s left{source}")
        if self.next_poll is not None:
            parts.append(f"; {self.next_poll}")
        return "".join(parts)


class TranslationClientError(Exception):
    """The base class of all errors that this client raises about jobs, servers and deadlines.

    `job` is the job as last seen, or `None`. `detail` is what the server or the transport reported,
    without the request that it is about; if nothing was reported, it is the whole message.
    `status` is the HTTP status of the response, `None` if there was none, and `retry_after` its
    `Retry-After` in seconds, `None` if it has none. `headers` are those of the response, with names
    in lower case.
    """

    def __init__(
        self,
        message: str,
        *,
        job: Job | None = None,
        detail: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self._job = job
        self.detail = message if detail is None else detail
        self.status = status
        self.retry_after = retry_after
        self.headers: Mapping[str, str] = headers or {}

    @property
    def job(self) -> Job | None:
        return self._job


class JobFailed(TranslationClientError):
    """The status of `job` is `error`; `Job.raise_for_error` and a client's `translate` raise this.

    `error` says why the job failed.
    """

    _job: Job

    def __init__(self, message: str, *, job: Job) -> None:
        super().__init__(message, job=job)

    def __reduce__(self) -> tuple[object, ...]:
        # Exception.__reduce__ would call __init__ without the job.
        return _without_init, (type(self), *self.args), self.__dict__

    @property
    def job(self) -> Job:
        return self._job

    @property
    def error(self) -> JobError:
        """The job's error; its code is `unknown` if the server gave no reason."""
        return self._job.error or NO_REASON


def _without_init(kind: type[JobFailed], message: str) -> JobFailed:
    """Return an error whose attributes are going to be restored."""
    return kind.__new__(kind, message)
