"""What is specific to PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from vid_trans_api.database_errors import UnusableDatabase

_STARTUP, _CREATIONS = range(2)
"""What the advisory locks are for."""

_LOCKS: Final = 0x76_74_61_70
"""A number that tells this program's advisory locks from others'."""

_TIMEOUTS: Final = ("statement_timeout", "idle_in_transaction_session_timeout")

_UNSTORABLE_STATES: Final = {
    None,  # refused by the driver
    "22P05",  # a NUL in JSON
}
_UNAVAILABLE: Final = {DatabaseError, InterfaceError, OperationalError, UnusableDatabase}
_UNAVAILABLE_STATES: Final = {
    "25006",  # a statement that writes, on a server that has become a standby
    "42P01",  # a missing table and
    "42703",  # a missing column: the migrations have not been applied yet
}


def prepare_connection(connection: BaseDatabaseWrapper) -> None:
    """Do nothing: what differs is written into the queries."""


def prepared_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    prepared: Callable[[], CursorWrapper] = getattr(
        connection, "prepared_cursor", connection.cursor
    )
    return prepared()


def check_access(connection: BaseDatabaseWrapper) -> None:
    check = getattr(connection, "check_access", connection.ensure_connection)
    check()


def check_identity(connection: BaseDatabaseWrapper) -> None:
    """Do nothing: there is no file that could be replaced."""


@contextmanager
def startup_lock(connection: BaseDatabaseWrapper, *, seconds: float) -> Iterator[None]:
    """The lock is an advisory one, on a connection of its own. It is released if that closes."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds:g}s"])
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCKS, _STARTUP])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, _STARTUP])
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")
    finally:
        own.close()


def lock_creations(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, _CREATIONS])


def lift_timeouts(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in _TIMEOUTS:
            cursor.execute(f"SET {name} = 0")


def restore_timeouts(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in _TIMEOUTS:
            cursor.execute(f"RESET {name}")


def is_unavailable(error: Exception) -> bool:
    # Not other subclasses, such as IntegrityError: those are mistakes of this server.
    state = getattr(error.__cause__, "sqlstate", None)
    return type(error) in _UNAVAILABLE or state in _UNAVAILABLE_STATES


def is_unstorable(error: Exception) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, DataError) and state in _UNSTORABLE_STATES
