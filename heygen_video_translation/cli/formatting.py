"""Jobs and errors as text for people and as JSON for programs."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import responses
from typing import Any, Final

from heygen_video_translation.client import (
    Job,
    PollingTimeout,
    QuotaExceeded,
    RateLimited,
    ServerUnavailable,
    Status,
    TranslationClientError,
)

MAX_NAMED: Final = 3
"""Most jobs that an error is said to be about by their ids."""


UNKNOWN: Final = "unknown"
"""The code of an error for which the server gave none."""


def printable(text: str) -> str:
    """Replace characters that would move the cursor, break a line or cannot be encoded."""
    return "".join(char if char.isprintable() else "�" for char in text)


def countdown(seconds: float) -> str:
    """Format remaining seconds, rounded up as in a countdown."""
    return _clock(math.ceil(max(seconds, 0.0)))


def elapsed(seconds: float) -> str:
    """Format elapsed seconds, rounded to the nearest second, half a second up."""
    return _clock(math.floor(max(seconds, 0.0) + 0.5))


def _clock(seconds: int) -> str:
    """Format seconds as 0:07, 12:03 or 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percentage(progress: float) -> str:
    return f"{int(progress * 100)} %"


def time_taken(job: Job) -> str | None:
    """Return how long a job took, or None if that is unknown."""
    if job.created_at is None or job.finished_at is None:
        return None
    return elapsed((job.finished_at - job.created_at).total_seconds())


def time_left(job: Job) -> str:
    """Return the estimated time left and its range, and whether the estimate is the client's."""
    left, bounds = job.estimated_time_remaining, job.estimated_time_remaining_range
    if left is None:
        return "no estimate"
    around = f" ({countdown(bounds[0])} to {countdown(bounds[1])})" if bounds else ""
    source = ", own estimate" if job.is_own_estimate else ""
    return f"{countdown(left)} left{around}{source}"


def _error(job: Job) -> str:
    if job.error is None:
        return "no reason given"
    message, code = printable(job.error.message), printable(job.error.code)
    return message if code == UNKNOWN else f"{message} ({code})"


def status_text(job: Job) -> str:
    """Return a job's status with the time taken, the error or the time left."""
    took = time_taken(job)
    if job.status == Status.COMPLETED:
        return f"completed in {took}" if took else "completed"
    if job.status == Status.ERROR:
        return f"failed after {took}: {_error(job)}" if took else f"failed: {_error(job)}"
    parts = [printable(job.status)]
    if job.progress is not None:
        parts.append(percentage(job.progress))
    return ", ".join([*parts, time_left(job)])


def json_of(job: Job) -> dict[str, Any]:
    """Return a job as the API's JSON shows it; `is_own_estimate` marks the client's estimate."""
    bounds, error = job.estimated_time_remaining_range, job.error
    return {
        "id": job.id,
        "status": job.status,
        "progress": job.progress,
        "estimated_time_remaining": job.estimated_time_remaining,
        "estimated_time_remaining_range": bounds and list(bounds),
        **({"is_own_estimate": True} if job.is_own_estimate else {}),
        "title": job.title,
        "video_url": job.video_url,
        "target_language": job.target_language,
        "created_at": job.created_at and _instant(job.created_at),
        "finished_at": job.finished_at and _instant(job.finished_at),
        "result_url": job.result_url,
        "error": error
        and {"code": error.code, "message": error.message, "retryable": error.retryable},
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def line_of(job: Job, *, explain: bool) -> str:
    """Return one line about a response: the time of day, the job, and its status.

    `explain` adds when the next poll is sent, and the reason.
    """
    now = datetime.now().astimezone()
    line = f"{now:%H:%M:%S}  {job.id}  {status_text(job)}"
    if job.status == Status.COMPLETED and job.result_url:
        line = f"{line}: {printable(job.result_url)}"
    return f"{line}; {job.next_poll}" if explain and job.next_poll else line


def ended(text: str) -> str:
    """Return a text with a full stop, unless it ends a sentence already."""
    return text if text.endswith(("?", "!")) else f"{text}."


def error_text(error: TranslationClientError) -> str:
    """Return an error's message without the request that caused it and without a full stop.

    If the server sent an error that a retry may mend, its status comes first.
    """
    if isinstance(error, PollingTimeout):
        return "The deadline passed before the end"
    detail = printable(error.detail).removesuffix(".")
    if not is_error_response(error):
        return detail
    status = f"{error.status} {responses.get(error.status or 0, '')}".rstrip()
    return status if detail.endswith(f": {error.status}") else f"{status}: {detail}"


def is_error_response(error: TranslationClientError) -> bool:
    """Whether the server responded, but had no usable response to the last retry."""
    is_passing = isinstance(error, RateLimited | ServerUnavailable)
    return is_passing and not isinstance(error, QuotaExceeded) and error.status is not None


def name_jobs(job_ids: Sequence[str]) -> str:
    """Return the words for these jobs: "Job a", "Jobs a, b", "Jobs a, b, c and 7 more"."""
    named = ", ".join(job_ids[:MAX_NAMED])
    rest = len(job_ids) - MAX_NAMED
    return f"Job{'s' * (len(job_ids) > 1)} {named}{f' and {rest} more' if rest > 0 else ''}"
