"""Reading jobs such that nothing on its way to the disk can contradict what is told of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from vid_trans_api.models.jobs import Job
from vid_trans_api.models.workspaces import Workspace

RECENT: Final = timedelta(seconds=5)
"""How long after a job's planned end a cancel from before may still be on its way to the disk."""


def read_consistent(read: Callable[[], Sequence[Job]], real: datetime) -> Sequence[Job]:
    """Read jobs such that no cancel still on its way to the disk can overtake what is told.

    A cancel reads the clock under the write lock and becomes visible a moment later. An answer in
    between could call the job completed, and then it would turn out to have been canceled. So where
    a job's end is that fresh when the server's clock reads `real`, the jobs are read again once the
    write lock has been free. A change of a workspace's clock takes the lock as well, so that only
    what has passed by itself counts, as fast as it passes there.
    """
    jobs = read()
    if any(_is_settling(job, real) for job in jobs):
        with transaction.atomic():
            jobs = read()
    return jobs


def read_consistent_in(
    workspace: Workspace, read: Callable[[datetime], Sequence[Job]], real: datetime
) -> tuple[Sequence[Job], datetime]:
    """Read jobs of one workspace as `read_consistent` does; return the instant there as well.

    `read` is given that instant. Where the jobs are read again, so is the workspace's time, which
    may have been stopped or slowed down in between.
    """
    now = workspace.now(real)
    jobs = read(now)
    if any(_is_settling(job, real) for job in jobs):
        with transaction.atomic():
            workspace.refresh_from_db()
            now = workspace.now(real)
            jobs = read(now)
    return jobs, now


def _is_settling(job: Job, real: datetime) -> bool:
    end, workspace = job.finishes_at, job.workspace
    if end is None:
        return False
    if workspace.clock is None:
        return end <= real < end + RECENT
    now = workspace.now(real)
    return now - RECENT * workspace.speed < end <= now
