"""What is specific to SQLite. Its one write lock makes other locks needless."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from vid_trans_api import clock
from vid_trans_api.database_errors import UnusableDatabase
from vid_trans_api.models.database.values import as_stored
from vid_trans_api.models.running_clock import running_clock
from vid_trans_api.simulation.clocks import SimulatedClock
from vid_trans_api.sqlite.base import DatabaseWrapper
from vid_trans_api.sqlite.clock_file import ClockFile
from vid_trans_api.sqlite.errors import UnusableFile
from vid_trans_api.sqlite.files import create_private

WORKSPACE_NOW: Final = "workspace_now"
"""The SQL function that reads a workspace's clock."""

SERVER_TIME_OF: Final = "server_time_of"
"""The SQL function that returns the server's time of an instant in a workspace."""

LOOK_INTERVAL: Final = 0.02
"""Seconds between two looks whether another connection has committed anything."""

_UNAVAILABLE: Final = {DatabaseError, OperationalError, UnusableDatabase, UnusableFile}


def prepare_connection(connection: BaseDatabaseWrapper) -> None:
    define = connection.connection.create_function
    define(WORKSPACE_NOW, 3, _workspace_now, deterministic=True)
    define(SERVER_TIME_OF, 5, _server_time_of, deterministic=True)
    if not connection.is_in_memory_db():  # type: ignore[attr-defined]  # the stubs do not know it
        _share_clock(Path(connection.settings_dict["NAME"]))


@cache
def _share_clock(database: Path) -> None:
    """Let all processes that use the database agree on the time."""
    if ClockFile.is_possible():
        clock.share(ClockFile(database).share)


def read_time(connection: BaseDatabaseWrapper) -> datetime:
    return clock.now()


def timed(sql: str, *, under_lock: bool) -> None:
    """Return None: the server's time is this process's."""


def prepared_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """Return any cursor: the driver keeps the plans of the latest statements."""
    return connection.cursor()


def check_access(connection: BaseDatabaseWrapper) -> None:
    connection.ensure_connection()
    connection.close()


def check_identity(connection: BaseDatabaseWrapper) -> None:
    if isinstance(connection, DatabaseWrapper):
        connection.check_file()


@contextmanager
def startup_lock(connection: BaseDatabaseWrapper, *, seconds: float) -> Iterator[None]:
    """The lock is SQLite's, on an empty file beside the database.

    It works wherever the database does, and is released if the process dies.
    """
    path = f"{connection.settings_dict['NAME']}.lock"
    create_private(Path(path))
    with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def lock_creations(connection: BaseDatabaseWrapper) -> None:
    """Do nothing: the transaction has the lock already."""


class _ChangeFeed:
    """Looks often at a number that SQLite changes with each commit of another connection."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        connection.ensure_connection()
        self._version = self._read()

    def wait(self, seconds: float) -> Sequence[str] | None:
        check_identity(self._connection)
        deadline = time.monotonic() + seconds
        while (version := self._read()) == self._version:
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(LOOK_INTERVAL, left))
        self._version = version
        return None

    def _read(self) -> int:
        # Not by Django's cursor, which takes ten times as long.
        with self._connection.wrap_database_errors:
            cursor = self._connection.connection.execute("PRAGMA data_version")
            ((version,),) = cursor.fetchall()
        return int(version)


@contextmanager
def open_change_feed(connection: BaseDatabaseWrapper) -> Iterator[_ChangeFeed]:
    with closing(connection.copy()) as own:
        yield _ChangeFeed(own)


def notify(connection: BaseDatabaseWrapper, notices: Sequence[str]) -> None:
    """Do nothing: each commit is a notice that something has changed."""


def lift_timeouts(connection: BaseDatabaseWrapper) -> None:
    """Do nothing: statements take as long as they take."""


def restore_timeouts(connection: BaseDatabaseWrapper) -> None:
    """Do nothing, as `lift_timeouts` does."""


def is_unavailable(error: Exception) -> bool:
    # Not other subclasses, such as IntegrityError: those are mistakes of this server.
    return type(error) in _UNAVAILABLE


def is_unstorable(error: Exception) -> bool:
    """Return False: SQLite stores every text."""
    return False


def _workspace_now(clock: str, server_time: str, ago: float) -> str:
    """Return an instant as it is stored. The arguments are as they are stored, too."""
    instant = datetime.fromisoformat(server_time).replace(tzinfo=UTC)
    known = running_clock(SimulatedClock.from_json(json.loads(clock)))
    return as_stored(known.read(instant) - timedelta(seconds=ago))


def _server_time_of(instant: str, now: str, read_at: str, speed: float, never: float) -> str:
    """Return an instant as it is stored. The arguments are as they are stored, too."""
    seconds = (datetime.fromisoformat(instant) - datetime.fromisoformat(now)).total_seconds()
    server_time = datetime.fromisoformat(read_at).replace(tzinfo=UTC)
    return as_stored(server_time + timedelta(seconds=min(seconds / speed, never)))
