"""Queries that are compiled once. Building a small query takes longer than running it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Model, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

from vid_trans_api import clock
from vid_trans_api.models.database import prepared_cursor, timed

_Row = TypeVar("_Row", bound=Model)


class CompiledQuery:
    """A query that runs many times with different values.

    It is made from a queryset that filters by the names of these values instead.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, names = self._compiler.as_sql()
        # Named placeholders: Django searches the SQL for positional ones each time.
        self.sql = sql % tuple(f"%({name})s" for name in names)
        columns = [column for column, _, _ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)

    def first(self, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Return the columns of the first row as Python values, or None."""
        row = self._first(self.sql, values)
        return None if row is None else next(self._converted([row]))

    def all(self, values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """Return the columns of each row as Python values."""
        with prepared_cursor() as cursor:
            rows = cursor.execute(self.sql, values).fetchall()
        return self._converted(rows)

    def value(self, stored: Any) -> Any:
        """Return the only column of a row as a Python value."""
        return next(self._converted([[stored]]))[0]

    @staticmethod
    def _first(sql: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        with prepared_cursor() as cursor:
            row: Sequence[Any] | None = cursor.execute(sql, values).fetchone()
        return row

    def _converted(self, rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        return iter(self._compiler.apply_converters(rows, self._converters))


class CompiledValues:
    """Several queries of one value each, without names, as one statement."""

    def __init__(self, *querysets: QuerySet[Any, Any]) -> None:
        self._queries = [CompiledQuery(each) for each in querysets]
        self._sql = f"SELECT {', '.join(f'({each.sql})' for each in self._queries)}"

    def read(self) -> list[Any]:
        """Return the value of each, None if it has no row."""
        with prepared_cursor() as cursor:
            row = cursor.execute(self._sql, {}).fetchone()
        return [query.value(each) for query, each in zip(self._queries, row, strict=True)]


class Named(Value):
    """A value that has a name in a compiled query, where a text would not do."""

    def __init__(self, name: str) -> None:
        super().__init__(name, output_field=CharField())


class Constant(Value):
    """A text of ours in a compiled query, where others are names. Conditions of indexes need it."""

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        return f"'{self.value}'", ()


class CompiledRows(CompiledQuery, Generic[_Row]):
    """A compiled query for rows of a model, with the rows that `select_related` adds to each."""

    def __init__(self, queryset: QuerySet[_Row]) -> None:
        super().__init__(queryset)
        info: Any = self._compiler.klass_info
        self._read = self._reader(info)
        self._related = [
            (self._reader(each), each["local_setter"])
            for each in info.get("related_klass_infos", ())
        ]

    def rows(self, values: Mapping[str, Any]) -> list[_Row]:
        """Return the rows."""
        return [self._row(columns) for columns in self.all(values)]

    def first_row(self, values: Mapping[str, Any]) -> _Row | None:
        """Return the first row, or None."""
        columns = self.first(values)
        return None if columns is None else self._row(columns)

    def _row(self, columns: Sequence[Any]) -> _Row:
        row: _Row = self._read(columns)
        for read, set_related in self._related:
            set_related(row, read(columns))
        return row

    def _reader(self, info: Mapping[str, Any]) -> Callable[[Sequence[Any]], Any]:
        """Return what makes a row of one model of the columns of all."""
        start, end = info["select_fields"][0], info["select_fields"][-1] + 1
        selected: Sequence[Any] = self._compiler.select[start:end]
        names = [column.target.attname for column, _, _ in selected]
        from_db = info["model"].from_db
        return lambda columns: from_db(DEFAULT_DB_ALIAS, names, columns[start:end])


class CompiledUpdate(Generic[_Row]):
    """Stores some columns of rows that are at hand."""

    def __init__(self, model: type[_Row], *names: str) -> None:
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._fields: list[Any] = [model._meta.get_field(name) for name in names]
        quote = self._connection.ops.quote_name
        columns = ", ".join(
            f"{quote(field.column)} = %({field.attname})s" for field in self._fields
        )
        table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
        self._sql = f"UPDATE {table} SET {columns} WHERE {key} = %(pk)s"  # noqa: S608 (names of ours)

    def store(self, *rows: _Row) -> None:
        """Store these columns of rows."""
        with prepared_cursor() as cursor:
            for row in rows:
                cursor.execute(self._sql, self._values(row))

    def _values(self, row: _Row) -> dict[str, Any]:
        values = {
            field.attname: field.get_db_prep_save(getattr(row, field.attname), self._connection)
            for field in self._fields
        }
        return {**values, "pk": row.pk}


class TimedQuery(CompiledQuery):
    """A compiled query of a workspace's columns that also tells the server's time.

    The time is that before the row was read. If the query locks the row, it is that after the lock.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset)
        self._timed = timed(self.sql, under_lock=queryset.query.select_for_update)

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
