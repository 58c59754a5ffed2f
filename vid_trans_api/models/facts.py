"""The facts of a job that its engine decides."""

from dataclasses import dataclass
from datetime import datetime

from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import Failure, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """When a job starts and ends, and how. An engine that does not know yet leaves facts out."""

    started_at: datetime | None = None
    finishes_at: datetime | None = None
    outcome: Status | None = None
    failure: Failure | None = None
    plan: Plan | None = None
    """How the job is simulated; None if it is not."""
