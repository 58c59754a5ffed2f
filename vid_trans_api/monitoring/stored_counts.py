"""How many workspaces and jobs are stored, by counts that stop at a limit, and what is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Min

from vid_trans_api.models import Endpoint, Job, Workspace
from vid_trans_api.snapshots import Status

LARGEST_COUNT: Final = 10_000
"""Counting stops here, so that the cost does not grow with the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCounts:
    """No count is larger than the limit."""

    workspaces: int
    webhooks_lag: float
    """Seconds since the first end or attempt was due that is not reported or sent yet."""
    jobs: Mapping[Status, int]


def count_stored(server_time: datetime) -> StoredCounts:
    """Count, by the server's clock also in workspaces that have a clock of their own.

    Their clocks are in no index, so the count would have to read all jobs.
    """
    return StoredCounts(
        workspaces=Workspace.objects.order_by()[:LARGEST_COUNT].count(),
        webhooks_lag=_webhooks_lag(server_time),
        jobs={
            status: Job.objects.count_with_status(status, server_time, limit=LARGEST_COUNT)
            for status in Status
        },
    )


def _webhooks_lag(server_time: datetime) -> float:
    firsts = (
        Workspace.objects.filter(report_at__lte=server_time).aggregate(first=Min("report_at")),
        Endpoint.objects.filter(wake_at__lte=server_time).aggregate(first=Min("wake_at")),
    )
    known = [each["first"] for each in firsts if each["first"] is not None]
    return max(((server_time - first).total_seconds() for first in known), default=0.0)
