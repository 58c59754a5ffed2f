"""The backend: Django's, with private files, and errors that say what is wrong with them."""

import sqlite3
from pathlib import Path
from typing import Any, ClassVar

from django.db.backends.sqlite3 import base

from vid_trans_api.sqlite.errors import DatabaseFileDeleted, UnusableFile
from vid_trans_api.sqlite.files import create_private


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a database file."""

    _opened: ClassVar[set[Path]] = set()
    """The files that this process has opened."""

    _identity: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        path = Path(conn_params["database"])
        if path in self._opened and not path.exists():
            raise DatabaseFileDeleted  # SQLite would create an empty one
        create_private(path)
        try:
            connection = super().get_new_connection(conn_params)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            raise UnusableFile(path, error) from None
        self._opened.add(path)
        self._identity = _identity_of(path)
        return connection

    def check_file(self) -> None:
        """Raise DatabaseFileDeleted if this connection's file is no longer in its place."""
        self.ensure_connection()
        path = Path(str(self.settings_dict["NAME"]))
        if self._identity is not None and self._identity != _identity_of(path):
            raise DatabaseFileDeleted


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
