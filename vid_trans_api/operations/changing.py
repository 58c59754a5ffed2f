"""Canceling, updating and deleting jobs."""

from vid_trans_api import clock
from vid_trans_api.engines import ENGINE, JobUpdate
from vid_trans_api.models import Job, JobEnded, lock
from vid_trans_api.operations.concurrency import plan_queue
from vid_trans_api.operations.errors import JobNotFound

_FINISH = JobUpdate(is_finished=True)


def cancel_job(job: Job) -> Job:
    """End a pending job as canceled; one that was canceled before stays as it is.

    Raises JobEnded and JobNotFound.
    """
    with lock(job.workspace):
        _reload(job)
        now = job.workspace.now(clock.now())
        job.cancel(now)
        plan_queue(job.workspace, now=now)
    return job


def update_job(job: Job, update: JobUpdate) -> Job:
    """Change how a pending job continues. Raises JobEnded, JobNotFound and CannotUpdate."""
    with lock(job.workspace):
        _reload(job)
        now = job.workspace.now(clock.now())
        if job.at(now).status.is_terminal:
            raise JobEnded(job.public_id)
        job.set_facts(ENGINE.update(job, update, now=now))
        plan_queue(job.workspace, now=now)
    return job


def finish_job(job: Job) -> Job:
    """End a pending job now, with the outcome of its plan. Raises JobEnded and JobNotFound."""
    return update_job(job, _FINISH)


def rename_job(job: Job, title: str) -> Job:
    """Change the title of a job. Raises JobNotFound."""
    with lock(job.workspace):
        _reload(job)
        job.title = title
        job.save(update_fields=["title"])
    return job


def delete_job(job: Job) -> None:
    with lock(job.workspace):
        job.delete()
        plan_queue(job.workspace, now=job.workspace.now(clock.now()))


def _reload(job: Job) -> None:
    workspace = job.workspace
    try:
        job.refresh_from_db()
    except Job.DoesNotExist:
        raise JobNotFound(job.public_id) from None
    job.workspace = workspace
