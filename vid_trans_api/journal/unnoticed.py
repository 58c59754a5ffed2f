"""The rule for unnoticed ends: poll a job, or accept events, until its end was reported."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final, NamedTuple

from vid_trans_api.journal.ends import ReportedEnd
from vid_trans_api.journal.receivers import Receivers, flagged_event
from vid_trans_api.journal.subjects import States
from vid_trans_api.journal.violations import Flagged, ViolationKind, Violations
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

LONGEST_PAUSE: Final = 60
"""Seconds after a job's end in which its client may still poll again."""


class PolledJob(NamedTuple):
    """What is stored of a job that was polled."""

    job: str
    created_at: datetime
    finishes_at: datetime | None
    canceled_at: datetime | None
    outcome: str
    is_reported: bool = True
    """Whether no event about its end is still to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolledJobs:
    """What has to be known of polled jobs once all requests have been read."""

    jobs: Iterable[PolledJob]
    """Without deleted ones."""
    now: datetime
    """The workspace's time."""
    evicted_until: datetime | None
    """Requests with a response up to then, by the workspace's clock, may be missing."""


LookUp = Callable[[Collection[str]], PolledJobs]
"""Returns what is stored of the jobs with these ids."""


def is_overdue(finishes_at: datetime | None, now: datetime) -> bool:
    """Return whether a job's client should have noticed the end by now."""
    return finishes_at is not None and now - finishes_at > timedelta(seconds=LONGEST_PAUSE)


@dataclass(slots=True)
class NeverNoticed:
    """Flags the last poll of each job whose end came later and was never reported to the client.

    If the job was not polled, the event about its end is flagged, which no receiver has accepted. A
    canceled job is exempt, and so is one whose result the client received. A job that ended less
    than `LONGEST_PAUSE` ago may still be polled.
    """

    violations: Violations
    _last_polls: States[Flagged] = field(default_factory=States)
    _received: set[str] = field(default_factory=set)
    """The jobs whose results were delivered."""

    def add(self, request: LoggedRequest, flagged: Flagged) -> None:
        """Take note of the next request."""
        if request.operation == Operation.STATUS:
            self._last_polls.replace(Operation.STATUS, request.reported_by_job, flagged)
            self._last_polls.evict_oldest(Operation.STATUS)
        elif request.operation == Operation.RESULT and _is_success(request):
            self._received.update(request.reported_by_job)

    def finish(
        self, ends: Mapping[str, ReportedEnd], receivers: Receivers, look_up: LookUp
    ) -> None:
        """Judge once all requests and events were added. `ends` are the reported ends by job."""
        reported = ends.keys() | self._received | receivers.known
        last_polls = {
            job: last
            for _, last, jobs in self._last_polls.all()
            for job in jobs
            if job not in reported
        }
        events = {job: each for job, each in receivers.unaccepted.items() if job not in reported}
        if not last_polls and not events:
            return
        known = look_up(last_polls.keys() | events.keys())
        for job in known.jobs:
            end = job.finishes_at
            if end is None or not is_overdue(end, known.now) or job.canceled_at is not None:
                continue
            if not job.is_reported or (known.evicted_until and known.evicted_until >= end):
                continue
            age_at_end = end - job.created_at
            if last := last_polls.get(job.job):
                detail = partial(_detail, last.at - job.created_at, age_at_end, job.outcome)
                self.violations.add(ViolationKind.NEVER_NOTICED, last, (job.job,), detail)
            else:
                flagged = flagged_event(events[job.job], end)
                detail = partial(_detail_of_event, age_at_end, job.outcome)
                receivers.violations.add(ViolationKind.NEVER_NOTICED, flagged, (job.job,), detail)


def _is_success(request: LoggedRequest) -> bool:
    return (
        request.is_readable
        and request.status is not None
        and request.status < HTTPStatus.BAD_REQUEST
    )


def _detail(age: timedelta, age_at_end: timedelta, outcome: str) -> str:
    return (
        f"The client polled last {max(0.0, age.total_seconds()):.2f} s after the job's creation."
        f" The job ended ({outcome}) after {age_at_end.total_seconds():.2f} s, and no response that"
        " the client could read reported that."
    )


def _detail_of_event(age_at_end: timedelta, outcome: str) -> str:
    return (
        f"The job ended ({outcome}) after {age_at_end.total_seconds():.2f} s. No receiver accepted"
        " the event about that, and no response that the client could read reported it."
    )
