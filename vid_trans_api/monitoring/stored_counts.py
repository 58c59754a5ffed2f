"""How many workspaces and jobs are stored: counts that stop at a limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vid_trans_api.models import Job, Workspace
from vid_trans_api.snapshots import Status

LARGEST_COUNT: Final = 10_000
"""Counting stops here, so that the cost does not grow with the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCounts:
    """None of them is larger than the limit."""

    workspaces: int
    jobs: Mapping[Status, int]


def count_stored(server_time: datetime) -> StoredCounts:
    """Count, by the server's clock also in workspaces that have a clock of their own.

    Their clocks are in no index, so the count would have to read all jobs.
    """
    return StoredCounts(
        workspaces=Workspace.objects.order_by()[:LARGEST_COUNT].count(),
        jobs={
            status: Job.objects.count_with_status(status, server_time, limit=LARGEST_COUNT)
            for status in Status
        },
    )
