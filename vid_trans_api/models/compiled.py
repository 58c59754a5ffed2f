"""Queries that are compiled once. Building a small query takes longer than running it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import CharField, QuerySet, Value

from vid_trans_api import clock
from vid_trans_api.models.database import prepared_cursor, timed


class CompiledQuery:
    """A query that runs many times with different values.

    It is made from a queryset that filters by the names of these values instead.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, names = self._compiler.as_sql()
        # Named placeholders: Django searches the SQL for positional ones each time.
        self._sql = sql % tuple(f"%({name})s" for name in names)
        columns = [column for column, _, _ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)

    def first(self, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Return the columns of the first row as Python values, or None."""
        row = self._first(self._sql, values)
        return None if row is None else next(self._converted([row]))

    def all(self, values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """Return the columns of each row as Python values."""
        with prepared_cursor() as cursor:
            rows = cursor.execute(self._sql, values).fetchall()
        return self._converted(rows)

    @staticmethod
    def _first(sql: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        with prepared_cursor() as cursor:
            row: Sequence[Any] | None = cursor.execute(sql, values).fetchone()
        return row

    def _converted(self, rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        return iter(self._compiler.apply_converters(rows, self._converters))


class Named(Value):
    """A value that has a name in a compiled query, where a text would not do."""

    def __init__(self, name: str) -> None:
        super().__init__(name, output_field=CharField())


class TimedQuery(CompiledQuery):
    """A compiled query of a workspace's columns that also tells the server's time.

    The time is that before the row was read. If the query locks the row, it is that after the lock.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset)
        self._timed = timed(self._sql, under_lock=queryset.query.select_for_update)

    def first_at(self, values: Mapping[str, Any]) -> tuple[Sequence[Any], datetime] | None:
        """Return the columns of the first row as Python values, and the time; or None."""
        if self._timed is None:
            now = clock.now()
            columns = self.first(values)
            return None if columns is None else (columns, now)
        asked_at = clock.monotonic_ns()
        row = self._first(self._timed, values)
        if row is None:
            return None
        *columns, instant = row
        return next(self._converted([columns])), clock.follow(instant, asked_at=asked_at)
