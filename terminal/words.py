"""Words: what is said of a job, to people and to programs."""

import math
from datetime import UTC, datetime
from typing import Any

from client import Job, PollingTimeout, Status, TranslationClientError


def printable(text: str) -> str:
    """Return a text without what would move the cursor, split a line or cannot be encoded."""
    return "".join(char if char.isprintable() else "�" for char in text)


def countdown(seconds: float) -> str:
    """Write the seconds that are left, rounded up as a countdown is."""
    return _clock(math.ceil(max(seconds, 0.0)))


def passed(seconds: float) -> str:
    """Write the seconds that have passed, to the nearest one, half a second up."""
    return _clock(math.floor(max(seconds, 0.0) + 0.5))


def _clock(seconds: int) -> str:
    """Write seconds as 0:07, 12:03 or 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percentage(progress: float) -> str:
    return f"{int(progress * 100)} %"


def time_taken(job: Job) -> str | None:
    """Return how long a job took, where that is known."""
    if job.created_at is None or job.finished_at is None:
        return None
    return passed((job.finished_at - job.created_at).total_seconds())


def time_left(job: Job) -> str:
    """Return what is known of the time left, with its range."""
    left, bounds = job.estimated_time_remaining, job.estimated_time_remaining_range
    if left is None:
        return "no estimate"
    around = f" ({countdown(bounds[0])} to {countdown(bounds[1])})" if bounds else ""
    return f"{countdown(left)} left{around}"


def _why(job: Job) -> str:
    if job.error is None:
        return "no reason given"
    return f"{printable(job.error.message)} ({printable(job.error.code)})"


def standing(job: Job) -> str:
    """Return where a job stands, in a few words."""
    took = time_taken(job)
    if job.status == Status.COMPLETED:
        return f"completed in {took}" if took else "completed"
    if job.status == Status.ERROR:
        return f"failed after {took}: {_why(job)}" if took else f"failed: {_why(job)}"
    words = [printable(job.status)]
    if job.progress is not None:
        words.append(percentage(job.progress))
    return ", ".join([*words, time_left(job)])


def document_of(job: Job) -> dict[str, Any]:
    """Return a job as the API's JSON shows it."""
    bounds, error = job.estimated_time_remaining_range, job.error
    return {
        "id": job.id,
        "status": job.status,
        "progress": job.progress,
        "estimated_time_remaining": job.estimated_time_remaining,
        "estimated_time_remaining_range": bounds and list(bounds),
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


def line_of(job: Job, *, explains: bool) -> str:
    """Return what an answer says of a job, on one line that begins with the time of day."""
    now = datetime.now().astimezone()
    words = f"{now:%H:%M:%S}  {job.id}  {standing(job)}"
    if job.status == Status.COMPLETED and job.result_url:
        words = f"{words}: {printable(job.result_url)}"
    return f"{words}; {job.next_poll}" if explains and job.next_poll else words


def sentence_of(error: TranslationClientError) -> str:
    """Return what went wrong, without the request that it went wrong in."""
    if isinstance(error, PollingTimeout):
        return "The deadline came before the end"
    return printable(error.detail).removesuffix(".")
