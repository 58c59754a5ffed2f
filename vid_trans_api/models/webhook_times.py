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
from vid_trans_api.models.database import ServerTimeOf, as_stored

if TYPE_CHECKING:
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
    now, read_at = workspace.now(), workspace.read_at
    waiting = workspace.endpoints.all().waiting().not_leased(read_at)
    waiting.filter(due_at__lte=now).exclude(wake_at__lte=read_at).update(wake_at=read_at)
    later = waiting.filter(due_at__gt=now)
    if workspace.speed:
        wake_at = ServerTimeOf("due_at", now=now, read_at=read_at, speed=workspace.speed)
        later.update(wake_at=wake_at)
    else:
        later.filter(wake_at__isnull=False).update(wake_at=None)


def plan_report(workspace: "Workspace") -> None:
    """Plan when the next end is reported, after ends have changed."""
    if not workspace.has_webhooks:
        return
    report_at = next_report(workspace)
    if report_at != workspace.report_at:
        workspace.report_at = report_at
        workspace.save(update_fields=["report_at"])


def next_report(workspace: "Workspace") -> datetime | None:
    """Return when the next report of an end is due, by the server's clock; None if none is."""
    firsts = _compiled_first_ends(type(workspace)).first({"workspace": workspace.pk})
    ends = [end for end in firsts or () if end is not None]
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
def _compiled_first_ends(workspaces: "type[Workspace]") -> CompiledQuery:
    """Return the query for the next ends of a job and of a proofread that are not reported."""

    def first_end(name: str) -> Subquery:
        model: Any = workspaces._meta.get_field(name).related_model
        rows = model.objects.filter(workspace=OuterRef("pk"), is_reported=False)
        ends = rows.filter(finishes_at__isnull=False).order_by("finishes_at")
        return Subquery(ends.values("finishes_at")[:1])

    found = workspaces.objects.filter(pk=Named("workspace"))
    return CompiledQuery(found.values_list(first_end("jobs"), first_end("proofreads")))


@cache
def _compiled_unreported(model: type[_Ending], limit: int) -> CompiledRows[_Ending]:
    rows = model.objects.filter(workspace=Named("workspace"))
    return CompiledRows(rows.unreported(Named("now"))[:limit])


@cache
def _compiled_reported(model: type[_Ending]) -> CompiledUpdate[_Ending]:
    return CompiledUpdate(model, "is_reported")
