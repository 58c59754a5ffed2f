"""Jobs: the facts of each, and what they mean at an instant."""

import json
from datetime import datetime

from django.db import models

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models.changes import publish_job_change
from vid_trans_api.models.facts import JobFacts
from vid_trans_api.models.fields import ValueField
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.counters import count_request
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import CANCELED, Failure, Operation, Snapshot, Status


class JobEnded(Exception):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} has already ended, so it cannot be changed.")


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
        "ends", null=True, help_text="When it ends; empty if that is unknown."
    )
    canceled_at = models.DateTimeField(
        "canceled", null=True, help_text="When it was canceled; empty if it was not."
    )
    outcome = models.CharField(
        max_length=9,
        blank=True,
        choices=[(status.value, status.label) for status in Status if status.is_terminal],
        help_text="Its status once it has ended; empty if that is unknown.",
    )
    failure = ValueField(Failure, null=True, help_text="Why it ends in error, if it does.")
    plan = ValueField(Plan, null=True, help_text="How it is simulated; empty if it is not.")
    # Text that only fault rules read: as JSON, every read of a job would take longer.
    counters = models.TextField(
        blank=True, help_text="How many requests each of its rules matched, as JSON."
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        # Each list of jobs, newest first, is read off one of these: the order is in the index, and
        # the instants are compared without reading the job itself.
        indexes = (
            models.Index("workspace", "target_language", name="newest_by_language"),
            models.Index("workspace", "outcome", "number", "finishes_at", name="newest_by_outcome"),
            models.Index(
                "workspace", "target_language", "outcome", name="newest_by_language_outcome"
            ),
            models.Index("workspace", "finishes_at", "target_language", name="pending"),
            # The admin lists the jobs of all workspaces.
            models.Index("outcome", "number", "finishes_at", name="newest_by_outcome_of_all"),
            models.Index("finishes_at", name="pending_of_all"),
            models.Index("created_at", name="created"),
        )

    def __str__(self) -> str:
        return self.title or self.short_id

    @property
    def short_id(self) -> str:
        return self.public_id[:8]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The fault rules of its own."""
        return self.plan.faults if self.plan else ()

    @property
    def scenario(self) -> str:
        """The name of its scenario, or ""."""
        return (self.plan and self.plan.scenario) or ""

    def seen(self, server_time: datetime) -> Snapshot:
        """Return what this job is when the server's clock reads `server_time`."""
        return self.at(self.workspace.now(server_time))

    def age(self, now: datetime) -> float:
        """Return the seconds since it was created, at that instant of its workspace."""
        return _seconds(self.created_at, now)

    def at(self, now: datetime) -> Snapshot:
        """Return what this job's facts mean at that instant of its workspace."""
        plan: Plan | None = self.plan
        end = self.finishes_at
        if end is not None and end > now:
            end = None
        status = Status.PENDING if end is None else Status(self.outcome)
        age = _seconds(self.created_at, now)
        elapsed = age if end is None else _seconds(self.created_at, end)
        estimate, progress = (plan and plan.estimate_after(elapsed)) or (None, None)
        return Snapshot(
            status=status,
            age=age,
            progress=1.0 if status is Status.COMPLETED else progress,
            estimate=estimate if end is None else None,
            finished_at=end,
            failure=self.failure if status is Status.ERROR else None,
            is_silent=plan is not None and plan.is_silent,
        )

    def count_request(
        self,
        operation: Operation,
        *,
        now: datetime,
        has_fault: bool = False,
        arrived_at: datetime | None = None,
    ) -> Rule | None:
        """Count a request by this job's rules; return the rule that applies. Needs the lock.

        No rule applies if one of another job does already, and it `has_fault`. After a long poll,
        `arrived_at` is when it came and was counted: the rules that matched it then are left out.
        """
        if not self.rules:
            return None
        try:
            self.refresh_from_db(fields=["counters"])
        except Job.DoesNotExist:  # deleted since it was found
            return None
        known = json.loads(self.counters) if self.counters else None
        rule, counters = count_request(
            self.rules,
            known,
            operation=operation,
            ages=[self.age(now)],
            seed=self.plan.seed,
            has_fault=has_fault,
            ages_on_arrival=None if arrived_at is None else [self.age(arrived_at)],
        )
        if counters != known:
            self.counters = json.dumps(counters)
            self.save(update_fields=["counters"])
        return rule

    def cancel(self, now: datetime) -> None:
        """End this job as canceled. Do nothing if it was canceled before. Needs the lock.

        Raises JobEnded if it ended in any other way.
        """
        if self.at(now).status.is_terminal:
            if self.canceled_at is None:
                raise JobEnded(self.public_id)
            return
        self.canceled_at = now
        if self.started_at and self.started_at > now:
            self.started_at = None
        self.finishes_at, self.outcome, self.failure = now, Status.ERROR, CANCELED
        self.save(update_fields=["started_at", "finishes_at", "canceled_at", "outcome", "failure"])
        publish_job_change(self.public_id)

    def set_facts(self, facts: JobFacts) -> None:
        """Store how this job continues. Needs the lock."""
        self.started_at, self.finishes_at = facts.started_at, facts.finishes_at
        self.outcome, self.failure = facts.outcome or "", facts.failure
        self.plan = facts.plan
        self.save(update_fields=["started_at", "finishes_at", "outcome", "failure", "plan"])
        publish_job_change(self.public_id)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        publish_job_change(self.public_id)
        return deleted


def _seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants; 0 if the clock was set back between them."""
    return max(0.0, (end - start).total_seconds())
