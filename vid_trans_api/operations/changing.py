"""Canceling, updating and deleting jobs."""

from vid_trans_api import clock
from vid_trans_api.engines import ENGINE, JobUpdate
from vid_trans_api.models import Job, JobEnded, lock
from vid_trans_api.operations.context import JobState
from vid_trans_api.operations.errors import JobNotFound

_FINISH = JobUpdate(is_finished=True)


def cancel_job(job: Job) -> JobState:
    """End a pending job as canceled; one that was canceled before stays as it is.

    Returns its state at the instant that decided this. Raises JobEnded and JobNotFound.
    """
    with lock(job.workspace):
        _reload(job)
        now = job.workspace.now(clock.now())
        job.cancel(now)
    return JobState(job=job, now=now, snapshot=job.at(now))


def update_job(job: Job, update: JobUpdate) -> JobState:
    """Change how a pending job continues.

    Returns its state at the instant from which it does. Raises JobEnded, JobNotFound and
    CannotUpdate.
    """
    with lock(job.workspace):
        _reload(job)
        now = job.workspace.now(clock.now())
        if job.at(now).status.is_terminal:
            raise JobEnded(job.public_id)
        job.set_facts(ENGINE.update(job, update, now=now))
    return JobState(job=job, now=now, snapshot=job.at(now))


def finish_job(job: Job) -> JobState:
    """End a pending job now, with the outcome of its plan. Raises JobEnded and JobNotFound."""
    return update_job(job, _FINISH)


def delete_job(job: Job) -> None:
    job.delete()


def _reload(job: Job) -> None:
    workspace = job.workspace
    try:
        job.refresh_from_db()
    except Job.DoesNotExist:
        raise JobNotFound(job.public_id) from None
    job.workspace = workspace
