"""What is specific to SQLite. Its one write lock makes other locks needless."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from vid_trans_api.database_errors import UnusableDatabase
from vid_trans_api.models.database.values import as_stored
from vid_trans_api.models.running_clock import running_clock
from vid_trans_api.simulation.clocks import SimulatedClock
from vid_trans_api.sqlite.base import DatabaseWrapper
from vid_trans_api.sqlite.errors import UnusableFile
from vid_trans_api.sqlite.files import create_private

WORKSPACE_NOW: Final = "workspace_now"
"""The SQL function that reads a workspace's clock."""

_UNAVAILABLE: Final = {DatabaseError, OperationalError, UnusableDatabase, UnusableFile}


def prepare_connection(connection: BaseDatabaseWrapper) -> None:
    connection.connection.create_function(WORKSPACE_NOW, 3, _workspace_now, deterministic=True)


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
