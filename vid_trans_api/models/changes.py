"""The one place that publishes changes of jobs and workspaces, once they are committed.

Long polls subscribe. Creations are not published: no request waits for a job that does not exist.
Other processes learn of changes from the database, see `serving/watching.py`.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from django.db import transaction
from django.dispatch import Signal

from vid_trans_api.models import database

job_changed: Final = Signal()
"""Sent with `job_id`, the public id, and `workspace_id`, the workspace's primary key, after a job
was canceled, updated or deleted."""

workspace_changed: Final = Signal()
"""Sent with `workspace_id`, the primary key, after a workspace's clock changed or it was reset."""

anything_changed: Final = Signal()
"""Sent when another process may have changed something, but it is not known what."""

_NO_JOB: Final = ""


def publish_job_changes(job_ids: Iterable[str], *, workspace_id: int) -> None:
    _publish(workspace_id, job_ids)


def publish_workspace_change(workspace_id: int) -> None:
    _publish(workspace_id, [_NO_JOB])


def republish(notice: str) -> None:
    """Send in this process what another one has published."""
    workspace_id, _, job_id = notice.partition(" ")
    _send(int(workspace_id), job_id)


def _publish(workspace_id: int, job_ids: Iterable[str]) -> None:
    job_ids = list(job_ids)
    if job_ids:
        database.notify([f"{workspace_id} {job_id}" for job_id in job_ids])
    for job_id in job_ids:
        transaction.on_commit(partial(_send, workspace_id, job_id))


def _send(workspace_id: int, job_id: str) -> None:
    if job_id == _NO_JOB:
        workspace_changed.send_robust(sender=None, workspace_id=workspace_id)
    else:
        job_changed.send_robust(sender=None, job_id=job_id, workspace_id=workspace_id)
