"""Expressions of queries, each as SQL for both databases."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Value
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler

from vid_trans_api.models.database.sqlite import SERVER_TIME_OF, WORKSPACE_NOW
from vid_trans_api.simulation.clocks import LATEST

_Sql = tuple[str, Any]

_CLOCK_NOW: Final = """(
    SELECT LEAST(
        at + GREATEST(server_time - since, interval '0') * {speed},
        GREATEST(at, '{latest}'::timestamptz)
    ) - make_interval(secs => ago)
    FROM (
        SELECT (clock ->> 'at')::timestamptz AS at,
            (clock ->> 'since')::timestamptz AS since,
            (clock ->> 'speed')::float8 AS speed,
            server_time,
            ago
        FROM (VALUES (%(expressions)s)) AS given (clock, server_time, ago)
    ) AS known
)"""
"""What `SimulatedClock.read` returns, for PostgreSQL."""


_SERVER_TIME_OF: Final = """(
    SELECT read_at + make_interval(secs => LEAST(extract(epoch FROM instant - now) / speed, never))
    FROM (VALUES (%(expressions)s)) AS given (instant, now, read_at, speed, never)
)"""
"""For PostgreSQL."""


class WorkspaceNow(Func):
    """The time of a workspace with its own clock, minus `ago`, at an instant of the server's."""

    function = WORKSPACE_NOW
    output_field = models.DateTimeField()

    def __init__(self, clock: str, server_time: datetime, *, ago: timedelta = timedelta(0)) -> None:
        super().__init__(
            clock,
            Value(server_time, output_field=models.DateTimeField()),
            Value(ago.total_seconds(), output_field=models.FloatField()),
        )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        # As `running_clock` has it: with the simulation off, no clock is frozen or slow.
        speed = "speed" if settings.SIMULATION else "GREATEST(speed, 1)"
        template = _CLOCK_NOW.format(speed=speed, latest=LATEST.isoformat())
        return self.as_sql(compiler, connection, template=template, **context)


_NEVER: Final = 1e10
"""Seconds, some centuries; the sum of more of them and the time may be no instant any more."""


class ServerTimeOf(Func):
    """What the server's clock reads when a workspace's reaches an instant after `now`.

    `read_at` is what it reads at `now`, and the workspace's clock is `speed` times as fast.
    """

    function = SERVER_TIME_OF
    output_field = models.DateTimeField()

    def __init__(self, instant: str, *, now: datetime, read_at: datetime, speed: float) -> None:
        super().__init__(
            instant,
            Value(now, output_field=models.DateTimeField()),
            Value(read_at, output_field=models.DateTimeField()),
            Value(speed, output_field=models.FloatField()),
            Value(_NEVER, output_field=models.FloatField()),
        )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        return self.as_sql(compiler, connection, template=_SERVER_TIME_OF, **context)


class Member(Func):
    """The value of a key in a column of JSON objects; NULL if it is null or absent.

    A list or an object is JSON, anything else a text.
    """

    function = "json_extract"
    output_field = models.TextField()

    def __init__(self, column: F, key: str) -> None:
        super().__init__(column, Value(key))

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        return _with_path(self).as_sql(compiler, connection, **context)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        return _of_object(self, " ->> ").as_sql(compiler, connection, **context)


class HasMember(IsNull):
    """Whether a column of JSON objects has a key."""

    def __init__(self, column: F, key: str) -> None:
        super().__init__(_MemberKind(column, key), False)


class _MemberKind(Member):
    """What kind of value a key has; NULL if it is absent."""

    function = "json_type"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        template = "json_typeof(%(expressions)s)"
        return _of_object(self, " -> ").as_sql(compiler, connection, template=template, **context)


def _with_path(member: Member) -> Func:
    """Return the function of a column and a path in it, for SQLite."""
    column, key = member.get_source_expressions()
    return Func(column, Value(f'$."{key.value}"'), function=member.function)


def _of_object(member: Member, operator: str) -> Func:
    """Return a column and a key with an operator between them, for PostgreSQL.

    As json, not jsonb, which would rewrite the value.
    """
    column, key = member.get_source_expressions()
    as_json = Func(column, template="%(expressions)s::json")
    return Func(as_json, key, template="(%(expressions)s)", arg_joiner=operator)


class EachOf(Func):
    """The texts in a list, as the operand of `__in`: one parameter, however many there are."""

    function = "json_each"
    template = "(SELECT value FROM %(function)s(%(expressions)s))"
    output_field = models.TextField()

    def __init__(self, texts: Collection[str] | str) -> None:
        """`texts` is the list, or its name in a compiled query, whose value is JSON."""
        value = texts if isinstance(texts, str) else json.dumps([*texts])
        super().__init__(Value(value, output_field=models.TextField()))

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        template = "(SELECT json_array_elements_text((%(expressions)s)::json))"
        return self.as_sql(compiler, connection, template=template, **context)
