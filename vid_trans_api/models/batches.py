"""Batches: translations that were created by one request."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from vid_trans_api.models.database import without_nul
from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace


class JobBatchQuerySet(PublicRowQuerySet["Batch"]):
    def find_many(self, public_ids: Collection[str], *, workspace: Workspace) -> dict[int, "Batch"]:
        """Return the batches of a workspace with these ids, by their primary keys."""
        if not public_ids:
            return {}
        found = self.filter(
            workspace_id=workspace.pk, public_id__in=list(map(without_nul, public_ids))
        )
        return {batch.pk: batch for batch in found}

    def all_reported(self) -> Self:
        """Return those that are not reported themselves, but all of whose jobs are."""
        unreported = models.Q(jobs__is_reported=False)
        return self.filter(is_reported=False).exclude(unreported).order_by("pk")

    def empty_since(self, instant: datetime) -> Self:
        """Return those that were created before, and whose jobs are all deleted."""
        return self.filter(created_at__lt=instant, jobs=None)


class Batch(models.Model):
    """Jobs that were created together. Its state follows from theirs."""

    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="batches")
    title = models.CharField(max_length=200, blank=True)
    callback_url = models.CharField("callback URL", max_length=2000, blank=True)
    created_at = models.DateTimeField("created")
    is_reported = models.BooleanField(
        default=True, help_text="Whether its end is reported to endpoints, or none is to get it."
    )

    objects = JobBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes = (
            models.Index("workspace", name="unreported_batches", condition=Q(is_reported=False)),
        )

    def __str__(self) -> str:
        return self.title or self.public_id[:8]
