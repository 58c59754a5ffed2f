"""Jobs: the facts of each, and what they mean at an instant."""

import json
from datetime import datetime, timedelta

from django.db import models, transaction

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models.fields import ValueField
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.workspaces import Clock, Workspace
from vid_trans_api.simulation.counters import count_request
from vid_trans_api.simulation.estimates import outlook
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.plans import Outcome, Plan, updated_plan
from vid_trans_api.snapshots import CANCELED, Estimate, Failure, Operation, Snapshot, Status


class JobEnded(Exception):
    """The job had already ended, so it can be neither canceled nor finished."""


class CannotUpdate(Exception):
    """The job cannot go on in the way that was asked for; the sentence says why."""


class Job(models.Model):
    """One video to translate into one language: the facts, from which its status follows."""

    number = models.BigAutoField(primary_key=True, help_text="Order of creation.")
    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs")
    title = models.CharField(max_length=200, blank=True)
    video_url = models.CharField("video URL", max_length=2000, blank=True)
    target_language = models.CharField(max_length=64, default=DEFAULT_LANGUAGE)
    created_at = models.DateTimeField("created")
    started_at = models.DateTimeField(
        "started", null=True, help_text="When it leaves the queue; empty if that is unknown."
    )
    finishes_at = models.DateTimeField(
        "ends", null=True, help_text="When it ends; empty while that is unknown."
    )
    canceled_at = models.DateTimeField(
        "canceled", null=True, help_text="When it was canceled; empty if it was not."
    )
    outcome = models.CharField(
        max_length=9,
        blank=True,
        choices=[(status.value, status.label) for status in Status if status.is_terminal],
        help_text="What it is once it has ended; empty while nobody knows.",
    )
    failure = ValueField(
        Failure, null=True, help_text="Why it ends in error, where that is its outcome."
    )
    plan = ValueField(
        Plan, null=True, help_text="How its simulation goes; empty if it is not simulated."
    )
    # Text that only rules read: as JSON, every read of a job would take longer.
    counters = models.TextField(blank=True, help_text="How often its rules met a request, as JSON.")

    objects = JobQuerySet.as_manager()

    class Meta:
        # Each list of jobs, newest first, is read off one of these: the order is in the index, and
        # what the instants rule out is seen without a look at the job itself.
        indexes = (
            models.Index("workspace", "target_language", name="newest_by_language"),
            models.Index("workspace", "outcome", "number", "finishes_at", name="newest_by_outcome"),
            models.Index(
                "workspace", "target_language", "outcome", name="newest_by_language_outcome"
            ),
            models.Index("workspace", "finishes_at", "target_language", name="pending"),
            # The admin looks at all workspaces at once.
            models.Index("outcome", "number", "finishes_at", name="newest_by_outcome_of_all"),
            models.Index("finishes_at", name="pending_of_all"),
            models.Index("created_at", name="created"),
        )

    def __str__(self) -> str:
        return self.title or self.short_id

    @property
    def short_id(self) -> str:
        return self.public_id[:8]

    def seen(self, real: datetime) -> Snapshot:
        """Return what this job is when the server's clock reads `real`."""
        return self.at(self.workspace.now(real))

    def age(self, now: datetime) -> float:
        """Return the seconds since it was created, at that instant of its workspace."""
        return _seconds(self.created_at, now)

    def at(self, now: datetime) -> Snapshot:
        """Return what this job's facts mean at that instant of its workspace."""
        end = self.finishes_at
        if end is not None and end > now:
            end = None
        status = Status.PENDING if end is None else Status(self.outcome)
        age = _seconds(self.created_at, now)
        guess = self._estimate_after(age if end is None else _seconds(self.created_at, end))
        return Snapshot(
            status=status,
            age=age,
            progress=1.0 if status is Status.COMPLETED else guess and guess[1],
            estimate=guess and guess[0] if end is None else None,
            finished_at=end,
            failure=self.failure if status is Status.ERROR else None,
            is_silent=self.plan.is_silent,
        )

    def _estimate_after(self, elapsed: float) -> tuple[Estimate, float] | None:
        estimate_model, duration = self.plan.estimate_model, self.plan.duration
        if estimate_model is None or duration is None:
            return None
        return outlook(estimate_model, duration=duration, elapsed=min(elapsed, duration))

    def count_request(
        self,
        operation: Operation,
        *,
        now: datetime,
        is_struck: bool = False,
        held_since: datetime | None = None,
    ) -> Rule | None:
        """Count a request by this job's rules, under the write lock; return what strikes.

        Nothing does where another job's rule has, and it `is_struck`. One that was held has been
        counted by the rules about it at `held_since`.
        """
        if not self.plan.faults:
            return None
        try:
            self.refresh_from_db(fields=["counters"])
        except Job.DoesNotExist:  # deleted since it was found
            return None
        known = json.loads(self.counters) if self.counters else None
        struck, counters = count_request(
            self.plan.faults,
            known,
            operation=operation,
            ages=[self.age(now)],
            seed=self.plan.seed,
            is_struck=is_struck,
            counted_at=None if held_since is None else [self.age(held_since)],
        )
        if counters != known:
            self.counters = json.dumps(counters)
            self.save(update_fields=["counters"])
        return struck

    def cancel(self, clock: Clock) -> None:
        """End this job now, as canceled; nothing changes where it was canceled before.

        Raises JobEnded where it had already ended. The clock is read once the write lock is held,
        so that no answer given before can be contradicted.
        """
        with transaction.atomic():
            self.refresh_from_db()
            now = self.workspace.now(clock())
            if self.at(now).status.is_terminal:
                if self._was_canceled():
                    return
                raise JobEnded
            self._end(now, outcome=Status.ERROR, failure=CANCELED)

    def _was_canceled(self) -> bool:
        """Tell a canceled job from one that was asked to fail with the very words of a cancel."""
        seconds = self.plan.ends_after
        has_run_out = seconds is not None and self.finishes_at == self.created_at + timedelta(
            seconds=seconds
        )
        return self.failure == CANCELED and not has_run_out

    def finish(self, clock: Clock) -> None:
        """End this job now, with the outcome it was dealt; a stuck one completes.

        Raises JobEnded where it had already ended.
        """
        self.update(clock, is_finished=True)

    def update(
        self,
        clock: Clock,
        *,
        outcome: Outcome | None = None,
        failure: Failure | None = None,
        duration: float | None = None,
        is_finished: bool = False,
    ) -> None:
        """Have this job go on in another way than it was dealt; what is None stays.

        `duration` is in seconds from its creation; a job that is to be finished ends now instead.
        Raises JobEnded where it had already ended, and CannotUpdate for what makes no sense.
        """
        with transaction.atomic():
            self.refresh_from_db()
            now = self.workspace.now(clock())
            if self.at(now).status.is_terminal:
                raise JobEnded
            if is_finished and self.plan.outcome is Outcome.STUCK:
                outcome = outcome or Outcome.COMPLETED
            if failure and (outcome or self.plan.outcome) is not Outcome.ERROR:
                raise CannotUpdate(
                    "It is not going to fail, so it has no error: give that outcome."
                )
            self.plan = updated_plan(self.plan, outcome=outcome, failure=failure, duration=duration)
            is_stuck = self.plan.outcome is Outcome.STUCK
            after = self.plan.ends_after
            end = None if after is None else self.created_at + timedelta(seconds=after)
            if is_finished:
                end = now
            elif end is not None and end <= now:
                raise CannotUpdate(
                    f"It has run for {_seconds(self.created_at, now):g} s, so it is too late to end"
                    f" after {after:g} s."
                )
            elif (end is None) is not is_stuck:
                raise CannotUpdate("It is stuck: say with what outcome and after what duration.")
            self._end(
                end,
                outcome=None if end is None else Status(self.plan.outcome),
                failure=self.plan.failure,
            )

    def _end(
        self, end: datetime | None, *, outcome: Status | None, failure: Failure | None
    ) -> None:
        """Write down when and how this job ends, None while nobody knows, and its plan."""
        self.finishes_at, self.outcome, self.failure = end, outcome or "", failure
        self.save(update_fields=["finishes_at", "outcome", "failure", "plan"])


def _seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants, 0 where the clock was set back between them."""
    return max(0.0, (end - start).total_seconds())
