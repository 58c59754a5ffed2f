"""The rule for quick requests: do not send three in a row for the same thing.

Its states also show which polls are retries.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

from vid_trans_api.journal.subjects import States, jobs_named, names_of
from vid_trans_api.journal.violations import Flagged, ViolationKind, Violations
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

QUICK: Final = 0.2
"""Seconds. A request that comes sooner after the one before is quick."""

QUICK_IN_A_ROW: Final = 3
"""How many quick requests in a row are hammering."""

_QUICK: Final = timedelta(seconds=QUICK)


# Not frozen: a request for 100 jobs may create 100 of these, in a third of the time.
@dataclass(slots=True, eq=False)
class _Burst:
    """Requests for the same thing, each of which but the first is quick.

    Single retries are not counted. A retry is single if only one request failed: not the one before
    it as well, nor the retry itself if that is repeated in turn.
    """

    position: int
    last: Flagged
    server_received_at: datetime
    """When the last request was received, by the server's clock."""
    has_failed: bool
    """Whether the last request failed."""
    failed_before: bool = False
    """Whether the request before the last failed."""
    size: int = 1
    counted: int = 0
    """How many quick requests there are, without the last if that `may_be_single`."""
    may_be_single: bool = False
    """Whether the last request is a single retry unless it is repeated."""
    flagged: Flagged | None = None
    """The request that made it hammering."""

    def is_continued_by(self, request: LoggedRequest) -> bool:
        # A retry may be a library's, which sleeps by the real clock only.
        is_slow_retry = (
            self.has_failed and request.server_received_at - self.server_received_at >= _QUICK
        )
        return not is_slow_retry and request.received_at - self.last.at < _QUICK

    def with_request(self, first: "_Burst") -> "_Burst":
        """Return this burst with one more request, which is the `first` of a burst of its own."""
        counted, flagged = self.counted, self.flagged
        if self.may_be_single and self.has_failed:
            counted += 1
            flagged = flagged or (self.last if counted == QUICK_IN_A_ROW else None)
        may_be_single = self.has_failed and not self.failed_before
        if not may_be_single:
            counted += 1
            flagged = flagged or (first.last if counted == QUICK_IN_A_ROW else None)
        return _Burst(
            first.position,
            first.last,
            first.server_received_at,
            first.has_failed,
            self.has_failed,
            self.size + 1,
            counted,
            may_be_single,
            flagged,
        )


@dataclass(slots=True)
class Hammered:
    """Flags bursts of three or more quick requests for the same thing, each burst once."""

    violations: Violations
    poll_count: int = 0
    """How many requests poll, without retries. One request may poll many jobs."""
    retry_count: int = 0
    """How many requests repeat polls that failed, and poll no other job for the first time."""
    _states: States[_Burst] = field(default_factory=States)

    def add(self, request: LoggedRequest, flagged: Flagged) -> None:
        """Judge the next request."""
        if not _is_question(request):
            return
        operation = request.operation
        first = _Burst(flagged.position, flagged, request.server_received_at, request.has_failed)
        is_retry = True
        for burst, names in self._states.grouped(operation, names_of(request)):
            is_retry = is_retry and burst is not None and burst.has_failed
            if burst is None:
                state = first
            elif burst.is_continued_by(request):
                state = burst.with_request(first)
            else:
                self._flag(operation, burst, names)
                state = first
            self._states.replace(operation, names, state)
        if operation == Operation.STATUS and request.reported_by_job:
            self.poll_count += not is_retry
            self.retry_count += is_retry
        self._states.evict_oldest(operation, partial(self._flag, operation))

    def finish(self) -> None:
        """Flag the bursts that no request has ended."""
        for operation, burst, names in self._states.all():
            self._flag(operation, burst, names)

    def _flag(self, operation: str, burst: _Burst, names: Collection[str]) -> None:
        if burst.flagged is not None:
            jobs = jobs_named(operation, names)
            detail = partial(_detail, operation, burst.size, is_about_jobs=None not in jobs)
            self.violations.add(ViolationKind.HAMMERED, burst.flagged, jobs, detail)


def _is_question(request: LoggedRequest) -> bool:
    """Return whether a request asks how jobs are doing, as one for a result too early does."""
    return request.operation in {Operation.STATUS, Operation.LIST} or (
        request.operation == Operation.RESULT and request.status == HTTPStatus.CONFLICT
    )


def _detail(operation: str, size: int, *, is_about_jobs: bool) -> str:
    if operation == Operation.LIST:
        purpose = " for the same list"
    elif operation == Operation.RESULT:
        purpose = " for the result"
    else:
        purpose = " for the job" if is_about_jobs else ""
    return f"{size} requests{purpose}, each less than {QUICK} s after the one before."
