"""Assets: files that clients have uploaded."""

from datetime import datetime
from functools import partial
from typing import Any, Self

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.db.models.signals import post_delete
from django.dispatch import receiver

from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace


class AssetQuerySet(PublicRowQuerySet["Asset"]):
    def total_size(self) -> int:
        """Return the bytes of all of them."""
        total: int = self.aggregate(total=Coalesce(models.Sum("size"), 0))["total"]
        return total

    def unused_since(self, instant: datetime) -> Self:
        """Return those that were uploaded before, and that nothing uses any more."""
        return self.filter(created_at__lt=instant, jobs=None, proofreads=None)


class Asset(models.Model):
    """An uploaded file."""

    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assets")
    name = models.CharField(max_length=255, help_text="The file's name, as the client gave it.")
    file = models.FileField(max_length=200)
    mime_type = models.CharField(max_length=64, help_text="What its bytes are.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    duration = models.FloatField(
        null=True, help_text="Seconds of video or sound; empty if it is neither."
    )
    created_at = models.DateTimeField("created")

    objects = AssetQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("workspace", "created_at", name="assets_by_age"),)

    def __str__(self) -> str:
        return self.name or self.public_id


@receiver(post_delete, sender=Asset)
def _delete_file(instance: Asset, **_: Any) -> None:
    """Delete the file of a deleted row, once that cannot be undone."""
    delete = partial(instance.file.storage.delete, str(instance.file.name))
    transaction.on_commit(delete, robust=True)
