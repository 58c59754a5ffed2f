"""What one wait has seen of one job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .experience import Estimate, claimed_spread
from .forecasts import traits_of, without_own_estimate
from .jobs import Job, Observation, Status
from .schedule import RESULT_PATIENCE, Knowledge

if TYPE_CHECKING:
    from .steps import JobTarget
    from .waits import Wait


class Tracker:
    """Keeps what one wait has seen of one job.

    `failures` counts unusable responses about the job in a row. `is_polled_alone` is set if the job
    must not share a request with others. `completed_at` is when a response first showed the job
    completed without its result, `last_pending` is the observation before. `lacks_details` says
    whether the last response was about several jobs. `notified_at` is when an event last caused a
    poll. `wait` says what other calls know of the job.
    """

    __slots__ = (
        "_last_estimate",
        "_outlived",
        "_wait",
        "completed_at",
        "estimates",
        "failures",
        "id",
        "is_polled_alone",
        "job",
        "lacks_details",
        "last_pending",
        "notified_at",
        "overdue_since",
        "unknown_statuses",
    )

    def __init__(self, target: JobTarget, *, wait: Wait) -> None:
        self.id = target if isinstance(target, str) else target.id
        self.job: Job | None = None
        self.estimates: list[Estimate] = []
        self.overdue_since: float | None = None
        self.failures = 0
        self.unknown_statuses = 0
        self.is_polled_alone = False
        self.completed_at: float | None = None
        self.last_pending: Observation | None = None
        self.lacks_details = False
        self.notified_at: float | None = None
        self._last_estimate: Estimate | None = None
        self._outlived = 0
        self._wait = wait
        if isinstance(target, Job):
            self.note(target)

    @property
    def ended_job(self) -> Job | None:
        """The job if another call has seen its end."""
        return self._wait.ended.get(self.id)

    def has_ended(self) -> bool:
        """Whether another call has seen the job's end."""
        return self.id in self._wait.ended

    def has_news(self) -> bool:
        """Whether another call has seen the job's end, or an event has been about the job."""
        return self.has_ended() or self.id in self._wait.notified

    def take_notification(self, now: float) -> None:
        """Note that the next poll is at `now`, and whether an event is a reason for it."""
        if self.id in self._wait.notified:
            self._wait.notified.discard(self.id)
            self.notified_at = now

    @property
    def observation(self) -> Observation | None:
        return self.job.observation if self.job else None

    def awaits_result(self, now: float) -> bool:
        """Note that a completed job has no result at `now`; return whether to wait for that."""
        if self.completed_at is None:
            self.completed_at, self.last_pending = now, self.observation
        return now - self.completed_at < RESULT_PATIENCE

    def note(self, job: Job) -> None:
        """Note what a response shows of the job."""
        self.job = job = without_own_estimate(job)
        self.unknown_statuses = 0 if job.status in tuple(Status) else self.unknown_statuses + 1
        observation, seconds = job.observation, job.estimated_time_remaining
        if job.is_finished or observation is None:
            return
        now = observation.received_at
        if self._last_estimate is not None:
            is_outlived = now - self._last_estimate.received_at > self._last_estimate.seconds
            self._outlived = self._outlived + 1 if is_outlived else 0
            self._last_estimate = None
        if seconds is None or seconds > 0.0:
            self.overdue_since = None
        elif self.overdue_since is None:
            self.overdue_since = now
        if seconds is not None:
            self._last_estimate = Estimate(
                received_at=now,
                seconds=seconds,
                spread=claimed_spread(job.estimated_time_remaining_range),
            )
            self.estimates.append(self._last_estimate)

    def knowledge(self, now: float, *, deadline: float, long_poll_limit: float) -> Knowledge:
        """Return what is known of the job at `now`, when it was last seen."""
        job, observation = self.job, self.observation
        if job is None or observation is None:
            raise ValueError(f"job {self.id} must have been seen before a poll can be planned")
        created_at = observation.job_created_at
        has_estimate = job.estimated_time_remaining is not None
        return Knowledge(
            elapsed=max(now - observation.first_seen_at, 0.0),
            age=None if created_at is None else max(now - created_at, 0.0),
            estimate=job.estimated_time_remaining,
            estimate_range=job.estimated_time_remaining_range,
            outlived=self._outlived,
            overdue=0.0 if self.overdue_since is None else max(now - self.overdue_since, 0.0),
            floor=0.0 if has_estimate else observation.retry_after or 0.0,
            time_left=max(deadline - now, 0.0),
            long_poll_limit=long_poll_limit,
            traits=traits_of(job),
        )
