"""All that is specific to one database: SQL, instants, locks of the whole database, errors.

What differs and is no expression is in one module for each vendor, with the same functions.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import ModuleType
from typing import Any, Final, Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from vid_trans_api.models.database import postgresql, sqlite
from vid_trans_api.models.database.expressions import (
    EachOf,
    HasMember,
    Member,
    ServerTimeOf,
    WorkspaceNow,
)
from vid_trans_api.models.database.values import as_stored, without_nul

__all__ = [
    "ChangeFeed",
    "EachOf",
    "HasMember",
    "Member",
    "ServerTimeOf",
    "WorkspaceNow",
    "as_stored",
    "check_access",
    "check_identity",
    "is_unavailable",
    "is_unstorable",
    "lift_timeouts",
    "lock_creations",
    "notify",
    "open_change_feed",
    "prepare_connection",
    "prepared_cursor",
    "read_time",
    "release_connection",
    "restore_timeouts",
    "startup_lock",
    "timed",
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


def read_time() -> datetime:
    """Return the server's time. On PostgreSQL it is the database's, and reading it is a query."""
    connection = connections[DEFAULT_DB_ALIAS]
    instant: datetime = _of(connection).read_time(connection)
    return instant


def timed(sql: str, *, under_lock: bool) -> str | None:
    """Return a query of a workspace's columns with the server's time as a further one.

    Return None if the server's time is this process's, as it is on SQLite. The time is that before
    the row was read or, `under_lock`, after the row was locked by this query.
    """
    query: str | None = _of(connections[DEFAULT_DB_ALIAS]).timed(sql, under_lock=under_lock)
    return query


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


class ChangeFeed(Protocol):
    """Tells what others have committed since it was opened."""

    def wait(self, seconds: float) -> Sequence[str] | None:
        """Wait for a change, at most so many seconds.

        Return the notices of changes, as `notify` was given them, or None if there was a change and
        nobody knows which. Raises Django's errors if the database cannot be reached.
        """
        ...


def open_change_feed() -> AbstractContextManager[ChangeFeed]:
    """Open a feed of what others commit, on a connection of its own."""
    connection = connections[DEFAULT_DB_ALIAS]
    feed: AbstractContextManager[ChangeFeed] = _of(connection).open_change_feed(connection)
    return feed


def notify(notices: Sequence[str]) -> None:
    """Give notices to the feeds of other processes, once the transaction is committed."""
    connection = connections[DEFAULT_DB_ALIAS]
    _of(connection).notify(connection, notices)


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
