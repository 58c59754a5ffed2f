"""When ends are reported to endpoints and events are sent, by the server's clock.

The times that are stored with jobs and deliveries are the workspace's. What follows from them and
from its clock is stored too, so that one query finds what is due in any workspace. All functions
need the workspace's lock.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vid_trans_api.models.workspaces import Workspace

_MOST_UPDATED: Final = 100
"""How many rows one statement updates."""


def start(workspace: "Workspace", now: datetime) -> None:
    """Have the ends reported that come from now on, of jobs that exist already, too."""
    if workspace.has_webhooks:
        return
    workspace.has_webhooks = True
    workspace.save(update_fields=["has_webhooks"])
    for pending in (workspace.jobs.all().pending(now), workspace.proofreads.all().pending(now)):
        pending.update(is_reported=False)
    workspace.batches.all().filter(jobs__is_reported=False).update(is_reported=False)


def plan_all(workspace: "Workspace") -> None:
    """Plan everything again, after the clock has changed."""
    if not workspace.has_webhooks:
        return
    plan_report(workspace)
    waiting = list(workspace.endpoints.all().waiting())
    for endpoint in waiting:
        assert endpoint.due_at is not None  # noqa: S101 (the query says so)
        endpoint.wake_at = workspace.server_time_of(endpoint.due_at)
    workspace.endpoints.bulk_update(waiting, ["wake_at"], batch_size=_MOST_UPDATED)


def plan_report(workspace: "Workspace") -> None:
    """Plan when the next end is reported, after ends have changed."""
    if not workspace.has_webhooks:
        return
    first_ends = [
        rows.filter(is_reported=False, finishes_at__isnull=False)
        .order_by("finishes_at")
        .values_list("finishes_at", flat=True)
        .first()
        for rows in (workspace.jobs.all(), workspace.proofreads.all())
    ]
    known = [end for end in first_ends if end is not None]
    report_at = workspace.server_time_of(min(known)) if known else None
    if report_at != workspace.report_at:
        workspace.report_at = report_at
        workspace.save(update_fields=["report_at"])


def next_attempt(workspace: "Workspace", now: datetime) -> datetime | None:
    """Return when something is sent next, after now; None if nothing is waiting."""
    dues = (
        endpoint.deliveries.all().waiting().next_due(after=now)
        for endpoint in workspace.endpoints.all().waiting()
    )
    return min((due for due in dues if due is not None), default=None)
