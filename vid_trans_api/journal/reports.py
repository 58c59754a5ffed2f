"""What is known about a workspace's client, and about the client of one job."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db.models import F

from vid_trans_api.journal.ends import ReportedEnd
from vid_trans_api.journal.notes import Note
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.reference import Reference, reference_of
from vid_trans_api.journal.sent_events import (
    SentEvents,
    attempts_about,
    newest_attempt_about,
)
from vid_trans_api.journal.unnoticed import LookUp, PolledJob, PolledJobs
from vid_trans_api.journal.verdicts import (
    Poll,
    Verdict,
    count_key_uses,
    judge,
    noticed_after,
    polls_of,
)
from vid_trans_api.journal.violations import Violation
from vid_trans_api.models import Job, LoggedRequest, Workspace
from vid_trans_api.models.database import Member

MOST_REQUESTS: Final = 1_000
"""How many requests a report lists, and how many polls and violations: the newest."""

MOST_JOBS: Final = 2_000
"""How many jobs the listed requests may be about together. The newest request is always listed."""

_MOST_UNREPORTED: Final = 10_000
"""How many ids are collected that may not be a job's, before they are looked up."""

_CHECK_INTERVAL: Final = 0.25
"""Seconds between two checks whether the reader of a report that has to wait is still there."""

_making: Final = threading.Lock()

_Row = TypeVar("_Row")


class ReaderHasLeft(Exception):
    """Nobody is going to read the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known about a client."""

    requests: Sequence[LoggedRequest]
    poll_count: int
    retry_count: int
    violations: Sequence[Violation]
    violation_count: int
    notes: Sequence[Note]
    """Known mistakes that have no effect here."""
    is_complete: bool
    """Whether no request that may matter is missing."""

    @property
    def is_clean(self) -> bool | None:
        """Whether there is no violation.

        None if none is known, but requests are missing, or nothing was requested.
        """
        if self.violation_count:
            return False
        return True if self.is_complete and self.requests else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport(Report):
    """What is known about the client of one job, with all requests that are about it."""

    polls: Sequence[Poll]
    noticed_after: float | None
    """Seconds from the job's end to the first delivered response that reported it, if known."""
    reference: Reference | None
    """None if the job has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedAfter:
    """Seconds from the ends of jobs to the first delivered responses that reported them."""

    mean: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceReport(Report):
    """What is known about the client of all jobs of a workspace, with the newest requests."""

    request_count: int
    noticed_after: NoticedAfter | None
    """As for one job, over those jobs for which it is known."""
    job_count: int
    """How many jobs the requests are about."""
    scenarios: Sequence[str]
    """The scenarios of these jobs, also of deleted ones, in the order of their first use."""


def newest_facts(job: Job) -> tuple[int | None, ...]:
    """Return the numbers of what is newest, which tell whether a report would be the same."""
    journal.flush()
    logged = job.workspace.logged_requests.order_by("-number")
    return (logged.values_list("number", flat=True).first(), *newest_attempt_about(job))


def report_on_job(job: Job, *, now: datetime, has_left: Callable[[], bool] = bool) -> JobReport:
    """Report on the client of a job; `now` is its workspace's time.

    Raises ReaderHasLeft if `has_left` says so meanwhile.
    """
    with _turn(has_left):
        is_written = journal.flush()
        known = job.workspace.logged_requests.all().newest_about(
            job.public_id, settings.JOURNAL_LENGTH
        )
        # Read after the requests, so that it covers what was evicted in the meantime.
        evicted_until = job.workspace.read_evicted_until()
        stored = PolledJob(
            job=job.public_id,
            created_at=job.created_at,
            finishes_at=job.finishes_at,
            canceled_at=job.canceled_at,
            outcome=job.outcome,
            is_reported=job.is_reported,
        )
        polled = PolledJobs(jobs=[stored], now=now, evicted_until=evicted_until)
        verdict = judge(
            _while_read(known, has_left),
            key_uses=count_key_uses(known),
            attempts=_while_read(attempts_about(job), has_left),
            look_up=(lambda _: polled) if is_written and _has_all(job.workspace) else None,
            job=job.public_id,
        )
        about = [request for request in known if job.public_id in request.reported_by_job]
        end = verdict.ends.get(job.public_id)
        return JobReport(
            requests=about,
            polls=list(polls_of(job.public_id, about, job.finishes_at)),
            poll_count=verdict.poll_count,
            retry_count=verdict.retry_count,
            violations=verdict.violations,
            violation_count=verdict.violation_count,
            notes=verdict.notes,
            is_complete=is_written
            and settings.JOURNAL_LENGTH > 0
            and (evicted_until is None or evicted_until < job.created_at),
            noticed_after=noticed_after(
                end,
                job.finishes_at,
                accepted_at=verdict.accepted.get(job.public_id),
                evicted_until=evicted_until,
            ),
            reference=_reference(job, now),
        )


def _reference(job: Job, now: datetime) -> Reference | None:
    if job.finishes_at is None or job.finishes_at > now:
        return None
    return reference_of(job.age(job.finishes_at))


def report_on_workspace(
    workspace: Workspace, *, now: datetime, has_left: Callable[[], bool] = bool
) -> WorkspaceReport:
    """Report on the client of a workspace, which need not be stored; `now` is its time.

    Raises ReaderHasLeft if `has_left` says so meanwhile.
    """
    with _turn(has_left):
        is_written = journal.flush()
        summary, sent = _Summary(workspace), SentEvents(workspace)
        key_uses: Mapping[str, int] = {}
        requests: Iterable[LoggedRequest] = ()
        if workspace.pk is not None:
            stored = workspace.logged_requests.all()
            order = stored.newest_in_order(settings.JOURNAL_LENGTH)
            key_uses, requests = order.key_uses, stored.in_order(order.numbers)
        verdict = judge(
            summary.watch(_while_read(requests, has_left)),
            key_uses=key_uses,
            attempts=_while_read(sent.read(), has_left),
            look_up=_polled_jobs(sent, now) if is_written and _has_all(workspace) else None,
            most_violations=MOST_REQUESTS,
        )
        evicted_until = _missing_until(sent)
        noticed, scenarios = summary.look_up_jobs(verdict, evicted_until)
        return WorkspaceReport(
            requests=list(summary.listed),
            request_count=summary.request_count,
            poll_count=verdict.poll_count,
            retry_count=verdict.retry_count,
            violations=verdict.violations,
            violation_count=verdict.violation_count,
            notes=verdict.notes,
            is_complete=is_written and settings.JOURNAL_LENGTH > 0 and evicted_until is None,
            noticed_after=noticed,
            job_count=len(summary.jobs),
            scenarios=scenarios,
        )


def _has_all(workspace: Workspace) -> bool:
    """Return whether later requests are logged too: not those that `requests_left` refuses."""
    return workspace.requests_left != 0


def _missing_until(sent: SentEvents) -> datetime | None:
    """Return until when requests or events may be missing.

    Called after they were read, so that it covers what was evicted in the meantime.
    """
    evicted_until = sent.workspace.read_evicted_until()
    known = [each for each in (evicted_until, sent.left_out_until) if each is not None]
    return max(known, default=None)


def _polled_jobs(sent: SentEvents, now: datetime) -> LookUp:
    def look_up(jobs: Collection[str]) -> PolledJobs:
        stored = Job.objects.values_of(
            jobs,
            "public_id",
            "created_at",
            "finishes_at",
            "canceled_at",
            "outcome",
            "is_reported",
            workspace=sent.workspace,
        )
        return PolledJobs(
            jobs=(PolledJob(*each) for each in stored),
            now=now,
            evicted_until=_missing_until(sent),
        )

    return look_up


@contextmanager
def _turn(has_left: Callable[[], bool]) -> Iterator[None]:
    """Wait until no other thread makes a report: together, they could take all memory."""
    while not _making.acquire(timeout=_CHECK_INTERVAL):
        if has_left():
            raise ReaderHasLeft
    try:
        yield
    finally:
        _making.release()


def _while_read(rows: Iterable[_Row], has_left: Callable[[], bool]) -> Iterator[_Row]:
    for number, row in enumerate(rows):
        if number % 100 == 0 and has_left():
            raise ReaderHasLeft
        yield row


@dataclass(slots=True)
class _Summary:
    """What a report says about requests and jobs besides the verdict."""

    workspace: Workspace
    request_count: int = 0
    listed: deque[LoggedRequest] = field(default_factory=deque)
    """The newest requests, as many as fit into a response of a reasonable size."""
    jobs: set[str] = field(default_factory=set)
    """The jobs that the requests are about, unless they are in `_unreported`."""
    _unreported: set[str] = field(default_factory=set)
    """Ids about which nothing was reported: perhaps there are no such jobs."""
    _listed_jobs: int = 0
    _scenarios: dict[str, None] = field(default_factory=dict)

    def watch(self, requests: Iterable[LoggedRequest]) -> Iterator[LoggedRequest]:
        """Yield the requests, and take note of each."""
        for request in requests:
            self.request_count += 1
            if request.scenario:
                self._scenarios[request.scenario] = None
            self._note_jobs(request.reported_by_job)
            self._list(request)
            yield request

    def _note_jobs(self, reported: Mapping[str, Any]) -> None:
        if None not in reported.values():
            self.jobs.update(reported)
            return
        self.jobs.update(job for job, stored in reported.items() if stored is not None)
        self._unreported.update(reported.keys() - self.jobs)
        if len(self._unreported) > _MOST_UNREPORTED:
            self._look_up_unreported()

    def _list(self, request: LoggedRequest) -> None:
        self.listed.append(request)
        self._listed_jobs += len(request.reported_by_job)
        while len(self.listed) > 1 and (
            len(self.listed) > MOST_REQUESTS or self._listed_jobs > MOST_JOBS
        ):
            self._listed_jobs -= len(self.listed.popleft().reported_by_job)

    def _look_up_unreported(self) -> None:
        self.jobs.update(job for job, *_ in self._stored(self._unreported))
        self._unreported.clear()

    def look_up_jobs(
        self, verdict: Verdict, evicted_until: datetime | None
    ) -> tuple[NoticedAfter | None, Sequence[str]]:
        """Return how late the ends of the jobs were noticed, and the scenarios of the jobs."""
        self._look_up_unreported()
        total, worst, count = 0.0, 0.0, 0
        first_numbers: dict[str, int] = {}
        deleted = dict(verdict.ends)

        def add(job: str, end: ReportedEnd | None, finished_at: datetime | None) -> None:
            nonlocal total, worst, count
            late = noticed_after(
                end,
                finished_at,
                accepted_at=verdict.accepted.get(job),
                evicted_until=evicted_until,
            )
            if late is not None:
                total, worst, count = total + late, max(worst, late), count + 1

        for job, number, finishes_at, scenario in self._stored(self.jobs):
            if scenario:
                first_numbers[scenario] = min(number, first_numbers.get(scenario, number))
            add(job, deleted.pop(job, None), finishes_at)
        for job, end in deleted.items():
            add(job, end, end.finished_at)
        by_number = sorted(first_numbers, key=lambda name: first_numbers[name])
        return (
            NoticedAfter(mean=total / count, worst=worst) if count else None,
            list(dict.fromkeys([*self._scenarios, *by_number])),
        )

    def _stored(self, jobs: Collection[str]) -> Iterator[tuple[str, int, datetime | None, str]]:
        """Yield id, number, end and scenario of those of these jobs that are stored."""
        scenario = Member(F("plan"), "scenario")
        yield from Job.objects.values_of(
            jobs, "public_id", "number", "finishes_at", scenario, workspace=self.workspace
        )
