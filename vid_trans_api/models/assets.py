"""Assets: files that clients have uploaded."""

from django.db import models

from vid_trans_api.models.batch_queries import BatchQuerySet
from vid_trans_api.models.workspaces import Workspace


class AssetQuerySet(BatchQuerySet["Asset"]):
    def find(self, public_id: str, *, workspace: Workspace) -> "Asset | None":
        """Return an asset of a workspace, or None."""
        if workspace.pk is None:
            return None
        return self.filter(workspace=workspace, public_id=public_id).first()


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
