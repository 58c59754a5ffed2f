"""The files of a database: who can read them, and what is said about those that cannot be used."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from tests.server_processes import ROOT, environment
from vid_trans_api.database_errors import UnusableDatabase
from vid_trans_api.sqlite.base import DatabaseWrapper
from vid_trans_api.sqlite.errors import DatabaseFileDeleted

pytestmark = pytest.mark.sqlite(reason="it is about the file")

UNWRITABLE = "/proc"
"""A folder in which nobody, not even root, can create files."""


@pytest.fixture(autouse=True)
def _connections_are_allowed(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Allow connections to the databases that the tests create."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def wrapper(tmp_path: Path) -> DatabaseWrapper:
    """A connection to a database of its own, which is created when it opens."""
    return at(tmp_path / "db.sqlite3")


def at(path: Path) -> DatabaseWrapper:
    database = {**connection.settings_dict, "NAME": path}
    created = ConnectionHandler({"default": database}).create_connection("default")
    assert isinstance(created, DatabaseWrapper)
    return created


def manage(*words: str, database: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(Path(database)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_database_and_its_files_are_private(wrapper: DatabaseWrapper, tmp_path: Path) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE a (b)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    wrapper.close()

    files = ["db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal", "db.sqlite3.clock"]
    assert modes == dict.fromkeys(files, 0o600)


def test_permissions_of_an_existing_database_are_kept(
    wrapper: DatabaseWrapper, tmp_path: Path
) -> None:
    path = tmp_path / "db.sqlite3"
    path.touch()
    path.chmod(0o660)

    wrapper.ensure_connection()
    wrapper.close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_lock_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "from vid_trans_api.models.database import startup_lock\n"
        "with startup_lock(connection, seconds=9): pass"
    )

    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(path) | {"DJANGO_SETTINGS_MODULE": "heygen_video_translation.settings"},
        check=True,
    )

    assert stat.S_IMODE((tmp_path / "db.sqlite3.lock").stat().st_mode) == 0o600


def test_deleted_file_is_noticed(wrapper: DatabaseWrapper, tmp_path: Path) -> None:
    wrapper.check_file()
    (tmp_path / "db.sqlite3").unlink()

    with pytest.raises(DatabaseFileDeleted):
        wrapper.check_file()
    wrapper.close()


def test_replaced_file_is_noticed(wrapper: DatabaseWrapper, tmp_path: Path) -> None:
    wrapper.check_file()
    (tmp_path / "other").touch()
    (tmp_path / "other").rename(tmp_path / "db.sqlite3")

    with pytest.raises(DatabaseFileDeleted):
        wrapper.check_file()
    wrapper.close()


def test_deleted_file_is_not_created_again(wrapper: DatabaseWrapper, tmp_path: Path) -> None:
    wrapper.ensure_connection()
    wrapper.close()
    (tmp_path / "db.sqlite3").unlink()

    with pytest.raises(DatabaseFileDeleted):
        wrapper.ensure_connection()

    assert not (tmp_path / "db.sqlite3").exists()


def test_file_that_cannot_be_created_is_named() -> None:
    with pytest.raises(UnusableDatabase, match=r"The database /proc/db.sqlite3 cannot be used: "):
        at(Path(UNWRITABLE, "db.sqlite3")).ensure_connection()


def test_file_that_is_no_database_is_named(wrapper: DatabaseWrapper, tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").mkdir()

    with pytest.raises(UnusableDatabase, match="cannot be used: unable to open database file"):
        wrapper.ensure_connection()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write anywhere")
def test_database_in_a_read_only_folder_is_named(tmp_path: Path) -> None:
    at(tmp_path / "db.sqlite3").ensure_connection()
    tmp_path.chmod(0o500)

    with pytest.raises(UnusableDatabase, match="cannot be used: "):
        at(tmp_path / "db.sqlite3").ensure_connection()
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "words", [["migrate"], ["runserver", "0"], ["runserver", "--noreload", "0"]]
)
def test_command_says_which_file_cannot_be_used(words: list[str]) -> None:
    done = manage(*words, database=f"{UNWRITABLE}/db.sqlite3")

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "The database /proc/db.sqlite3 cannot be used: " in done.stderr
    assert "Set DATABASE_URL to a file that you can write to" in done.stderr
