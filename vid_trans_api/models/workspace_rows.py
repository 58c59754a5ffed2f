"""Queries of tables whose rows belong to workspaces."""

from typing import Self, TypeVar

from django.db import models

from vid_trans_api.models.chunks import ChunkedQuerySet
from vid_trans_api.models.database import without_nul
from vid_trans_api.models.workspaces import Workspace

_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)


class WorkspaceRowQuerySet(ChunkedQuerySet[_Row_co]):
    def of_server_time(self) -> Self:
        """Return those of workspaces that have the server's time."""
        return self.filter(workspace__clock__isnull=True)


class PublicRowQuerySet(WorkspaceRowQuerySet[_Row_co]):
    """Rows that clients know by a public id."""

    def find(self, public_id: str, *, workspace: Workspace) -> _Row_co | None:
        """Return a row of a workspace, or None."""
        if workspace.pk is None:
            return None
        return self.filter(workspace=workspace, public_id=without_nul(public_id)).first()

    def find_anywhere(self, public_id: str) -> _Row_co | None:
        """Return a row of any workspace, with the workspace, or None."""
        return self.select_related("workspace").filter(public_id=without_nul(public_id)).first()
