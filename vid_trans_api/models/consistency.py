"""Reading jobs so that no later response contradicts what is reported about them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from vid_trans_api.models.jobs import Job
from vid_trans_api.models.locks import lock, lock_all
from vid_trans_api.models.workspaces import Workspace

RECENT: Final = timedelta(seconds=5)
"""For how long after a job's end a cancel from before may still be on its way to the database."""


def read_consistent(
    read: Callable[[], Sequence[Job]], server_time: datetime | None = None
) -> Sequence[Job]:
    """Read jobs. Re-read under the lock if one ended less than 5 s ago, or its clock is changing.

    `server_time` was read before; if None, their workspaces know when they were read. A cancel
    reads the clock under the lock and becomes visible when it is committed. In between, a response
    could report the job as completed, and a later one as canceled. Whoever has had the lock since
    then sees the cancel. A change of a workspace's clock takes the lock as well, so only ends that
    have passed by themselves count.
    """
    jobs = read()
    unsure = [
        job.workspace
        for job in jobs
        if job.workspace.is_clock_changing
        or has_just_ended(job, server_time or job.workspace.read_at)
    ]
    if unsure:
        with lock_all(unsure):
            jobs = read()
    return jobs


def read_consistent_in(
    workspace: Workspace, read: Callable[[datetime], Sequence[Job]], server_time: datetime
) -> tuple[Sequence[Job], datetime]:
    """Read jobs of one workspace as `read_consistent` does; return also the time there.

    `server_time` is that at which the workspace's clock was read. `read` is given the workspace's
    time. If the jobs are re-read, so is that time: the clock may have been slowed down meanwhile.
    """
    now = workspace.now(server_time)
    jobs = read(now)
    if any(has_just_ended(job, server_time) for job in jobs):
        try:
            with lock(workspace):
                now = workspace.now(server_time)
                jobs = read(now)
        except Workspace.DoesNotExist:  # deleted meanwhile, with its jobs
            jobs = []
    return jobs, now


def has_just_ended(job: Job, server_time: datetime) -> bool:
    """Return whether a job ended less than 5 s ago, in seconds of the server's clock."""
    end, workspace = job.finishes_at, job.workspace
    if end is None:
        return False
    if workspace.clock is None:
        return end <= server_time < end + RECENT
    now = workspace.now(server_time)
    return now - RECENT * workspace.speed < end <= now
