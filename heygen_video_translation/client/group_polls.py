"""Polling several jobs: together if possible, and in parts to find those that make it fail."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from .errors import (
    AuthenticationFailed,
    InvalidRequest,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    UnexpectedResponse,
    WaitStopped,
)
from .jobs import Job, TranslationClientError
from .responses import observe
from .steps import Sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .dialects.base import JobsById
    from .following import Follower
    from .messages import Response
    from .steps import Steps
    from .tracker import Tracker

logger = logging.getLogger(__package__)

SHARED_ERRORS = (
    *(AuthenticationFailed, PollingTimeout, RateLimited, ServerUnavailable),
    WaitStopped,
)
"""Errors that concern all jobs that have not ended, not only the one that was requested."""

UNUSABLE = (RateLimited, ServerUnavailable)
"""Errors that a retry may mend, and that may be due to one job."""

FAILURES_TOLERATED = 2
"""Number of times in a row that a request may fail before its jobs are requested in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFinding:
    """There was no usable response about a job; `error` says why."""

    error: TranslationClientError


Finding: TypeAlias = Job | TranslationClientError | NoFinding
"""What a response says about a job; an error ends the wait for it."""

Findings: TypeAlias = list[tuple["Tracker", Finding, float]]
"""What was found about each job, and when."""


@dataclass(slots=True, kw_only=True)
class _Part:
    """Jobs to request next, and how often in a row a request that included them failed."""

    trackers: Sequence[Tracker]
    failures: int = 0

    @property
    def is_single(self) -> bool:
        return len(self.trackers) == 1

    def without_ended(self) -> list[_Part]:
        """Return the jobs whose ends other calls have not seen, and each other job alone."""
        ended = [tracker for tracker in self.trackers if tracker.has_ended()]
        others = [tracker for tracker in self.trackers if not tracker.has_ended()]
        parts = [_Part(trackers=others, failures=self.failures)] if others else []
        return [*parts, *(_Part(trackers=[tracker]) for tracker in ended)]

    def halves(self) -> list[_Part]:
        middle = (len(self.trackers) + 1) // 2
        halves = self.trackers[:middle], self.trackers[middle:]
        return [_Part(trackers=half, failures=self.failures) for half in halves]


@dataclass(slots=True, kw_only=True)
class GroupPoller:
    """Requests the jobs of one server, each alone or several at once.

    If a request fails twice, its jobs are requested in halves, as the fault may be of one job. If
    the requests for all parts fail, it is the server's. Every part counts as a retry, so that a
    server that is down gets no more requests than without parts.

    `can_share` becomes false once the server turns out not to support lists of ids.
    """

    follower: Follower
    max_retries: int
    can_share: bool = field(default=True, init=False)

    def poll_last(
        self, tracker: Tracker, *, long_poll: int, deadline: float, now: float
    ) -> Steps[Findings]:
        """Request the only job that has not ended; return what was found about it."""
        steps = self.follower.poll(
            tracker,
            long_poll=long_poll,
            deadline=deadline,
            max_retries=max(self.max_retries - tracker.failures, 0),
        )
        return (yield from _found_alone(tracker, steps, now=now))

    def poll(
        self,
        group: Sequence[Tracker],
        *,
        witness: Callable[[], Tracker | None],
        deadline: float,
        now: float,
    ) -> Steps[Findings]:
        """Request jobs, together if possible; return what was found about each.

        Arguments:
            group: the jobs.
            witness: chooses another job. If a single job cannot be polled, polling another one
                shows whether the server works.
            deadline: instant on the client's clock.
            now: the time on the client's clock.

        Raises the errors that concern all jobs.

        """
        findings: Findings = []
        parts = deque([_Part(trackers=group)])
        failures, is_working = 0, False
        while parts:
            part = parts.popleft()
            try:
                findings += yield from self._request(part, parts, now=now)
            except UNUSABLE as error:
                now = yield Sleep(seconds=0.0)
                failures += 1
                part.failures += 1
                is_culprit = part.is_single and (
                    part.trackers[0].is_polled_alone
                    or (is_working and part.failures > FAILURES_TOLERATED)
                )
                if is_culprit:
                    [tracker] = part.trackers
                    finding = NoFinding(error=error_about(tracker, error))
                    findings.append((tracker, finding, now))
                    continue
                if failures > self.max_retries:
                    raise
                _schedule(part, parts, error, witness)
                now = yield Sleep(seconds=self._pause(part, error, failures, left=deadline - now))
            else:
                failures, is_working = 0, True
        return findings

    def _pause(
        self, part: _Part, error: TranslationClientError, failures: int, *, left: float
    ) -> float:
        sender = self.follower.sender
        job = part.trackers[0].job if part.is_single else None
        return sender.pause_after(error, sender.pause(failures), left=left, job=job)

    def _request(self, part: _Part, parts: deque[_Part], *, now: float) -> Steps[Findings]:
        """Send one request for jobs; return what was found about each.

        If the server does not support lists of ids, single jobs are added to `parts` instead.
        """
        if part.is_single:
            [tracker] = part.trackers
            steps = self.follower.poll(tracker, max_retries=0)
            return (yield from _found_alone(tracker, steps, now=now))
        if any(tracker.has_ended() for tracker in part.trackers):
            parts.extendleft(part.without_ended())
            return []
        try:
            return (yield from self._request_together(part.trackers))
        except (InvalidRequest, JobNotFound, UnexpectedResponse):
            self.can_share = False
            logger.info("the server does not support lists of ids; polling each job alone")
        parts.extendleft(_Part(trackers=[tracker]) for tracker in reversed(part.trackers))
        return []

    def _request_together(self, trackers: Sequence[Tracker]) -> Steps[Findings]:
        follower, dialect = self.follower, self.follower.dialect

        def read(response: Response) -> tuple[JobsById, Response]:
            return dialect.read_jobs(response), response

        request = dialect.get_jobs([tracker.id for tracker in trackers])
        batch, response = yield from follower.sender.send(request, read, max_retries=0)
        findings: Findings = []
        for tracker in trackers:
            finding: Finding
            if tracker.id in batch.not_found:
                finding = JobNotFound(f"job {tracker.id} does not exist", job=tracker.job)
            elif (job := batch.jobs.get(tracker.id)) is not None:
                job = observe(job, response, dialect=dialect, previous=tracker.job)
                tracker.lacks_details = True
                try:
                    finding = follower.note(tracker, job)
                except UnexpectedResponse as error:
                    finding = error
            else:
                problem = f"no usable response about job {tracker.id}"
                finding = NoFinding(error=ServerUnavailable(problem, job=tracker.job))
            tracker.is_polled_alone |= tracker.completed_at is not None
            findings.append((tracker, finding, response.ended_at))
        return findings


def _found_alone(
    tracker: Tracker, steps: Steps[tuple[Job, float]], *, now: float
) -> Steps[Findings]:
    """Return what the poll of one job found; errors that concern only this job are findings."""
    try:
        job, at = yield from steps
    except SHARED_ERRORS:
        raise
    except TranslationClientError as error:
        return [(tracker, error_about(tracker, error), now)]
    return [(tracker, job, at)]


def _schedule(
    part: _Part,
    parts: deque[_Part],
    error: TranslationClientError,
    witness: Callable[[], Tracker | None],
) -> None:
    """Add what to request after a failed request to `parts`."""
    if error.status is None or part.failures < FAILURES_TOLERATED:
        parts.appendleft(part)
    elif not part.is_single:
        parts.extend(part.halves())
    else:
        if not parts and (other := witness()) is not None:
            parts.append(_Part(trackers=[other], failures=part.failures))
        parts.append(part)


def error_about(tracker: Tracker, error: TranslationClientError) -> TranslationClientError:
    """Return a copy of an error for one job; the message names a job that was never seen."""
    copy = type(error)(
        str(error) if tracker.job else f"job {tracker.id}: {error}",
        job=tracker.job,
        detail=error.detail,
        status=error.status,
        retry_after=error.retry_after,
        headers=error.headers,
    )
    copy.__cause__ = error
    return copy
