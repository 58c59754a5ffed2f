"""Assets: files that clients have uploaded."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Self

from django.db import models, transaction
from django.db.models.functions import Coalesce, Greatest
from django.db.models.signals import post_delete
from django.dispatch import receiver

from vid_trans_api.models.database import without_nul
from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace

SMALLEST_SPACE: Final = 4096
"""How many bytes a file counts as at least: file systems and the database need as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedSpace:
    """How many bytes files take, each at least SMALLEST_SPACE."""

    of_all: int
    of_workspace: int
    newest: int
    """The primary key of the newest one."""


NO_SPACE: Final = UsedSpace(of_all=0, of_workspace=0, newest=0)


class AssetQuerySet(PublicRowQuerySet["Asset"]):
    def lock_many(
        self, public_ids: Collection[str], primary_keys: Collection[int], *, workspace: Workspace
    ) -> list["Asset"]:
        """Return the assets of a workspace with these ids or keys; none is deleted meanwhile."""
        if not public_ids and not primary_keys:
            return []
        named = models.Q(public_id__in=list(map(without_nul, public_ids)))
        rows = self.filter(named | models.Q(pk__in=primary_keys), workspace=workspace)
        return list(rows.order_by("pk").select_for_update(no_key=True))

    def space_for(self, workspace: Workspace, *, known: UsedSpace = NO_SPACE) -> UsedSpace:
        """Return what the files take; only those that are newer than what is known are added."""
        each = Greatest("size", models.Value(SMALLEST_SPACE))
        newer = self.filter(pk__gt=known.newest).aggregate(
            newest=models.Max("pk"),
            of_all=Coalesce(models.Sum(each), 0),
            of_workspace=Coalesce(models.Sum(each, filter=models.Q(workspace=workspace.pk)), 0),
        )
        return UsedSpace(
            newest=newer["newest"] or known.newest,
            of_all=known.of_all + newer["of_all"],
            of_workspace=known.of_workspace + newer["of_workspace"],
        )

    def stored_names(self, names: Collection[str]) -> set[str]:
        """Return those of the names that are files of assets."""
        return set(self.filter(file__in=names).values_list("file", flat=True))

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
