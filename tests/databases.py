"""Databases of tests with real servers, each empty at first: files of SQLite, or PostgreSQL's."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

ROOT: Final = Path(__file__).resolve().parent.parent

IS_POSTGRESQL: Final = os.environ.get("DATABASE_URL", "").startswith("postgres")
"""Whether this run of the tests uses PostgreSQL, as `make test-postgres` does."""

TEMPLATE_SUFFIX: Final = "_template"
"""What the database that is copied is called in addition, on PostgreSQL."""

OTHER_CLIENTS: Final = (
    "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
"""The condition of the rows of PostgreSQL's `pg_stat_activity` for other clients of a database."""


@dataclass(frozen=True)
class Database:
    """A database that servers use."""

    url: str
    uploads: Path
    """Where files that are uploaded to its servers are."""

    @property
    def settings(self) -> dict[str, str]:
        """What servers that use it have in their environment."""
        return {"DATABASE_URL": self.url, "UPLOAD_FOLDER": str(self.uploads)}

    @property
    def path(self) -> Path:
        """The file, if it is SQLite's."""
        return Path(self.url.removeprefix("sqlite:///"))

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        if not self._is_sqlite:
            return _run(self.url, query)
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()

    def change(self, statement: str) -> None:
        """Execute and commit a statement."""
        if not self._is_sqlite:
            _run(self.url, statement)
            return
        with closing(sqlite3.connect(self.path, timeout=5)) as connection, connection:
            connection.execute(statement)

    def drop(self, table: str) -> None:
        """Drop a table that others refer to."""
        self.change(f"DROP TABLE {table}" + ("" if self._is_sqlite else " CASCADE"))

    @property
    def _is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")


def connections_to(database: Database) -> int:
    """Return how many connections other clients have to a database of PostgreSQL."""
    ((count,),) = database.read(f"SELECT count(*) FROM pg_stat_activity WHERE {OTHER_CLIENTS}")
    return int(count)


def _run(url: str, statement: str) -> list[tuple[Any, ...]]:
    import psycopg  # noqa: PLC0415 (it may not be installed)

    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


class Databases(Protocol):
    """Makes databases that have all tables."""

    def create(self, folder: Path, name: str = "db.sqlite3") -> Database:
        """Make an empty database, which has this path if it is a file."""
        ...

    def create_empty(self, folder: Path) -> Database:
        """Make a database without tables; a file is made by whoever uses it first."""
        ...


class SqliteDatabases:
    def __init__(self, folder: Path) -> None:
        """Make the database that is copied, in a folder that all processes of the tests share."""
        self._original = folder / "migrated.sqlite3"
        with (folder / "migrated.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not self._original.exists():
                unfinished = self._original.with_suffix(".unfinished")
                migrate(f"sqlite:///{unfinished}")
                unfinished.rename(self._original)

    def create(self, folder: Path, name: str = "db.sqlite3") -> Database:
        path = shutil.copy(self._original, folder / name)
        return Database(f"sqlite:///{path}", uploads=folder / f"{name}.uploads")

    def create_empty(self, folder: Path) -> Database:
        return Database(f"sqlite:///{folder / 'empty.sqlite3'}", uploads=folder / "uploads")


class PostgresqlDatabases:
    def __init__(self, url: str) -> None:
        """`url` is that of a database beside the one that is copied."""
        self._url = url
        self._name = urlsplit(url).path.removeprefix("/")

    def create(self, folder: Path, name: str = "") -> Database:
        return self._create(folder, template=f"{self._name}{TEMPLATE_SUFFIX}")

    def create_empty(self, folder: Path) -> Database:
        return self._create(folder, template="template1")

    def _create(self, folder: Path, *, template: str) -> Database:
        copy = f"{self._name}_{uuid4().hex[:8]}"
        _run(self._url, f"CREATE DATABASE {copy} TEMPLATE {template}")
        url = self._url.replace(f"/{self._name}", f"/{copy}", 1)
        return Database(url, uploads=folder / f"{copy}.uploads")


def databases(folder: Path) -> Databases:
    """Return what makes databases. All processes of the tests share the folder."""
    if IS_POSTGRESQL:
        return PostgresqlDatabases(os.environ["DATABASE_URL"])
    return SqliteDatabases(folder)


def migrate(url: str) -> None:
    """Create the tables of a database."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True)
