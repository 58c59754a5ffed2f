"""How many jobs run at once: jobs beyond the limit are refused, or wait in a queue for their turn.

Only dialects that have a limit refuse or queue jobs, but all pending jobs of a workspace count. The
turn of a queued job is stored when it is created. What changes the ends of the jobs before it plans
the queue again, in the same transaction.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from django.conf import settings

from vid_trans_api.engines import ENGINE
from vid_trans_api.models import Job, JobFacts, Workspace, lock, webhook_times
from vid_trans_api.operations.errors import TooManyAtOnce, TooManyRunning
from vid_trans_api.simulation.queues import turns

_LONGEST_RETRY_AFTER: Final = 60
"""Seconds."""


class WhenBusy(Enum):
    """What happens to jobs beyond the limit."""

    RUN = auto()
    """They run nevertheless."""
    REFUSE = auto()
    WAIT = auto()


def limit_of(workspace: Workspace) -> int:
    """Return how many jobs of a workspace run at once; 0 for any number."""
    limit: int | None = workspace.max_concurrent_jobs if settings.SIMULATION else None
    return settings.HEYGEN_MAX_CONCURRENT_JOBS if limit is None else limit


def refuse_if_busy(workspace: Workspace, count: int, *, now: datetime) -> None:
    """Raise TooManyAtOnce or TooManyRunning if this many more jobs cannot run now."""
    limit = limit_of(workspace)
    if not limit:
        return
    if count > limit:
        raise TooManyAtOnce(count, limit=limit)
    jobs = workspace.jobs.all()
    if len(jobs.last_ends(now, limit)) + count > limit:
        end = jobs.next_end(now)
        seconds = _LONGEST_RETRY_AFTER if end is None else math.ceil((end - now).total_seconds())
        raise TooManyRunning(limit=limit, seconds=max(1, min(_LONGEST_RETRY_AFTER, seconds)))


def turns_of_new_jobs(
    workspace: Workspace, new: Sequence[JobFacts], *, now: datetime
) -> list[datetime | None]:
    """Return when it is the turn of each new job, or None if that is unknown."""
    limit = limit_of(workspace)
    if not limit:
        return [now] * len(new)
    ends = workspace.jobs.all().last_ends(now, limit)
    return list(turns(ends, [_run_time(each, now) for each in new], limit=limit, now=now))


def plan_queue(workspace: Workspace, *, now: datetime) -> None:
    """Plan the turns of the jobs that wait. Needs the lock."""
    waiting = Job.objects.waiting(workspace, now)
    if not waiting:  # the usual case, quickly: ended jobs are not read
        return
    limit = limit_of(workspace)
    ends = workspace.jobs.all().not_waiting(now).last_ends(now, limit) if limit else ()
    durations = [_run_time(job.facts, now) for job in waiting]
    planned = turns(ends, durations, limit=limit or len(waiting), now=now)
    changed = [
        replace(job, begins_at=begins_at, facts=ENGINE.reschedule(job.facts, begins_at=begins_at))
        for job, begins_at in zip(waiting, planned, strict=True)
        if job.begins_at != begins_at
    ]
    Job.objects.reschedule(changed, workspace_id=workspace.pk)


def plan_queue_of(workspace: Workspace) -> None:
    """Plan the turns of the jobs that wait, after others were deleted without doing so."""
    with suppress(Workspace.DoesNotExist), lock(workspace):
        plan_queue(workspace, now=workspace.now())
        webhook_times.plan_report(workspace)


def _run_time(facts: JobFacts, now: datetime) -> timedelta | None:
    """Return how long a job runs from its turn on; None if it never ends."""
    end = ENGINE.reschedule(facts, begins_at=now).finishes_at
    return None if end is None else end - now
