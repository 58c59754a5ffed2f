"""What is specific to PostgreSQL."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from vid_trans_api import clock
from vid_trans_api.database_errors import UnusableDatabase

_STARTUP, _CREATIONS = range(2)
"""What the advisory locks are for."""

_LOCKS: Final = 0x76_74_61_70
"""A number that tells this program's advisory locks from others'."""

_CHANNEL: Final = "vid_trans_changes"

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


def read_time(connection: BaseDatabaseWrapper) -> datetime:
    asked_at = clock.monotonic_ns()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ((instant,),) = cursor.fetchall()
    return clock.follow(instant, asked_at=asked_at)


def timed(sql: str, *, under_lock: bool) -> str:
    """Return the query with the time as a further column, after those of one workspace.

    now() is when the transaction began: outside of one, just before the query saw the first row.
    Under a lock, the time is read after the lock was taken, as the inner query takes it. The time
    is never earlier than the workspace's last write, also if the database's clock was set back.
    """
    instant = "clock_timestamp()" if under_lock else "now()"
    return f"SELECT found.*, GREATEST({instant}, found.written_at) FROM ({sql}) AS found"  # noqa: S608 (a query of ours)


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


class _ChangeFeed:
    """Listens to the notices of all processes, this one among them."""

    def __init__(self, connection: BaseDatabaseWrapper, listening: Any) -> None:
        self._connection = connection
        self._listening = listening

    def wait(self, seconds: float) -> Sequence[str]:
        with self._connection.wrap_database_errors:
            notices = self._listening.notifies(timeout=seconds, stop_after=1)
            return [notice.payload for notice in notices]


_KEEP_ALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A connection that only listens would not notice for two hours that it is lost."""


@contextmanager
def open_change_feed(connection: BaseDatabaseWrapper) -> Iterator[_ChangeFeed]:
    """The connection is not one of the pool, which requests may have taken."""
    driver: Any = connection.Database  # type: ignore[attr-defined]  # the stubs know none
    with connection.wrap_database_errors:
        listening = driver.connect(
            **{**connection.get_connection_params(), **_KEEP_ALIVE, "autocommit": True}
        )
    try:
        with connection.wrap_database_errors:
            listening.execute(f"LISTEN {_CHANNEL}")
        yield _ChangeFeed(connection, listening)
    finally:
        listening.close()


def notify(connection: BaseDatabaseWrapper, notices: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, notice) FROM json_array_elements_text(%s) AS notice",
            [_CHANNEL, json.dumps([*notices])],
        )


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
