"""The timeline of a job for people: what was true beside what its client was told, and when."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import ClassVar, Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api import clock
from vid_trans_api.control.reports import is_clean, verdict_on
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.journal.verdicts import Kind, Poll, Verdict
from vid_trans_api.models import Job
from vid_trans_api.snapshots import Status
from vid_trans_api.web.pages import Page, existing, job_path, pace_of, show, time_of
from vid_trans_api.web.sessions import visitor_of

MOST_TICKS: Final = 1_000
"""How many polls are drawn, the newest."""

MOST_POLLS: Final = 300
"""How many of these a page has in its table."""

MOST_REMARKS: Final = 10

_MOST_MARKS: Final = 5
_MANY_TICKS: Final = 60
_STEPS: Final = (1, 2, 5)
_LEAST_SPAN: Final = 1.0  # seconds
_NARROWEST: Final = 0.4  # per cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the time, as a share of all that is shown, in per cent, and what it was called."""

    start: float
    width: float
    word: str
    tells: str
    """What to say of it, in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A poll on the timeline."""

    start: float
    width: float
    poll: Poll
    since_creation: float
    kinds: tuple[Kind, ...]
    """What its client is blamed for."""

    @property
    def end(self) -> float:
        return self.start + self.width

    @property
    def is_lost(self) -> bool:
        """Whether its client learnt nothing of the job."""
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
        return len(self.ticks) > _MANY_TICKS

    @property
    def rows(self) -> tuple[Tick, ...]:
        """Return those in the table."""
        return self.ticks[-MOST_POLLS:]

    @property
    def has_lost(self) -> bool:
        return any(tick.is_lost for tick in self.ticks)

    @property
    def has_held(self) -> bool:
        return any(tick.poll.exchange.is_long_poll for tick in self.ticks)

    @property
    def has_faults(self) -> bool:
        return any(tick.poll.exchange.fault for tick in self.rows)


def timeline_of(job: Job, verdict: Verdict, *, now: datetime) -> Timeline:
    """Lay out what happened to a job up to `now`, an instant of its workspace."""
    snapshot = job.at(now)
    answers = [each.responded_at for each in verdict.exchanges]
    last = snapshot.finished_at or now
    span = max(_LEAST_SPAN, *((each - job.created_at).total_seconds() for each in (last, *answers)))
    span *= 1.03  # some room at the end

    def share(instant: datetime) -> float:
        seconds = (instant - job.created_at).total_seconds()
        return round(min(100.0, max(0.0, seconds / span * 100)), 3)

    stop = job.created_at + timedelta(seconds=span)
    changes = [(job.created_at, Status.PENDING.value)]
    if snapshot.finished_at:
        changes.append((snapshot.finished_at, snapshot.status.value))
    reported = [
        (each.responded_at, each.reported[job.public_id].status)
        for each in sorted(verdict.exchanges, key=lambda each: each.server_responded_at)
        if job.public_id in each.reported
    ]
    blame: dict[int, list[Kind]] = {}
    for violation in verdict.violations:
        blame.setdefault(violation.exchange.number, []).append(violation.kind)
    return Timeline(
        true=tuple(_stretches(changes, stop, share, job.created_at)),
        reported=tuple(_stretches(reported, stop, share, job.created_at)),
        ticks=tuple(
            Tick(
                start=share(poll.exchange.received_at),
                width=max(
                    0.0, share(poll.exchange.responded_at) - share(poll.exchange.received_at)
                ),
                poll=poll,
                since_creation=(poll.exchange.received_at - job.created_at).total_seconds(),
                kinds=tuple(blame.get(poll.exchange.number, ())),
            )
            for poll in verdict.polls[-MOST_TICKS:]
        ),
        marks=tuple((round(100 * at / span, 3), at) for at in _marks(span)),
        end=None if snapshot.finished_at is None else share(snapshot.finished_at),
    )


def _stretches(
    changes: Sequence[tuple[datetime, str]],
    stop: datetime,
    share: Callable[[datetime], float],
    zero: datetime,
) -> Iterator[Stretch]:
    """Give the stretches between changes of a word; what says the same again changes nothing."""
    kept = [next(same) for _, same in groupby(changes, key=itemgetter(1))]
    for (start, word), (end, _) in pairwise([*kept, (stop, "")]):
        since = (start - zero).total_seconds()
        yield Stretch(
            start=share(start),
            width=max(_NARROWEST, round(share(end) - share(start), 3)),
            word=word,
            tells=f"{word} from {since:.2f} s on",
        )


def _marks(span: float) -> Iterator[float]:
    """Give round numbers of seconds from 0 to the span, few enough for a narrow screen."""
    magnitude = 10 ** math.floor(math.log10(span / _MOST_MARKS))
    step = next(
        each * magnitude for each in (*_STEPS, 10) if span / (each * magnitude) <= _MOST_MARKS
    )
    for number in range(int(span / step) + 1):
        yield round(number * step, 6)


class TimelinePage(Page):
    """How a job went, and what its client made of it."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        visitor = visitor_of(request)
        refuse_unknown_parameters(request.GET, ())
        real = clock.now()
        job = existing(visitor, job_id, real)
        now = job.workspace.now(real)
        snapshot = job.at(now)
        verdict, is_complete = verdict_on(job)
        pace = pace_of([snapshot], job.workspace)
        is_other = job.workspace.key_digest != visitor.workspace.key_digest
        return show(
            request,
            "timeline",
            visitor=visitor,
            workspace=job.workspace if is_other else visitor.workspace,
            job=job,
            snapshot=snapshot,
            time=time_of(job.workspace, real),
            verdict=verdict,
            is_clean=is_clean(verdict.violations, is_complete=is_complete),
            is_complete=is_complete,
            polls=sum(not poll.is_retry for poll in verdict.polls),
            retries=sum(poll.is_retry for poll in verdict.polls),
            timeline=timeline_of(job, verdict, now=now),
            most=MOST_POLLS,
            violations=verdict.violations[-MOST_REMARKS:],
            has_journal=settings.JOURNAL_LENGTH > 0,
            back=job_path(job),
            truth_url=request.build_absolute_uri(
                reverse("vid_trans_api:simulated_job", args=[job.public_id])
            ),
            refresh=pace,
            reload=pace,
        )
