"""All that is specific to one database: SQL, instants, locks of the whole database, errors.

What differs and is no expression is in one module for each vendor, with the same functions.
"""

from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from vid_trans_api.models.database import postgresql, sqlite
from vid_trans_api.models.database.expressions import EachOf, HasMember, Member, WorkspaceNow
from vid_trans_api.models.database.values import as_stored, without_nul

__all__ = [
    "EachOf",
    "HasMember",
    "Member",
    "WorkspaceNow",
    "as_stored",
    "check_access",
    "check_identity",
    "is_unavailable",
    "is_unstorable",
    "lift_timeouts",
    "lock_creations",
    "prepare_connection",
    "prepared_cursor",
    "release_connection",
    "restore_timeouts",
    "startup_lock",
    "without_nul",
]

_BY_VENDOR: Final[dict[str, ModuleType]] = {"sqlite": sqlite, "postgresql": postgresql}


def _of(connection: BaseDatabaseWrapper) -> ModuleType:
    return _BY_VENDOR[connection.vendor]


def prepare_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Define the SQL functions on a new connection. Receives the signal `connection_created`."""
    _of(connection).prepare_connection(connection)


def prepared_cursor() -> AbstractContextManager[Any]:
    """Return a cursor for statements that run many times; the database keeps their plans."""
    connection = connections[DEFAULT_DB_ALIAS]
    cursor: AbstractContextManager[Any] = _of(connection).prepared_cursor(connection)
    return cursor


def check_access(connection: BaseDatabaseWrapper) -> None:
    """Raise UnusableDatabase if the database cannot be used."""
    _of(connection).check_access(connection)


def check_identity(connection: BaseDatabaseWrapper) -> None:
    """Raise DatabaseFileDeleted if the database's file was deleted or replaced."""
    _of(connection).check_identity(connection)


def release_connection() -> None:
    """Return this thread's connection to the pool; SQLite's stays open. For before a wait."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def startup_lock(
    connection: BaseDatabaseWrapper, *, seconds: float
) -> AbstractContextManager[None]:
    """Let one process at a time prepare a database; others wait so many seconds at most."""
    lock: AbstractContextManager[None] = _of(connection).startup_lock(connection, seconds=seconds)
    return lock


def lock_creations() -> None:
    """Let one transaction at a time, until it ends, create what is counted over all workspaces."""
    connection = connections[DEFAULT_DB_ALIAS]
    _of(connection).lock_creations(connection)


def lift_timeouts(*, using: str, **_: Any) -> None:
    """Let statements take any time in this session. Receives the signal `pre_migrate`."""
    connection = connections[using]
    _of(connection).lift_timeouts(connection)


def restore_timeouts(*, using: str, **_: Any) -> None:
    """Bound the time of statements again. Receives the signal `post_migrate`."""
    connection = connections[using]
    _of(connection).restore_timeouts(connection)


def is_unavailable(error: Exception) -> bool:
    """Return whether an error says that the database does not respond, and may do so later."""
    return bool(_of(connections[DEFAULT_DB_ALIAS]).is_unavailable(error))


def is_unstorable(error: Exception) -> bool:
    """Return whether an error says that a text contains a NUL, which PostgreSQL does not accept."""
    return bool(_of(connections[DEFAULT_DB_ALIAS]).is_unstorable(error))
