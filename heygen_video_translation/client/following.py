"""Following one job to its end: which step comes next."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import UnexpectedResponse, WaitStopped
from .forecasts import with_own_estimate
from .jobs import Job, Status
from .poll_queue import GATHERING_SHARE
from .responses import observe
from .retries import Pointless, stopped, timed_out
from .schedule import (
    DEADLINE_PRECISION,
    Decision,
    decide,
    sleep_until_result,
    whole_seconds,
)
from .steps import ShowJob, Sleep
from .targets import id_of
from .tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from .dialects.base import Dialect
    from .experience import Experience
    from .jobs import Observation
    from .learning import Learner
    from .long_polls import LongPolls
    from .messages import Response
    from .retries import Sender
    from .steps import JobTarget, Steps
    from .waits import Waits

logger = logging.getLogger(__package__)

MAX_UNKNOWN_STATUSES = 100
"""Number of responses in a row with an unknown status after which the wait ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Follows jobs on one server. `random` draws the jitter, from 0 to 1; intervals are seconds.

    `lateness_cost` is what a second of lateness costs, in polls.
    """

    sender: Sender
    dialect: Dialect
    long_polls: LongPolls
    learner: Learner
    waits: Waits
    min_interval: float
    max_interval: float
    lateness_cost: float
    random: Callable[[], float]

    def follow(
        self, target: JobTarget, *, deadline: float, now: float, shows_finished: bool = False
    ) -> Steps[Job]:
        """Follow a job to its end and return it, showing the job of every response.

        Arguments:
            target: the job or its id.
            deadline: instant on the client's clock; `PollingTimeout` if it comes first.
            now: the time on the client's clock.
            shows_finished: whether to show a `target` that is finished already, too.

        """
        if isinstance(target, Job) and target.is_finished:
            if shows_finished:
                yield ShowJob(job=target)
            return target
        with self.waits.add([id_of(target)]) as wait:
            tracker = Tracker(target, wait=wait)
            first, at = self.first_decision(tracker, now, deadline)
            self.log_first_decision(tracker, first, at=at, now=now)
            steps = self._follow_from(tracker, first, at=at, deadline=deadline, now=now)
            try:
                return (yield from steps)
            except WaitStopped as error:
                raise stopped(self.last_seen(tracker), name=f"job {tracker.id}") from error

    def _follow_from(
        self, tracker: Tracker, decision: Decision, *, at: float, deadline: float, now: float
    ) -> Steps[Job]:
        """Follow a job to its end, starting with a decision that was made at `at`."""
        due = at + decision.seconds
        while not decision.gives_up:
            now = yield Sleep(seconds=max(due - now, 0.0), is_over=tracker.has_news)
            tracker.take_notification(now)
            long_poll = min(decision.long_poll, whole_seconds(deadline - now))
            job, at = yield from self.poll(tracker, long_poll=long_poll, deadline=deadline)
            if job.is_finished:
                yield ShowJob(job=job)
                return job
            decision = self.decide(tracker, at, deadline)
            due = at + decision.seconds
            now = yield ShowJob(job=with_decision(job, decision, self.learner.experience))
        raise timed_out(self.last_seen(tracker), decision.reason)

    def poll(
        self,
        tracker: Tracker,
        *,
        long_poll: int = 0,
        deadline: float = math.inf,
        max_retries: int | None = None,
    ) -> Steps[tuple[Job, float]]:
        """Request one job; return it and when the response arrived.

        There is no request, and no retry, if another call has seen the job's end.
        """
        if tracker.has_ended():
            return self._ended(tracker)
        try:
            job, response = yield from self.sender.send(
                self.dialect.get_job(tracker.id, long_poll=long_poll),
                self._reader(previous=tracker.job),
                deadline=deadline,
                job=tracker.job,
                max_retries=max_retries,
                is_over=tracker.has_ended,
            )
        except Pointless:
            return self._ended(tracker)
        if response.long_poll:
            self.long_polls.note(response, job)
        tracker.lacks_details = False
        return self.note(tracker, job), response.ended_at

    def _ended(self, tracker: Tracker) -> tuple[Job, float]:
        """Return a job whose end another call has seen, and when that was."""
        job = tracker.ended_job
        if job is None or job.observation is None:
            raise ValueError(f"the end of job {tracker.id} must have been seen")
        self.note(tracker, job)
        return job, job.observation.received_at

    def note(self, tracker: Tracker, job: Job) -> Job:
        """Note what a response shows of a job, and learn from its end. Return what counts.

        A completed job counts as pending until its result is there, but not for long.
        Raises `UnexpectedResponse` if the job's status is not going to become a known one.
        """
        previous, seen = tracker.observation, job.observation
        if self.dialect.lacks_result(job) and seen and tracker.awaits_result(seen.received_at):
            job = replace(job, status=Status.PENDING)
        if tracker.completed_at is not None:
            previous = tracker.last_pending
        tracker.note(job)
        if job.is_finished:
            logger.info("%s", job)
            self.learner.learn(tracker, job, previous=_until_event(previous, tracker.notified_at))
            return job
        unknown = tracker.unknown_statuses
        if unknown >= MAX_UNKNOWN_STATUSES or (unknown and job.finished_at):
            known = ", ".join(Status)
            raise UnexpectedResponse(
                f"job {job.id} has the unknown status {job.status!r}; known are {known}", job=job
            )
        return job

    def first_decision(
        self, tracker: Tracker, now: float, deadline: float, *, is_shared: bool = False
    ) -> tuple[Decision, float]:
        """Return when to poll a job first, and the instant from which that counts.

        A job with an observation is treated as if it had been polled then.
        """
        seen = tracker.observation
        if seen is None or seen.is_replay or seen.received_at > now:
            return Decision(seconds=0.0, reason="not polled yet"), now
        at = seen.received_at
        return self.decide(tracker, at, deadline, is_shared=is_shared), at

    def log_first_decision(
        self, tracker: Tracker, decision: Decision, *, at: float, now: float
    ) -> None:
        """Log how long it takes from now to the first poll, if the job has been seen before."""
        if tracker.job is not None:
            left = replace(decision, seconds=max(at + decision.seconds - now, 0.0))
            with_decision(tracker.job, left, self.learner.experience)

    def last_seen(self, tracker: Tracker) -> Job | None:
        """Return the job as last seen, with the client's own estimate if the server sent none."""
        return tracker.job and with_own_estimate(tracker.job, self.learner.experience)

    def decide(
        self, tracker: Tracker, now: float, deadline: float, *, is_shared: bool = False
    ) -> Decision:
        """Return when to poll a job next.

        If other jobs are waited for too (`is_shared`), there are no long polls, which would delay
        the others, and the longest interval leaves room to wait for their polls. A job whose event
        has come, although it had not ended, is polled as if there were no events.
        """
        if tracker.completed_at is not None:
            return _decide_on_result(tracker, tracker.completed_at, now, deadline)
        return decide(
            tracker.knowledge(
                now,
                deadline=deadline,
                long_poll_limit=0.0 if is_shared else self.long_polls.limit,
            ),
            self.learner.experience,
            min_interval=self.min_interval,
            max_interval=self.max_interval,
            lateness_cost=self.lateness_cost if tracker.notified_at is None else 1.0,
            headroom=GATHERING_SHARE if is_shared else 0.0,
            jitter=self.random(),
        )

    def _reader(self, *, previous: Job | None) -> Callable[[Response], tuple[Job, Response]]:
        def read(response: Response) -> tuple[Job, Response]:
            job = self.dialect.read_job(response)
            return observe(job, response, dialect=self.dialect, previous=previous), response

        return read


def _decide_on_result(
    tracker: Tracker, completed_at: float, now: float, deadline: float
) -> Decision:
    """Return when to request a completed job whose result has not been seen."""
    left, reason = deadline - now, "completed, but its result is not there yet"
    if left < DEADLINE_PRECISION:
        return Decision(seconds=0.0, reason=reason, gives_up=True)
    seconds = 0.0 if tracker.lacks_details else sleep_until_result(now - completed_at)
    return Decision(seconds=min(seconds, left), reason=reason)


def _until_event(previous: Observation | None, notified_at: float | None) -> Observation | None:
    """Return the last observation of a pending job, made later if an event reported its end.

    Such a job ended just before the event, not half-way between two polls.
    """
    if previous is None or notified_at is None:
        return previous
    return replace(previous, received_at=max(previous.received_at, notified_at))


def with_decision(job: Job, decision: Decision, experience: Experience) -> Job:
    """Return the job with an estimate and the decision that followed from it, and log them."""
    job = replace(with_own_estimate(job, experience), next_poll=decision)
    logger.info("%s", job)
    return job
