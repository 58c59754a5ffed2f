"""Reports: what has ended becomes an event, with a delivery to each endpoint that is to be told.

Nothing calls this when a job ends. A job's facts say when it does, and a flag says whether that was
reported; the dispatcher asks for both. So a cancel, an update or a new time need no call either.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from vid_trans_api import clock
from vid_trans_api.ids import new_id
from vid_trans_api.models import (
    NO_DETAILS,
    Batch,
    Delivery,
    DeliveryState,
    Endpoint,
    Event,
    Job,
    PayloadFormat,
    Proofread,
    Workspace,
    lock,
    webhook_times,
)
from vid_trans_api.simulation.webhook_faults import WebhookRule, plan_deliveries
from vid_trans_api.webhooks.formats import EventContent, writer_of

_MOST_AT_ONCE: Final = 200
"""How many jobs one transaction reports, so that requests get a turn in between."""

EVENT_ID_PREFIX: Final = "evt_"


def report_due(server_time: datetime) -> None:
    """Report all that has ended by then, in all workspaces."""
    for primary_key in Workspace.objects.to_report(server_time):
        report_workspace(primary_key)


def report_workspace(primary_key: int) -> None:
    """Report all that has ended in a workspace, if it still exists."""
    workspace = Workspace(pk=primary_key)
    is_done = False
    while not is_done:
        try:
            with lock(workspace):
                is_done = report(workspace, clock.now())
        except Workspace.DoesNotExist:
            return


def report(workspace: Workspace, server_time: datetime, *, limit: int | None = _MOST_AT_ONCE) -> bool:
    """Report what has ended in a workspace. Needs the lock.

    Returns whether that was all; at most `limit` jobs and as many proofreads are reported.
    """
    if not workspace.has_webhooks:
        return True
    now = workspace.now(server_time)
    jobs = list(
        workspace.jobs.all().unreported(now).select_related("batch").defer("counters")[:limit]
    )
    proofreads = list(workspace.proofreads.all().unreported(now)[:limit])
    report = _Report(workspace=workspace, now=now, server_time=server_time)
    ends: list[_End] = [*map(report.end_of_job, jobs), *map(report.end_of_proofread, proofreads)]
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(is_reported=True)
    Proofread.objects.filter(pk__in=[each.pk for each in proofreads]).update(is_reported=True)
    is_all = limit is None or max(len(jobs), len(proofreads)) < limit
    if is_all:
        ends += report.ends_of_batches()
    report.store(sorted(ends, key=attrgetter("at", "rank", "number")))
    webhook_times.plan_report(workspace, server_time)
    return is_all


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """A job, batch or proofread that has ended."""

    at: datetime
    number: int
    """Its place among those that ended at the same time."""
    rank: int
    """Batches come after their jobs."""
    subject: str
    contents: dict[PayloadFormat, EventContent]
    callback: tuple[str, PayloadFormat] | None
    rules: Sequence[WebhookRule] = ()
