"""Batches: translations that were created by one request."""

from django.db import models

from vid_trans_api.models.workspaces import Workspace


class BatchQuerySet(models.QuerySet["Batch"]):
    def find(self, public_id: str, *, workspace: Workspace) -> "Batch | None":
        """Return a batch of a workspace, or None."""
        if workspace.pk is None:
            return None
        return self.filter(workspace=workspace, public_id=public_id).first()


class Batch(models.Model):
    """Jobs that were created together. Its state follows from theirs."""

    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="batches")
    title = models.CharField(max_length=200, blank=True)
    callback_url = models.CharField("callback URL", max_length=2000, blank=True)
    created_at = models.DateTimeField("created")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.title or self.public_id[:8]
