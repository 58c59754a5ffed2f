"""Locks: a workspace's row guards its clock, its counters, its keys and all of its jobs.

Whoever has the lock reads what is committed, and nobody else can change it before the transaction
ends. Use `lock` for a workspace at hand, `lock_all` for several, and `Workspace.objects.locked` to
find one by its key. Whoever needs several locks them in the order of their primary keys, in one
query; `lock_creations`, for what is counted over all workspaces, comes last.

On SQLite, it is `transaction.atomic()` that takes the lock, the only write lock of the database:
the settings have every transaction begin with `BEGIN IMMEDIATE`, and Django leaves out
`SELECT … FOR UPDATE`. On PostgreSQL, that clause locks the row. Each later query of the transaction
reads what was committed before that query (`READ COMMITTED`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from vid_trans_api.models.workspace_queries import lock_and_read_again

if TYPE_CHECKING:
    from vid_trans_api.models.workspaces import Workspace


@contextmanager
def lock(workspace: "Workspace") -> Iterator[None]:
    """Lock a stored workspace for a transaction, and read it again.

    Raises Workspace.DoesNotExist if it was deleted since it was found, as `prune` does.
    """
    with transaction.atomic():
        lock_and_read_again(workspace)
        yield


@contextmanager
def lock_all(workspaces: Sequence["Workspace"]) -> Iterator[None]:
    """Lock several workspaces for a transaction, in the order of their primary keys."""
    primary_keys = {workspace.pk for workspace in workspaces}
    with transaction.atomic():
        rows = type(workspaces[0]).objects.filter(pk__in=primary_keys).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
        yield
