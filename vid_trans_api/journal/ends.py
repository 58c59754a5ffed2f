"""The rule for ended jobs: do not poll one whose end a response has reported.

A poll of a batch cannot leave out jobs that have ended, so it is fine until all of them have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from vid_trans_api.journal.reported import TERMINAL, ResultShown
from vid_trans_api.journal.violations import Flagged, ViolationKind, Violations
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation


@dataclass(frozen=True, slots=True, eq=False)
class ReportedEnd:
    """The first response that reported the end of a job. The jobs of one response share it."""

    responded_at: datetime
    server_responded_at: datetime
    status: str
    finished_at: datetime | None
    """The end, as the response said."""


@dataclass(slots=True)
class AskedAfterEnd:
    """Flags polls of a job that came after the response that reported its end.

    A client may ask again if that response did not show the result.
    """

    violations: Violations
    _ends: dict[str, dict[str, ReportedEnd]] = field(
        default_factory=lambda: {each.value: {} for each in ResultShown}
    )
    """The reported ends by job, for each way to show the result."""

    @property
    def ends(self) -> Mapping[str, ReportedEnd]:
        """The reported ends by job."""
        first, *others = self._ends.values()
        if any(others):
            first = dict(first)
            for ends in others:
                for job, end in ends.items():
                    _keep_first(first, job, end)
        return first

    def add(self, request: LoggedRequest, flagged: Flagged) -> None:
        """Judge the next request."""
        if request.operation == Operation.STATUS and any(self._ends.values()):
            self._flag(request, flagged)
        self._note_ends(request)

    def _flag(self, request: LoggedRequest, flagged: Flagged) -> None:
        with_end, elsewhere = (
            self._ends[each] for each in (ResultShown.WITH_END, ResultShown.ELSEWHERE)
        )
        known = {
            job: with_end.get(job) or (elsewhere.get(job) if _is_elsewhere(stored) else None)
            for job, stored in request.reported_by_job.items()
        }
        if request.content_digest and not all(known.values()):
            return
        after: dict[ReportedEnd, list[str]] = {}
        for job, end in known.items():
            if end:
                after.setdefault(end, []).append(job)
        for end, jobs in after.items():
            # A poll that was on its way by then is fine.
            if request.server_received_at >= end.server_responded_at:
                detail = partial(_detail, end, request.received_at)
                self.violations.add(ViolationKind.ASKED_AFTER_END, flagged, jobs, detail)

    def _note_ends(self, request: LoggedRequest) -> None:
        shared: dict[tuple[str, str | None], ReportedEnd] = {}
        for job, stored in request.reported_by_job.items():
            if stored is None or stored[0] not in TERMINAL:
                continue
            status, _, finished_at, *result = stored
            ends = self._ends[result[0] if result else ResultShown.WITH_END]
            if (status, finished_at) not in shared:
                shared[status, finished_at] = ReportedEnd(
                    responded_at=request.responded_at,
                    server_responded_at=request.server_responded_at,
                    status=status,
                    finished_at=finished_at and datetime.fromisoformat(finished_at),
                )
            _keep_first(ends, job, shared[status, finished_at])


def _keep_first(ends: dict[str, ReportedEnd], job: str, end: ReportedEnd) -> None:
    known = ends.get(job)
    if known is None or end.server_responded_at < known.server_responded_at:
        ends[job] = end


def _is_elsewhere(stored: Sequence[Any] | None) -> bool:
    """Return whether a response says that a job is completed, and never shows its result."""
    return stored is not None and stored[-1] == ResultShown.ELSEWHERE


def _detail(end: ReportedEnd, received_at: datetime) -> str:
    late = (received_at - end.responded_at).total_seconds()
    return (
        f"A response had reported the job's end ({end.status}), and the client polled again"
        f" {late:.2f} s later."
    )
