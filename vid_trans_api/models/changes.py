"""The one place that publishes changes of jobs and workspaces, once they are committed.

Long polls subscribe. Creations are not published: no request waits for a job that does not exist.
"""

from functools import partial
from typing import Final

from django.db import transaction
from django.dispatch import Signal

job_changed: Final = Signal()
"""Sent with `job_id`, the public id, after a job was canceled, updated or deleted."""

workspace_changed: Final = Signal()
"""Sent with `workspace_id`, the primary key, after a workspace's clock changed or it was reset."""


def publish_job_change(job_id: str) -> None:
    transaction.on_commit(partial(job_changed.send_robust, sender=None, job_id=job_id))


def publish_workspace_change(workspace_id: int) -> None:
    transaction.on_commit(
        partial(workspace_changed.send_robust, sender=None, workspace_id=workspace_id)
    )
