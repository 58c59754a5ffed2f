"""What a response reported about one job, as the journal stores it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Snapshot, Status

UNKNOWN: Final = "unknown"
"""The status in place of one that the API does not have, whatever a dialect calls that."""


class ResultShown(StrEnum):
    """Where a client finds the result of a job that a response reports as completed."""

    WITH_END = "with-end"
    """The response shows it, or there is none."""
    LATER = "later"
    """It is not available yet: another such response will show it."""
    ELSEWHERE = "elsewhere"
    """Responses of this kind never show it: another request does."""


# A NamedTuple, not a dataclass: a request for 100 jobs creates 100 of these, in half the time.
class Reported(NamedTuple):
    """What a response reported about one job."""

    status: str
    """A `Status` or UNKNOWN."""
    estimate: float | None = None
    """The estimated time remaining in seconds, None if the response gave none."""
    finished_at: datetime | None = None
    result: str = ResultShown.WITH_END
    """Where the client finds the result, if the job is completed."""

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Self:
        """Return what a response reports that shows a snapshot."""
        return cls(
            UNKNOWN if snapshot.has_unknown_status else snapshot.status,
            None if snapshot.estimate is None else snapshot.estimate.remaining,
            snapshot.finished_at,
            ResultShown.LATER
            if snapshot.status.is_terminal and not snapshot.is_final
            else ResultShown.WITH_END,
        )

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    def without_details(self) -> Self:
        """Return what a response reports that leaves out the estimate and the end."""
        return self._replace(estimate=None, finished_at=None)

    def without_result(self) -> Self:
        """Return what a response reports that never shows a result."""
        if self.status != Status.COMPLETED:
            return self
        return self._replace(result=ResultShown.ELSEWHERE)

    def with_unknown_status(self) -> Self:
        return self._replace(status=UNKNOWN)

    def to_json(self) -> list[Any]:
        """Return the values as JSON, the estimate in whole milliseconds."""
        status, estimate, finished_at, result = self
        stored = [
            status,
            # In a quarter of the time that `round(estimate, 3)` takes.
            None if estimate is None else int(estimate * 1_000 + 0.5) / 1_000,
            None if finished_at is None else finished_at.isoformat(),
        ]
        return stored if result == ResultShown.WITH_END else [*stored, result]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Self:
        status, estimate, finished_at, *result = stored
        return cls(
            status,
            None if estimate is None else float(estimate),
            finished_at and datetime.fromisoformat(finished_at),
            *result,
        )


TERMINAL: Final = frozenset(status.value for status in Status if status.is_terminal)


def reported_about(job_id: str, request: LoggedRequest) -> Reported | None:
    """Return what a response reported about a job, None if the client could not read anything."""
    stored = request.reported_by_job.get(job_id)
    return None if stored is None else _read(*stored)


# Responses to a client that polls many jobs report the same about most of them, over and over.
@lru_cache(maxsize=1_000)
def _read(*stored: Any) -> Reported:
    return Reported.from_json(stored)
