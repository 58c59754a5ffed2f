"""Locks: a workspace's row guards its clock, its counters and all of its jobs.

On PostgreSQL `SELECT … FOR UPDATE` locks the row. SQLite has a single write lock, which every
transaction takes when it begins (`transaction_mode` in the settings), so Django leaves the clause
out there. Either way, a transaction with the lock reads what is committed, and no other can change
it before this one ends.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

if TYPE_CHECKING:
    from vid_trans_api.models.workspaces import Workspace


@contextmanager
def lock(workspace: "Workspace") -> Iterator[None]:
    """Lock a stored workspace for a transaction, and read it again.

    Raises Workspace.DoesNotExist if it was deleted.
    """
    with transaction.atomic():
        workspace.refresh_from_db(from_queryset=type(workspace).objects.select_for_update())
        yield


@contextmanager
def lock_all(workspaces: Sequence["Workspace"]) -> Iterator[None]:
    """Lock several workspaces for a transaction, in the order of their primary keys."""
    primary_keys = {workspace.pk for workspace in workspaces}
    with transaction.atomic():
        rows = type(workspaces[0]).objects.filter(pk__in=primary_keys).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
        yield
