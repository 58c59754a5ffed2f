"""Verdicts: how well a client followed its jobs, judged by when they ended and what it was told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vid_trans_api.journal.bursts import Hammered
from vid_trans_api.journal.creations import CreatedTwice
from vid_trans_api.journal.ends import AskedAfterEnd, ReportedEnd
from vid_trans_api.journal.notes import Note, Notes
from vid_trans_api.journal.receivers import Receivers
from vid_trans_api.journal.refusals import AskedTooSoon
from vid_trans_api.journal.reported import Reported, reported_about
from vid_trans_api.journal.unnoticed import LookUp, NeverNoticed
from vid_trans_api.journal.violations import Flagged, Violation, Violations, newest_of_both
from vid_trans_api.models import LoggedRequest, SentAttempt
from vid_trans_api.snapshots import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One status request, as far as it is about one job."""

    request: LoggedRequest
    reported: Reported | None
    """None if the client could not read anything about the job."""
    lateness: float | None
    """Seconds from the job's end to the response, negative before it; None if it never ends."""
    is_retry: bool
    """Whether the poll before it failed, so that this one repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How well a client did."""

    poll_count: int
    """How many requests poll, without retries. One request may poll many jobs."""
    retry_count: int
    """How many requests repeat polls that failed, and poll no other job for the first time."""
    violations: tuple[Violation, ...]
    """The newest, in the order of their requests."""
    violation_count: int
    notes: tuple[Note, ...]
    ends: Mapping[str, ReportedEnd]
    """The first delivered responses that reported the ends of jobs, by job."""
    accepted: Mapping[str, datetime]
    """When receivers first accepted the ends of jobs, by job."""


def judge(
    requests: Iterable[LoggedRequest],
    *,
    key_uses: Mapping[str, int],
    attempts: Iterable[SentAttempt] = (),
    look_up: LookUp | None = None,
    job: str | None = None,
    most_violations: int | None = None,
) -> Verdict:
    """Judge what a workspace's client did, in one pass that keeps no request.

    The requests are in the order in which the server received them. `key_uses` says how often each
    Idempotency-Key is used. `attempts` are those to send events, event by event. `look_up` is
    called after the pass, with jobs whose ends nothing reported; without it, the client is not
    flagged for these. If a job is given, only violations and notes that concern it count.
    """
    violations = Violations(most=most_violations, of_job=job)
    receivers = Receivers(Violations(most=most_violations, of_job=job))
    bursts = Hammered(violations)
    ends = AskedAfterEnd(violations)
    unnoticed = NeverNoticed(violations)
    notes = Notes(of_job=job)
    rules = [
        AskedTooSoon(violations, key_uses).add,
        CreatedTwice(violations, key_uses).add,
        bursts.add,
        ends.add,
        unnoticed.add,
    ]
    for position, request in enumerate(requests):
        flagged = Flagged(position, request.number, request.received_at)
        for add in rules:
            add(request, flagged)
        notes.add(request)
    bursts.finish()
    receivers.add(attempts)
    if look_up is not None:
        unnoticed.finish(ends.ends, receivers, look_up)
    return Verdict(
        poll_count=bursts.poll_count,
        retry_count=bursts.retry_count,
        violations=newest_of_both(violations, receivers.violations, most=most_violations),
        violation_count=violations.count + receivers.violations.count,
        notes=notes.all(),
        ends=ends.ends,
        accepted=receivers.accepted,
    )


def count_key_uses(requests: Iterable[LoggedRequest]) -> Counter[str]:
    """Return how often each Idempotency-Key is used, by its digest."""
    return Counter(each.idempotency_key_digest for each in requests)


def noticed_after(
    end: ReportedEnd | None,
    finished_at: datetime | None,
    *,
    accepted_at: datetime | None = None,
    evicted_until: datetime | None,
) -> float | None:
    """Return the seconds from a job's end to the first report of it.

    That is the first delivered response that said so, or the first event that a receiver accepted.
    None if the job never ends, if nothing reported that, or if an earlier report may be missing:
    requests with a response up to `evicted_until`, by the workspace's clock, may be.
    """
    responded_at = None if end is None else end.responded_at
    reports = [each for each in (responded_at, accepted_at) if each is not None]
    if not reports or finished_at is None:
        return None
    if evicted_until is not None and evicted_until >= finished_at:
        return None
    return max(0.0, (min(reports) - finished_at).total_seconds())


def polls_of(
    job: str, requests: Sequence[LoggedRequest], finished_at: datetime | None
) -> Iterator[Poll]:
    """Yield the polls of a job that ended at `finished_at`, or never."""
    is_retry = False
    for request in requests:
        if request.operation != Operation.STATUS or job not in request.reported_by_job:
            continue
        yield Poll(
            request=request,
            reported=reported_about(job, request),
            lateness=None
            if finished_at is None
            else (request.responded_at - finished_at).total_seconds(),
            is_retry=is_retry,
        )
        is_retry = request.has_failed
