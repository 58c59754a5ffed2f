"""Assets: files that clients have uploaded."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any, Self

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.db.models.signals import post_delete
from django.dispatch import receiver

from vid_trans_api.models.batch_queries import BatchQuerySet
from vid_trans_api.models.database import without_nul
from vid_trans_api.models.workspaces import Workspace


class AssetQuerySet(BatchQuerySet["Asset"]):
    def find(self, public_id: str, *, workspace: Workspace) -> "Asset | None":
        """Return an asset of a workspace, or None."""
        if workspace.pk is None:
            return None
        return self.filter(workspace=workspace, public_id=without_nul(public_id)).first()

    def lock_many(
        self, public_ids: Collection[str], primary_keys: Collection[int], *, workspace: Workspace
    ) -> list["Asset"]:
        """Return the assets of a workspace with these ids or keys; none is deleted meanwhile."""
        if not public_ids and not primary_keys:
            return []
        named = models.Q(public_id__in=list(map(without_nul, public_ids)))
        rows = self.filter(named | models.Q(pk__in=primary_keys), workspace=workspace)
        return list(rows.order_by("pk").select_for_update(no_key=True))

    def find_anywhere(self, public_id: str) -> "Asset | None":
        """Return an asset of any workspace, with the workspace, or None."""
        return self.select_related("workspace").filter(public_id=without_nul(public_id)).first()

    def total_size(self) -> int:
        """Return the bytes of all of them."""
        total: int = self.aggregate(total=Coalesce(models.Sum("size"), 0))["total"]
        return total

    def unused_since(self, instant: datetime) -> Self:
        """Return those that were uploaded before, and that nothing uses any more."""
        return self.filter(created_at__lt=instant, jobs=None, proofreads=None)

    def of_server_time(self) -> Self:
        """Return those of workspaces that have the server's time."""
        return self.filter(workspace__clock__isnull=True)


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
