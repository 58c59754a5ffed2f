"""Canceling, updating and deleting jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from vid_trans_api.engines import ENGINE, JobUpdate
from vid_trans_api.models import Job, JobEnded, Workspace, lock, webhook_times
from vid_trans_api.operations.concurrency import plan_queue
from vid_trans_api.operations.context import JobState
from vid_trans_api.operations.errors import JobNotFound
from vid_trans_api.webhooks.reporting import report, report_batch

_FINISH = JobUpdate(is_finished=True)


def cancel_job(job: Job) -> JobState:
    """End a pending job as canceled; one that was canceled before stays as it is.

    Returns its state at the instant that decided this. Raises JobEnded and JobNotFound.
    """
    with _locked(job) as now:
        job.cancel(now)
        plan_queue(job.workspace, now=now)
    return JobState(job=job, now=now, snapshot=job.at(now))


def update_job(job: Job, update: JobUpdate) -> JobState:
    """Change how a pending job continues.

    Returns its state at the instant from which it does. Raises JobEnded, JobNotFound and
    CannotUpdate.
    """
    with _locked(job) as now:
        if job.at(now).status.is_terminal:
            raise JobEnded(job.public_id)
        job.set_facts(ENGINE.update(job, update, now=now))
        plan_queue(job.workspace, now=now)
    return JobState(job=job, now=now, snapshot=job.at(now))


def finish_job(job: Job) -> JobState:
    """End a pending job now, with the outcome of its plan. Raises JobEnded and JobNotFound."""
    return update_job(job, _FINISH)


def rename_job(job: Job, title: str) -> JobState:
    """Change the title of a job. Raises JobNotFound."""
    with _locked(job) as now:
        job.title = title
        job.save(update_fields=["title"])
    return JobState(job=job, now=now, snapshot=job.at(now))


def delete_job(job: Job) -> None:
    """Delete a job, after its end is reported if it has ended. Raises JobNotFound."""
    with _locked(job) as now:
        batch = job.batch
        report(job.workspace)
        job.delete()
        if batch is not None:
            batch.workspace = job.workspace
            report_batch(batch)
        plan_queue(job.workspace, now=now)


@contextmanager
def _locked(job: Job) -> Iterator[datetime]:
    """Lock a job's workspace, read the job again, and return the time there.

    Raises JobNotFound if it was deleted, alone or with its workspace.
    """
    workspace = job.workspace
    try:
        with lock(workspace):
            job.refresh_from_db()
            job.workspace = workspace
            yield workspace.now()
            workspace.note_write()
            webhook_times.plan_report(workspace)
    except (Job.DoesNotExist, Workspace.DoesNotExist):
        raise JobNotFound(job.public_id) from None
