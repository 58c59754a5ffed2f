"""Delete old jobs, expired idempotency keys and old logged requests."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vid_trans_api.models import (
    IdempotencyKey,
    IdempotencyKeyQuerySet,
    Job,
    JobQuerySet,
    LoggedRequest,
    Workspace,
)


class InvalidAge(ValueError):
    """The number of days is negative, not a number, or larger than the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneCounts:
    """The number of rows that were deleted."""

    jobs: int
    idempotency_keys: int
    logged_requests: int


def prune(*, days: float, server_time: datetime) -> PruneCounts:
    """Delete what is older than this many days when the server's clock reads `server_time`.

    That is jobs by their end, and logged requests by their arrival. Idempotency keys are deleted
    once they have expired, whatever `days` is. The age of jobs and keys is measured by the clock of
    their workspace. Raises InvalidAge.
    """
    if not days >= 0:
        raise InvalidAge(f"{days:g} is not a number of days; use 0 or more.")
    jobs, keys = _prune(
        Job.objects.of_server_time(),
        IdempotencyKey.objects.of_server_time(),
        now=server_time,
        days=days,
    )
    for workspace in Workspace.objects.with_own_clock():
        more_jobs, more_keys = _prune(
            workspace.jobs.all(),
            workspace.idempotency_keys.all(),
            now=workspace.now(server_time),
            days=days,
        )
        jobs, keys = jobs + more_jobs, keys + more_keys
    logged_requests = LoggedRequest.objects.received_before(_days_before(server_time, days)).evict()
    return PruneCounts(jobs=jobs, idempotency_keys=keys, logged_requests=logged_requests)


def _prune(
    jobs: JobQuerySet, keys: IdempotencyKeyQuerySet, *, now: datetime, days: float
) -> tuple[int, int]:
    """Delete old jobs and expired keys; return how many of each."""
    ended = jobs.ended_before(_days_before(now, days))
    return ended.delete_in_batches(), keys.expired(now).delete_in_batches()


def _days_before(now: datetime, days: float) -> datetime:
    try:
        return now - timedelta(days=days)
    except OverflowError:
        raise InvalidAge(f"{days:g} days are too many; the calendar starts in year 1.") from None
