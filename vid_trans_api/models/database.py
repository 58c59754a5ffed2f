"""All that is specific to the database: SQL functions, JSON columns, instants, start-up."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Value
from django.db.models.lookups import IsNull

from vid_trans_api.models.running_clock import running_clock
from vid_trans_api.simulation.clocks import SimulatedClock
from vid_trans_api.sqlite.base import DatabaseWrapper
from vid_trans_api.sqlite.files import create_private

_NAME: Final = "workspace_now"


def as_stored(instant: datetime) -> str:
    """Write an instant as Django stores it in SQLite."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return str(instant.replace(tzinfo=None))


class WorkspaceNow(Func):
    """The time of a workspace with its own clock, minus `ago`, at an instant of the server's."""

    function = _NAME
    output_field = models.DateTimeField()

    def __init__(self, clock: str, server_time: datetime, *, ago: timedelta = timedelta(0)) -> None:
        super().__init__(
            clock,
            Value(server_time, output_field=models.DateTimeField()),
            Value(ago.total_seconds(), output_field=models.FloatField()),
        )


@contextmanager
def startup_lock(connection: BaseDatabaseWrapper, *, seconds: float) -> Iterator[None]:
    """Let one process at a time prepare a database; others wait so many seconds at most.

    The lock is SQLite's, on an empty file beside the database. It works wherever the database does,
    and is released if the process dies.
    """
    path = f"{connection.settings_dict['NAME']}.lock"
    create_private(Path(path))
    with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def check_database_file(connection: BaseDatabaseWrapper) -> None:
    """Raise DatabaseFileDeleted if the database's file was deleted or replaced."""
    if isinstance(connection, DatabaseWrapper):
        connection.check_file()


class Member(Func):
    """The value of a key in a column of JSON objects, as JSON; NULL if it is null or absent."""

    function = "json_extract"
    output_field = models.TextField()

    def __init__(self, column: F, key: str) -> None:
        super().__init__(column, _path(key))


class HasMember(IsNull):
    """Whether a column of JSON objects has a key."""

    def __init__(self, column: F, key: str) -> None:
        kind = Func(column, _path(key), function="json_type", output_field=models.TextField())
        super().__init__(kind, False)


class EachOf(Func):
    """The texts in a list, as the operand of `__in`: one parameter, however many there are."""

    function = "json_each"
    template = "(SELECT value FROM %(function)s(%(expressions)s))"
    output_field = models.TextField()

    def __init__(self, texts: Collection[str] | str) -> None:
        """`texts` is the list, or its name in a compiled query, whose value is JSON."""
        value = texts if isinstance(texts, str) else json.dumps([*texts])
        super().__init__(Value(value, output_field=models.TextField()))


def _path(key: str) -> Value:
    return Value(f'$."{key}"')


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Define the SQL functions on a new connection. Receives the signal `connection_created`."""
    connection.connection.create_function(_NAME, 3, _workspace_now, deterministic=True)


def _workspace_now(clock: str, server_time: str, ago: float) -> str:
    """Return an instant as it is stored. The arguments are as they are stored, too."""
    instant = datetime.fromisoformat(server_time).replace(tzinfo=UTC)
    known = running_clock(SimulatedClock.from_json(json.loads(clock)))
    return as_stored(known.read(instant) - timedelta(seconds=ago))
