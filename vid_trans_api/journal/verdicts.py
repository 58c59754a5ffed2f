"""Verdicts: how well a client polled its jobs, judged by when they ended and what it could know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vid_trans_api.journal.reported import Reported, reported_about
from vid_trans_api.journal.violations import (
    Violation,
    asked_after_end,
    asked_too_soon,
    created_twice,
    hammered,
)
from vid_trans_api.models import LoggedRequest
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
    """How well a client did with one job."""

    requests: tuple[LoggedRequest, ...] = ()
    """All that are about the job, in the order in which the server received them."""
    polls: tuple[Poll, ...] = ()
    noticed_after: float | None = None
    """Seconds from the job's end to the first delivered response that reported it.

    None if there was none, or if it may have been evicted.
    """
    violations: tuple[Violation, ...] = ()


def judge(
    requests: Iterable[LoggedRequest],
    ends: Mapping[str, datetime | None],
    *,
    evicted_until: datetime | None = None,
) -> tuple[dict[str, Verdict], tuple[Violation, ...]]:
    """Judge what a workspace's client did.

    `ends` says when jobs ended; the end of a deleted job, which is not in `ends`, is the one that
    was reported. Requests with a response up to `evicted_until`, by the workspace's clock, may be
    missing.

    Returns the verdict on each job that a request is about, in the order of the first request, and
    all violations in the order of their requests.
    """
    in_order = sorted(requests, key=lambda each: each.server_received_at)
    by_job: dict[str, list[LoggedRequest]] = {}
    for request in in_order:
        for job in request.reported_by_job:
            by_job.setdefault(job, []).append(request)
    violations = [*asked_too_soon(in_order), *created_twice(in_order), *hammered(in_order)]
    judged: dict[str, tuple[tuple[Poll, ...], float | None]] = {}
    for job, about in by_job.items():
        reports = [reported_about(job, request) for request in about]
        noticed_after = None
        finished_at = ends.get(job)
        if first := _first_report_of_end(about, reports):
            request, reported = first
            finished_at = ends.get(job, reported.finished_at)
            if finished_at and (evicted_until is None or evicted_until < finished_at):
                noticed_after = max(0.0, (request.responded_at - finished_at).total_seconds())
            violations += asked_after_end(job, about, end=request, reported=reported)
        judged[job] = tuple(_polls(about, reports, finished_at)), noticed_after
    violations.sort(key=lambda violation: violation.request.server_received_at)
    by_violated_job: dict[str | None, list[Violation]] = {}
    for violation in violations:
        by_violated_job.setdefault(violation.job, []).append(violation)
    verdicts = {
        job: Verdict(
            requests=tuple(by_job[job]),
            polls=polls,
            noticed_after=noticed_after,
            violations=tuple(by_violated_job.get(job, ())),
        )
        for job, (polls, noticed_after) in judged.items()
    }
    return verdicts, tuple(violations)


def _first_report_of_end(
    requests: Sequence[LoggedRequest], reports: Sequence[Reported | None]
) -> tuple[LoggedRequest, Reported] | None:
    """Return the request with the first response that reported the job's end, and what it said."""
    ends = [
        (request, reported)
        for request, reported in zip(requests, reports, strict=True)
        if reported is not None and reported.is_terminal
    ]
    return min(ends, key=lambda each: each[0].server_responded_at, default=None)


def _polls(
    requests: Sequence[LoggedRequest],
    reports: Sequence[Reported | None],
    finished_at: datetime | None,
) -> Iterator[Poll]:
    is_retry = False
    for request, reported in zip(requests, reports, strict=True):
        if request.operation != Operation.STATUS:
            continue
        yield Poll(
            request=request,
            reported=reported,
            lateness=None
            if finished_at is None
            else (request.responded_at - finished_at).total_seconds(),
            is_retry=is_retry,
        )
        is_retry = request.has_failed
