"""The backend: Django's, with a sentence in place of a driver's error."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base

from vid_trans_api.database_errors import UnusableDatabase


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a database, which is taken from the pool while it is used."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            raise self._unusable(error) from None

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
