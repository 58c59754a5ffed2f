"""Following many jobs to their ends with few requests: which step comes next."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from .errors import (
    AuthenticationFailed,
    InvalidRequest,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    UnexpectedResponse,
    count_causes,
    wait_error,
)
from .following import log_first_decision, with_decision
from .jobs import Job, TranslationClientError
from .poll_queue import PollQueue
from .responses import observe
from .retries import timed_out
from .schedule import DEADLINE_PRECISION, Decision, whole_seconds
from .steps import ShowJob, Sleep
from .tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .dialects.base import JobBatch
    from .following import Follower
    from .messages import Response
    from .steps import JobOutcome, JobTarget, Steps

logger = logging.getLogger(__package__)

Finding: TypeAlias = Job | TranslationClientError | None
"""What a response says about a job; `None` if nothing usable."""

SHARED_ERRORS = (AuthenticationFailed, PollingTimeout, RateLimited, ServerUnavailable)
"""Errors that concern all jobs that have not ended, not only the one that was requested."""

MAX_NAMED = 3
"""Most ids in the message of an error about many jobs."""


@dataclass(slots=True, kw_only=True)
class GroupFollower:
    """Follows many jobs on one server, whose polls share requests.

    `can_share` becomes false once the server turns out not to support lists of ids.
    """

    follower: Follower
    max_retries: int
    can_share: bool = field(default=True, init=False)

    def follow(
        self, targets: Iterable[JobTarget], *, deadline: float, now: float
    ) -> Steps[dict[str, JobOutcome]]:
        """Follow jobs to their ends, showing the job of every response.

        Arguments:
            targets: the jobs or their ids; a repeated one counts once.
            deadline: instant on the client's clock at which to give up.
            now: the time on the client's clock.

        Returns how waiting for each job ended, by id, in the order given.

        """
        trackers = {tracker.id: tracker for tracker in map(Tracker, targets)}
        outcomes: dict[str, JobOutcome] = {}
        for tracker in trackers.values():
            if tracker.job is not None and tracker.job.is_finished:
                outcomes[tracker.id] = tracker.job
                yield ShowJob(job=tracker.job)
        pending = [tracker for job_id, tracker in trackers.items() if job_id not in outcomes]
        try:
            yield from self._follow_pending(pending, outcomes, deadline=deadline, now=now)
        except SHARED_ERRORS as error:
            for tracker in pending:
                outcomes.setdefault(tracker.id, _error_about(tracker, error))
        return {job_id: outcomes[job_id] for job_id in trackers}

    def _follow_pending(
        self,
        pending: Sequence[Tracker],
        outcomes: dict[str, JobOutcome],
        *,
        deadline: float,
        now: float,
    ) -> Steps[None]:
        """Follow jobs and write to `outcomes` how waiting for each of them ended."""
        follower = self.follower
        queue = PollQueue(max_interval=follower.max_interval, max_batch=follower.dialect.max_batch)
        count = len(pending)
        is_shared = count > 1
        for tracker in pending:
            first, at = follower.first_decision(tracker, now, deadline, is_shared=is_shared)
            log_first_decision(tracker, first, at=at, now=now)
            if first.gives_up:
                outcomes[tracker.id] = timed_out(tracker.job, first.reason)
                count -= 1
            else:
                queue.add(tracker, first, at=at)
        while queue:
            due, long_poll, group = queue.pop(can_share=self.can_share)
            now = yield Sleep(seconds=max(due - now, 0.0))
            long_poll = min(long_poll, whole_seconds(deadline - now))
            for tracker, finding, at in (
                yield from self._poll(group, long_poll=long_poll, deadline=deadline, now=now)
            ):
                outcome = self._outcome(tracker, finding, deadline, now=at, is_shared=count > 1)
                shown = finding
                if isinstance(shown, Job):
                    if isinstance(outcome, Decision):
                        shown = with_decision(shown, outcome)
                    now = yield ShowJob(job=shown)
                if isinstance(outcome, Decision):
                    queue.add(tracker, outcome, at=at)
                else:
                    outcomes[tracker.id] = outcome
                    count -= 1

    def _poll(
        self, group: Sequence[Tracker], *, long_poll: int, deadline: float, now: float
    ) -> Steps[list[tuple[Tracker, Finding, float]]]:
        """Request jobs, together if possible; return what was found about each, and when."""
        if len(group) > 1:
            try:
                return (yield from self._poll_together(group, deadline=deadline))
            except (InvalidRequest, JobNotFound, UnexpectedResponse):
                self.can_share = False
                logger.info("the server does not support lists of ids; polling each job alone")
        findings: list[tuple[Tracker, Finding, float]] = []
        for tracker in group:
            try:
                job, at = yield from self.follower.poll(
                    tracker, long_poll=long_poll, deadline=deadline
                )
            except SHARED_ERRORS as error:
                if not (tracker.is_polled_alone and isinstance(error, ServerUnavailable)):
                    raise
                findings.append((tracker, None, now))
            except TranslationClientError as error:
                findings.append((tracker, _error_about(tracker, error), now))
            else:
                findings.append((tracker, job, at))
        return findings

    def _poll_together(
        self, group: Sequence[Tracker], *, deadline: float
    ) -> Steps[list[tuple[Tracker, Finding, float]]]:
        """Request several jobs at once."""
        dialect = self.follower.dialect

        def read(response: Response) -> tuple[JobBatch, Response]:
            return dialect.read_batch(response), response

        request = dialect.get_jobs([tracker.id for tracker in group])
        batch, response = yield from self.follower.sender.send(request, read, deadline=deadline)
        findings: list[tuple[Tracker, Finding, float]] = []
        for tracker in group:
            finding: Finding = None
            if tracker.id in batch.not_found:
                finding = JobNotFound(f"job {tracker.id} does not exist", job=tracker.job)
            elif (job := batch.jobs.get(tracker.id)) is not None:
                finding = observe(job, response, dialect=dialect, previous=tracker.observation)
                try:
                    self.follower.note(tracker, finding)
                except UnexpectedResponse as error:
                    finding = error
            findings.append((tracker, finding, response.ended_at))
        return findings

    def _outcome(
        self, tracker: Tracker, finding: Finding, deadline: float, *, now: float, is_shared: bool
    ) -> JobOutcome | Decision:
        """Return how waiting for a job ended, or when to poll it next."""
        if isinstance(finding, Job):
            tracker.failures = 0
            if finding.is_finished:
                return finding
            decision = self.follower.decide(tracker, now, deadline, is_shared=is_shared)
            return timed_out(finding, decision.reason) if decision.gives_up else decision
        if finding is not None:
            return finding
        tracker.failures += 1
        tracker.is_polled_alone = True
        problem = f"no usable response about job {tracker.id}"
        if tracker.failures > self.max_retries:
            return ServerUnavailable(problem, job=tracker.job)
        left = deadline - now
        if left < DEADLINE_PRECISION:
            return timed_out(tracker.job, problem)
        pause = self.follower.sender.pause(tracker.failures)
        return Decision(seconds=min(pause, left), reason=problem)


def require_jobs(outcomes: Mapping[str, JobOutcome]) -> dict[str, Job]:
    """Return the finished jobs by id, or raise `WaitFailed` if waiting for any of them failed."""
    jobs = {job_id: job for job_id, job in outcomes.items() if isinstance(job, Job)}
    errors = {job_id: error for job_id, error in outcomes.items() if not isinstance(error, Job)}
    if not errors:
        return jobs
    named = ", ".join(islice(errors, MAX_NAMED))
    if len(errors) > MAX_NAMED:
        named = f"{named} and {len(errors) - MAX_NAMED} more"
    failed = list(errors.values())
    raise wait_error(
        f"waiting failed for {len(errors)} of {len(outcomes)} jobs"
        f" ({count_causes(failed)}): {named}",
        failed,
        jobs=jobs,
    )


def _error_about(tracker: Tracker, error: TranslationClientError) -> TranslationClientError:
    """Return a copy of an error for one job; the message names a job that was never seen."""
    message = str(error) if tracker.job else f"job {tracker.id}: {error}"
    copy = type(error)(message, job=tracker.job, detail=error.detail)
    copy.__cause__ = error
    return copy
