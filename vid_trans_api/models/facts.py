"""The facts of a job that its engine decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from vid_trans_api.simulation.clocks import SimulatedClock
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import Failure, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """When a job starts and ends, and how. An engine that does not know yet leaves facts out."""

    started_at: datetime | None = None
    finishes_at: datetime | None = None
    result_at: datetime | None = None
    """When the result can be downloaded; None if that is at the end."""
    outcome: Status | None = None
    failure: Failure | None = None
    video_duration: float | None = None
    """Seconds of video; None if that is unknown."""
    plan: Plan | None = None
    """How the job is simulated; None if it is not."""

    def columns(self) -> dict[str, Any]:
        """Return the columns of a job that store the facts."""
        return {
            "started_at": self.started_at,
            "finishes_at": self.finishes_at,
            "result_at": self.result_at,
            "outcome": self.outcome or "",
            "failure": self.failure,
            "video_duration": self.video_duration,
            "plan": self.plan,
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any]) -> Self:
        """Return the facts that the columns of a job store."""
        return cls(
            **{**columns, "outcome": Status(columns["outcome"]) if columns["outcome"] else None}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """What planning a queue needs of a job in it."""

    number: int
    public_id: str
    begins_at: datetime | None
    """When its turn comes; None if that is unknown."""
    facts: JobFacts


class JobVersion(NamedTuple):
    """What decides at which instant a job ends. A job that is deleted has none."""

    finishes_at: datetime | None
    clock: SimulatedClock | None
    """The clock of its workspace; None if that has the server's time."""
