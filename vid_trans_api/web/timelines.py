"""The timeline of a job: its true status, the reported one, and when its client polled."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import ClassVar, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.journal.reported import reported_about
from vid_trans_api.journal.reports import JobReport, newest_facts, report_on_job
from vid_trans_api.journal.unnoticed import is_overdue
from vid_trans_api.journal.verdicts import Poll
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import Job
from vid_trans_api.snapshots import Status
from vid_trans_api.web.formatting import state
from vid_trans_api.web.job import find_job
from vid_trans_api.web.links import job_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    RELOAD_INTERVAL,
    Page,
    describe_clock,
    etag_of,
    facts_of,
    refresh_interval,
    render_page,
    unchanged,
)
from vid_trans_api.web.sessions import Session, session_of, visible_workspace
from vid_trans_api.web.violations import group_violations

MOST_TICKS: Final = 1_000
"""How many polls are drawn: the newest."""

MOST_ROWS: Final = 300
"""How many of these are in the table."""

CROWDED: Final = 60
"""With more polls than this, ticks are drawn thinner."""

_MOST_MARKS: Final = 5
_STEPS: Final = (1, 2, 5)
_LEAST_SPAN: Final = 1.0  # seconds
_NARROWEST: Final = 0.4  # per cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time with one status; start and width are per cent of the timeline."""

    start: float
    width: float
    status: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A poll on the timeline; start and width are per cent of it."""

    start: float
    width: float
    poll: Poll
    seconds: float
    """From the job's creation to the poll."""
    violations: tuple[ViolationKind, ...]
    """What the poll is flagged for."""

    @property
    def end(self) -> float:
        return self.start + self.width

    @property
    def has_failed(self) -> bool:
        """Whether the client could not read anything about the job."""
        return self.poll.reported is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is drawn."""

    true: tuple[Stretch, ...]
    reported: tuple[Stretch, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[tuple[float, float], ...]
    """Of the axis: per cent, and seconds since the job's creation."""
    end: float | None
    """Per cent; None while the job is pending."""

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many polls that they touch each other on a narrow screen."""
        return len(self.ticks) > CROWDED

    @property
    def rows(self) -> tuple[Tick, ...]:
        """The polls in the table."""
        return self.ticks[-MOST_ROWS:]

    @property
    def has_failures(self) -> bool:
        return any(tick.has_failed for tick in self.ticks)

    @property
    def has_long_polls(self) -> bool:
        return any(tick.poll.request.is_long_poll for tick in self.ticks)

    @property
    def has_faults(self) -> bool:
        return any(tick.poll.request.fault for tick in self.rows)


def timeline_of(job: Job, report: JobReport, *, now: datetime) -> Timeline:
    """Lay out what happened to a job up to `now`, by its workspace's clock."""
    snapshot = job.at(now)

    def seconds(instant: datetime) -> float:
        return (instant - job.created_at).total_seconds()

    last = max([snapshot.finished_at or now, *(poll.request.responded_at for poll in report.polls)])
    span = max(_LEAST_SPAN, seconds(last)) * 1.03  # some room at the end

    def share(instant: datetime) -> float:
        return round(min(100.0, max(0.0, seconds(instant) / span * 100)), 3)

    stop = job.created_at + timedelta(seconds=span)
    changes = [(job.created_at, Status.PENDING.value)]
    if snapshot.finished_at:
        changes.append((snapshot.finished_at, state(snapshot, job)))
    return Timeline(
        true=tuple(_stretches(changes, stop, share, job.created_at)),
        reported=tuple(_stretches(_reported(job, report), stop, share, job.created_at)),
        ticks=tuple(_ticks(report, share, seconds)),
        marks=tuple((round(100 * at / span, 3), at) for at in round_marks(span)),
        end=None if snapshot.finished_at is None else share(snapshot.finished_at),
    )


def _reported(job: Job, report: JobReport) -> list[tuple[datetime, str]]:
    """Return when responses reported which status, in the order of the responses."""
    in_order = sorted(report.requests, key=lambda request: request.server_responded_at)
    return [
        (request.responded_at, reported.status)
        for request in in_order
        if (reported := reported_about(job.public_id, request))
    ]


def _ticks(
    report: JobReport, share: Callable[[datetime], float], seconds: Callable[[datetime], float]
) -> Iterator[Tick]:
    violations: dict[int | None, list[ViolationKind]] = {}
    for violation in report.violations:
        violations.setdefault(violation.request, []).append(violation.kind)
    for poll in report.polls[-MOST_TICKS:]:
        start = share(poll.request.received_at)
        yield Tick(
            start=start,
            width=max(0.0, share(poll.request.responded_at) - start),
            poll=poll,
            seconds=seconds(poll.request.received_at),
            violations=tuple(violations.get(poll.request.number, ())),
        )


def _stretches(
    changes: Sequence[tuple[datetime, str]],
    stop: datetime,
    share: Callable[[datetime], float],
    zero: datetime,
) -> Iterator[Stretch]:
    """Yield the stretches between changes of the status."""
    first_of_each = [next(same) for _, same in groupby(changes, key=itemgetter(1))]
    for (start, status), (end, _) in pairwise([*first_of_each, (stop, "")]):
        yield Stretch(
            start=share(start),
            width=max(_NARROWEST, round(share(end) - share(start), 3)),
            status=status,
            description=f"{status} from {(start - zero).total_seconds():.2f} s on",
        )


def round_marks(span: float) -> Iterator[float]:
    """Yield round numbers of seconds from 0 to the span, few enough for a narrow screen."""
    magnitude = 10 ** math.floor(math.log10(span / _MOST_MARKS))
    step = next(
        each * magnitude for each in (*_STEPS, 10) if span / (each * magnitude) <= _MOST_MARKS
    )
    for number in range(int(span / step) + 1):
        yield round(number * step, 6)


class TimelinePage(Page):
    """The timeline of a job, and how well its client did."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, ())
        job, now = find_job(session, job_id)
        is_late = is_overdue(job.finishes_at, now)
        facts = (*facts_of(job, job.at(now)), is_late, *newest_facts(job))
        etag = etag_of(session, job.workspace, facts)
        if not_modified := unchanged(request, etag, job.workspace):
            return not_modified
        return _render(request, session, job, now, etag=etag)


def _render(
    request: HttpRequest, session: Session, job: Job, now: datetime, *, etag: str
) -> HttpResponse:
    snapshot, report = job.at(now), report_on_job(job, now=now)
    truth_path = reverse("vid_trans_api:simulated_job", args=[job.public_id])
    return render_page(
        request,
        "timeline",
        session=session,
        workspace=visible_workspace(session, job.workspace),
        job=job,
        snapshot=snapshot,
        clock=describe_clock(job.workspace, now),
        report=report,
        timeline=timeline_of(job, report, now=now),
        most_rows=MOST_ROWS,
        violations=list(group_violations(report.violations)),
        has_journal=settings.JOURNAL_LENGTH > 0,
        back_url=job_path(job),
        has_webhooks=job.workspace.has_webhooks,
        truth_url=request.build_absolute_uri(truth_path),
        refresh=refresh_interval([snapshot], job.workspace) or IDLE_INTERVAL,
        reload=RELOAD_INTERVAL,
        etag=etag,
    )
