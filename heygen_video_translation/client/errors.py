"""The errors that the client raises; the base class and `JobFailed` are in `jobs`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Self, cast

from .jobs import JobFailed, TranslationClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .jobs import Job


class PollingTimeout(TranslationClientError):
    """The deadline passed before the job ended. The job continues; waiting again is harmless."""


class WaitStopped(TranslationClientError):
    """The stop event was set before the job ended. The job continues; waiting again is harmless."""


class ServerUnavailable(TranslationClientError):
    """There was no usable response to a request or to any of its retries."""


class RateLimited(TranslationClientError):
    """The response to the last retry was 429."""


class InvalidRequest(TranslationClientError):
    """The server found the request invalid (400, 422)."""


class ContentRefused(InvalidRequest):
    """The server's content policy does not allow the video."""


class FileTooLarge(InvalidRequest):
    """The file is larger than the server accepts (413); a known limit is checked before sending."""


class InsufficientCredit(TranslationClientError):
    """The account cannot pay for the request (402)."""


class QuotaExceeded(RateLimited):
    """The account's quota is used up (429). Asking again later does not help."""


class NotSupported(TranslationClientError):
    """The server's API, or this client's dialect of it, has no such operation."""


class AuthenticationFailed(TranslationClientError):
    """The API key is missing, unknown or lacks a permission (401, 403)."""


class JobNotFound(TranslationClientError):
    """The job does not exist, or no longer, in the workspace of the API key (404)."""


class Conflict(TranslationClientError):
    """The job's state does not allow the operation (409)."""


class UnexpectedResponse(TranslationClientError):
    """The server sent a response that the API does not define."""


class InvalidWebhook(TranslationClientError):
    """The request is not a genuine, current webhook. Nobody was notified."""


class WaitFailed(TranslationClientError, ExceptionGroup[TranslationClientError]):
    """Waiting failed for some of many jobs; `exceptions` has one error for each of them.

    `jobs` maps the ids of the jobs that ended to those jobs. The message counts the causes.
    """

    def __new__(
        cls,
        message: str,
        exceptions: Sequence[TranslationClientError],
        *,
        jobs: Mapping[str, Job] | None = None,  # set by __init__
    ) -> Self:
        return super().__new__(cls, message, exceptions)

    def __init__(
        self,
        message: str,
        exceptions: Sequence[TranslationClientError],
        *,
        jobs: Mapping[str, Job] | None = None,
    ) -> None:
        ExceptionGroup.__init__(self, message, exceptions)
        self._job = None
        self.detail = message
        self.status = self.retry_after = None
        self.headers = {}
        self.jobs: dict[str, Job] = dict(jobs or {})

    @property
    def job(self) -> None:
        return None

    @property
    def exceptions(self) -> tuple[TranslationClientError, ...]:
        # The base class also allows groups, which are never in this one.
        return cast("tuple[TranslationClientError, ...]", super().exceptions)

    def derive(self, excs: Sequence[TranslationClientError]) -> WaitFailed:  # type: ignore[override]  # it contains only errors of this client
        return wait_error(self.message, excs, jobs=self.jobs)


class WaitTimedOut(WaitFailed, PollingTimeout):
    """The deadline passed before the ends of some of many jobs, and nothing else failed."""


def wait_error(
    message: str, exceptions: Sequence[TranslationClientError], *, jobs: Mapping[str, Job]
) -> WaitFailed:
    """Return the error for a wait that failed for some of many jobs."""
    is_timeout = all(isinstance(error, PollingTimeout) for error in exceptions)
    return (WaitTimedOut if is_timeout else WaitFailed)(message, exceptions, jobs=jobs)


CAUSES: Mapping[type[TranslationClientError], str] = {
    JobFailed: "failed",
    PollingTimeout: "timed out",
    WaitStopped: "stopped",
    JobNotFound: "not found",
    ServerUnavailable: "unavailable",
    RateLimited: "rate-limited",
    AuthenticationFailed: "not authorized",
    NotSupported: "not supported",
}
"""Why waiting for a job failed, as a few words behind a number of jobs."""


def count_causes(exceptions: Iterable[TranslationClientError]) -> str:
    """Return how many errors have which cause, such as `2 timed out, 1 not found`."""
    causes = Counter(CAUSES.get(type(error), "unexpected response") for error in exceptions)
    return ", ".join(f"{count} {cause}" for cause, count in causes.items())
