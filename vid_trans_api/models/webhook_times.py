"""When ends are reported to endpoints and events are sent, by the server's clock.

The times that are stored with jobs and deliveries are the workspace's. What follows from them and
from its clock is stored too, so that one query finds what is due in any workspace. All functions
need the workspace's lock.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Min, OuterRef, Subquery

from vid_trans_api.models.compiled import CompiledQuery, CompiledRows, CompiledUpdate, Named
from vid_trans_api.models.database import as_stored

if TYPE_CHECKING:
    from vid_trans_api.models.endpoints import Endpoint
    from vid_trans_api.models.jobs import Job
    from vid_trans_api.models.proofreads import Proofread
    from vid_trans_api.models.workspaces import Workspace

_Ending = TypeVar("_Ending", "Job", "Proofread")


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
    waiting = list(workspace.endpoints.all().waiting().only("due_at", "leased_until"))
    for endpoint in waiting:
        endpoint.set_due(endpoint.due_at, workspace)
    _compiled_wake(workspace.endpoints.model).store(*waiting)


def plan_report(workspace: "Workspace") -> None:
    """Plan when the next end is reported, after ends have changed."""
    if not workspace.has_webhooks:
        return
    report_at = next_report(workspace)
    if report_at != workspace.report_at:
        workspace.report_at = report_at
        workspace.save(update_fields=["report_at"])


def next_report(workspace: "Workspace") -> datetime | None:
    """Return when the next end is to be reported."""
    models = (workspace.jobs.model, workspace.proofreads.model)
    firsts = [_compiled_first_end(each).first({"workspace": workspace.pk}) for each in models]
    ends = [first[0] for first in firsts if first is not None]
    return workspace.server_time_of(min(ends)) if ends else None


def unreported(workspace: "Workspace", model: type[_Ending], *, limit: int) -> list[_Ending]:
    """Return the first jobs or proofreads of a workspace that have ended and are not reported."""
    values = {"workspace": workspace.pk, "now": as_stored(workspace.now())}
    rows = _compiled_unreported(model, limit).rows(values)
    for row in rows:
        row.workspace = workspace
    return rows


def mark_reported(rows: Sequence[_Ending]) -> None:
    """Store that the ends of jobs, or of proofreads, are reported."""
    for row in rows:
        row.is_reported = True
    if rows:
        _compiled_reported(type(rows[0])).store(*rows)


def next_attempt(workspace: "Workspace", now: datetime) -> datetime | None:
    """Return when something is sent next, after now; None if nothing is waiting."""
    deliveries: Any = workspace.endpoints.model._meta.get_field("deliveries").related_model
    later = deliveries.objects.waiting().filter(endpoint=OuterRef("pk"), due_at__gt=now)
    first = Subquery(later.order_by("due_at").values("due_at")[:1])
    found: datetime | None = workspace.endpoints.all().waiting().aggregate(next=Min(first))["next"]
    return found


@cache
def _compiled_first_end(model: "type[Job | Proofread]") -> CompiledQuery:
    rows = model.objects.filter(workspace=Named("workspace"), is_reported=False)
    ends = rows.filter(finishes_at__isnull=False).order_by("finishes_at")
    return CompiledQuery(ends.values_list("finishes_at")[:1])


@cache
def _compiled_unreported(model: type[_Ending], limit: int) -> CompiledRows[_Ending]:
    rows = model.objects.filter(workspace=Named("workspace"))
    return CompiledRows(rows.unreported(Named("now"))[:limit])


@cache
def _compiled_reported(model: type[_Ending]) -> CompiledUpdate[_Ending]:
    return CompiledUpdate(model, "is_reported")


@cache
def _compiled_wake(endpoints: "type[Endpoint]") -> "CompiledUpdate[Endpoint]":
    return CompiledUpdate(endpoints, "wake_at")
