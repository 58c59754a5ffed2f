"""Queries that are compiled once. Building a small query takes longer than running it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from vid_trans_api.models.database import prepared_cursor


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
        with prepared_cursor() as cursor:
            row = cursor.execute(self._sql, values).fetchone()
        return None if row is None else next(self._converted([row]))

    def all(self, values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """Return the columns of each row as Python values."""
        with prepared_cursor() as cursor:
            rows = cursor.execute(self._sql, values).fetchall()
        return self._converted(rows)

    def _converted(self, rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        return iter(self._compiler.apply_converters(rows, self._converters))
