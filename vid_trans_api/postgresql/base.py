"""The backend: Django's, with less work for a small query, and errors that are sentences."""

import select
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg_pool import ConnectionPool

from vid_trans_api.database_errors import UnusableDatabase


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a database, which is taken from the pool while it is used."""

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        pool: ConnectionPool[Any] | None = super().pool
        if pool is not None:
            # Django has no settings for them. A pool without these attributes acts as by default.
            pool._check = _check  # noqa: SLF001
            pool._reconnect_failed = _fail_waiting  # noqa: SLF001
        return pool

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["context"] = _adapters(parameters["context"])
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            raise self._unusable(error) from None

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor for statements that run many times.

        A connection has PostgreSQL plan each of them once. Planning takes longer than most of them.
        """
        if self.queries_logged:  # Django finds no SQL in such a cursor
            return self.cursor()
        self.ensure_connection()
        with self.wrap_database_errors:
            return CursorWrapper(psycopg.Cursor(self.connection), self)

    def check_access(self) -> None:
        """Raise UnusableDatabase with the reason if no connection can be opened now.

        The pool would try again for seconds, and report only that it has no connection.
        """
        try:
            psycopg.connect(**self.get_connection_params()).close()
        except psycopg.OperationalError as error:
            raise self._unusable(error) from None

    def _unusable(self, reason: Exception) -> UnusableDatabase:
        name, host = self.settings_dict["NAME"], self.settings_dict["HOST"]
        where = f"{name} at {host}" if host else name
        return UnusableDatabase(f"The database {where} cannot be used: {reason}")


def _check(connection: Any) -> None:
    """Raise OperationalError if a connection of the pool no longer works.

    The pool's own check is a query, which takes as long as another one. If nothing has arrived
    while the connection was idle, the server has not closed it.
    """
    arrived = select.poll()
    arrived.register(connection.fileno(), select.POLLIN)
    if not arrived.poll(0):
        return
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        # A server closes all its connections at once. A request would find one after the other,
        # with pauses of seconds between them.
        connection._pool.check()  # noqa: SLF001
        raise


def _fail_waiting(pool: ConnectionPool[Any]) -> None:
    """Fail the requests that wait for a connection if the pool has none left.

    It calls this if it could not open one. By default, requests wait as long as for a connection
    that is in use.
    """
    with pool._lock:  # noqa: SLF001
        if pool._nconns:  # noqa: SLF001
            return
        waiting = [*pool._waiting]  # noqa: SLF001
        pool._waiting.clear()  # noqa: SLF001
    for each in waiting:
        each.fail(psycopg.OperationalError("no connection could be opened"))


class _InstantLoader(Loader):
    """Reads an instant in a session whose time zone is UTC, in a fraction of Django's time."""

    timezone: Final = UTC
    """Django looks at it, and registers no loader of its own then."""

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(bytes(data).decode())


@cache
def _adapters(adapters_of_django: AdaptersMap) -> AdaptersMap:
    adapters = AdaptersMap(adapters_of_django)
    adapters.register_loader("timestamptz", _InstantLoader)
    return adapters
