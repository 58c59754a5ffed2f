"""Jobs: the facts of each, and what they mean at an instant."""

import json
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models.assets import Asset
from vid_trans_api.models.batches import Batch
from vid_trans_api.models.changes import publish_job_changes
from vid_trans_api.models.details import JobDetails
from vid_trans_api.models.facts import JobFacts, JobVersion
from vid_trans_api.models.fields import ValueField
from vid_trans_api.models.job_queries import JobQuerySet
from vid_trans_api.models.proofreads import Proofread
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.counters import count_request
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import CANCELED, Estimate, Failure, Operation, Snapshot, Status


class JobEnded(Exception):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} has already ended, so it cannot be changed.")


class Job(models.Model):
    """One video to translate into one language: the facts, from which its status follows."""

    number = models.BigAutoField(primary_key=True, help_text="Order of creation.")
    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, db_index=False, related_name="jobs"
    )
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
    result_at = models.DateTimeField(
        null=True, help_text="When its result can be downloaded, if that is after its end."
    )
    is_queued = models.BooleanField(
        default=False, help_text="Whether it waited, or waits, until fewer jobs run at once."
    )
    begins_at = models.DateTimeField(
        null=True,
        help_text="When a queued job is, or was, its turn; empty if that is unknown, and for"
        " others.",
    )
    outcome = models.CharField(
        max_length=9,
        blank=True,
        choices=[(status.value, status.label) for status in Status if status.is_terminal],
        help_text="Its status once it has ended; empty if that is unknown.",
    )
    failure = ValueField(Failure, null=True, help_text="Why it ends in error, if it does.")
    plan = ValueField(Plan, null=True, help_text="How it is simulated; empty if it is not.")
    video_duration = models.FloatField(
        null=True, help_text="Seconds of video; empty for jobs of older versions."
    )
    details = ValueField(JobDetails, null=True, help_text="What only HeyGen's API reports.")
    asset = models.ForeignKey(
        Asset,
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="jobs",
        help_text="The uploaded video.",
    )
    proofread = models.ForeignKey(
        Proofread,
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="jobs",
        help_text="The proofread that it was generated from.",
    )
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.CASCADE, db_index=False, related_name="jobs"
    )
    batch_position = models.PositiveIntegerField(null=True, help_text="Counted from 0.")
    is_reported = models.BooleanField(
        default=True, help_text="Whether its end is reported to endpoints, or none is to get it."
    )
    # Text that only fault rules read: as JSON, every read of a job would take longer.
    counters = models.TextField(
        blank=True, help_text="How many requests each of its rules matched, as JSON."
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        # Each list of jobs, newest first, is read off one of these: the order is in the index, and
        # the instants are compared without reading the job itself.
        indexes = (
            models.Index("workspace", "number", name="newest"),
            models.Index("workspace", "target_language", "number", name="newest_by_language"),
            models.Index("workspace", "outcome", "number", "finishes_at", name="newest_by_outcome"),
            models.Index(
                "workspace",
                "target_language",
                "outcome",
                "number",
                name="newest_by_language_outcome",
            ),
            models.Index("workspace", "finishes_at", "target_language", name="pending"),
            models.Index(  # in the order of `newest_pending`
                "workspace",
                (F("number") + 0).desc(),
                "target_language",
                name="endless",
                condition=Q(finishes_at__isnull=True),
            ),
            # The admin lists the jobs of all workspaces.
            models.Index("outcome", "number", "finishes_at", name="newest_by_outcome_of_all"),
            # PostgreSQL has NULL first then, and may read all pending ones from the beginning.
            models.Index(F("finishes_at").desc(), name="pending_of_all"),
            models.Index("created_at", name="created"),
            # Most jobs have none of these, and are in none of the indexes.
            models.Index(
                "batch", "batch_position", name="of_batch", condition=Q(batch__isnull=False)
            ),
            models.Index("asset", name="of_asset", condition=Q(asset__isnull=False)),
            models.Index("proofread", name="of_proofread", condition=Q(proofread__isnull=False)),
            models.Index(
                "workspace", "finishes_at", name="queued_jobs", condition=Q(is_queued=True)
            ),
            models.Index(
                "workspace",
                "finishes_at",
                "number",
                name="unreported_jobs",
                condition=Q(is_reported=False),
            ),
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

    @property
    def version(self) -> JobVersion:
        return JobVersion(self.finishes_at, self.workspace.clock)

    def age(self, now: datetime) -> float:
        """Return the seconds since it was created, at that instant of its workspace."""
        return _seconds(self.created_at, now)

    def at(self, now: datetime, *, with_estimate: bool = True) -> Snapshot:
        """Return what this job's facts mean at that instant of its workspace.

        Without the estimate and the progress, this takes a third of the time.
        """
        end, start = self.finishes_at, self.started_at
        if end is not None and end > now:
            end = None
        status = Status.PENDING if end is None else Status(self.outcome)
        estimated = self._estimate(now if end is None else end) if with_estimate else None
        estimate, progress = estimated or (None, None)
        plan: Plan | None = self.plan
        is_completed = status is Status.COMPLETED
        return Snapshot(
            status=status,
            age=_seconds(self.created_at, now),
            progress=1.0 if is_completed else progress,
            estimate=estimate if end is None else None,
            finished_at=end,
            failure=self.failure if status is Status.ERROR else None,
            has_started=start is not None and start <= now,
            has_result=is_completed and (self.result_at is None or self.result_at <= now),
            is_silent=plan is not None and plan.is_silent,
        )

    def _estimate(self, now: datetime) -> tuple[Estimate, float] | None:
        """Return the estimate and the progress of its plan; None if there is none.

        A queued job's plan begins at its turn. Until then, the wait is added to the estimate.
        """
        plan: Plan | None = self.plan
        if plan is None:
            return None
        if not self.is_queued:
            return plan.estimate_after(_seconds(self.created_at, now))
        if self.begins_at is None:
            return None
        estimated = plan.estimate_after(_seconds(self.begins_at, now))
        if estimated is None or self.begins_at <= now:
            return estimated
        return estimated[0].later(_seconds(now, self.begins_at)), 0.0

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
        publish_job_changes([self.public_id], workspace_id=self.workspace_id)

    @property
    def facts(self) -> JobFacts:
        """What its engine has decided."""
        return JobFacts(
            started_at=self.started_at,
            finishes_at=self.finishes_at,
            result_at=self.result_at,
            outcome=Status(self.outcome) if self.outcome else None,
            failure=self.failure,
            video_duration=self.video_duration,
            plan=self.plan,
        )

    def set_facts(self, facts: JobFacts) -> None:
        """Store how this job continues. Needs the lock."""
        for name, value in facts.columns().items():
            setattr(self, name, value)
        self.save(update_fields=[*facts.columns()])
        publish_job_changes([self.public_id], workspace_id=self.workspace_id)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        publish_job_changes([self.public_id], workspace_id=self.workspace_id)
        return deleted


def _seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants; 0 if the clock was set back between them."""
    return max(0.0, (end - start).total_seconds())
