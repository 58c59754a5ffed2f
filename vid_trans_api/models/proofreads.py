"""Proofreads: drafts of a translation's text, which are corrected before a video is made."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models

from vid_trans_api.models.assets import Asset
from vid_trans_api.models.compiled import Named
from vid_trans_api.models.database import without_nul
from vid_trans_api.models.details import JobDetails
from vid_trans_api.models.fields import ValueField
from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import Failure, Status


class ProofreadQuerySet(PublicRowQuerySet["Proofread"]):
    def lock_many(self, public_ids: Collection[str], *, workspace: Workspace) -> list["Proofread"]:
        """Return the proofreads of a workspace with these ids; none is deleted meanwhile."""
        if not public_ids:
            return []
        rows = self.filter(workspace=workspace, public_id__in=list(map(without_nul, public_ids)))
        return list(rows.order_by("pk").select_for_update(no_key=True))

    def pending(self, now: datetime) -> Self:
        return self.filter(models.Q(finishes_at__gt=now) | models.Q(finishes_at=None))

    def unreported(self, now: datetime | Named) -> Self:
        """Return those that have ended and are not reported, in the order of their ends."""
        return self.filter(is_reported=False, finishes_at__lte=now).order_by("finishes_at", "pk")

    def next_end(self, now: datetime) -> datetime | None:
        """Return when the first of the pending ones ends; None if that is unknown."""
        ends = self.filter(finishes_at__gt=now).order_by("finishes_at")
        return ends.values_list("finishes_at", flat=True).first()

    def unused_since(self, instant: datetime) -> Self:
        """Return those without jobs that ended before, or that never end and are older."""
        is_stuck = models.Q(finishes_at=None, created_at__lt=instant)
        return self.filter(
            models.Q(finishes_at__lt=instant, is_reported=True) | is_stuck, jobs=None
        )


class Proofread(models.Model):
    """The facts of one proofread, from which its status follows."""

    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="proofreads")
    title = models.CharField(max_length=200)
    video_url = models.CharField("video URL", max_length=2000, blank=True)
    asset = models.ForeignKey(
        Asset, null=True, on_delete=models.SET_NULL, related_name="proofreads"
    )
    target_language = models.CharField(max_length=64)
    details = ValueField(JobDetails, null=True)
    video_duration = models.FloatField(help_text="Seconds.")
    created_at = models.DateTimeField("created")
    finishes_at = models.DateTimeField(
        "ends", null=True, help_text="When it ends; empty if that is unknown."
    )
    outcome = models.CharField(
        max_length=9, blank=True, help_text="Its status once it has ended; empty if unknown."
    )
    failure = ValueField(Failure, null=True, help_text="Why it ends in error, if it does.")
    plan = ValueField(Plan, null=True, help_text="How the job that it generates is simulated.")
    is_reported = models.BooleanField(
        default=True, help_text="Whether its end is reported to endpoints, or none is to get it."
    )
    srt = models.TextField(blank=True, help_text="The corrected captions; empty before.")

    objects = ProofreadQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(
                "workspace",
                "finishes_at",
                name="unreported_proofreads",
                condition=models.Q(is_reported=False),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def status_at(self, now: datetime) -> Status:
        """Return its status at that instant of its workspace."""
        if self.finishes_at is None or self.finishes_at > now:
            return Status.PENDING
        return Status(self.outcome)
