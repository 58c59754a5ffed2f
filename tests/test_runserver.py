"""`runserver` on no store: it makes one, puts something into it, and says where to look."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.db import connection

from tests.conftest import SetClock
from vid_trans_api.management.commands import runserver
from vid_trans_api.models import Job

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def running(store: Path, **environment: str) -> Iterator[tuple[str, list[str]]]:
    """Start runserver on a free port; gives its root URL and the lines it said until then."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", "0"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": f"sqlite:///{store}",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "Admin  http" in line:
                break
        match = re.search(r"Jobs +(\S+)/\n", "".join(said))
        assert match, said
        yield match[1], said
    finally:
        process.terminate()
        process.stdout.read()
        process.wait()
        process.stdout.close()


def test_runserver_on_no_store_has_a_job_to_look_at(tmp_path: Path) -> None:
    with running(tmp_path / "db.sqlite3") as (root, said):
        job = requests.get(f"{root}/vid_trans_api/status", timeout=10).json()

    assert (job["title"], job["status"]) == ("Demonstration", "pending")
    assert f"The job store is ready: {tmp_path}/db.sqlite3\n" in said


def test_two_that_start_at_once_on_no_store_share_it(tmp_path: Path) -> None:
    store = tmp_path / "db.sqlite3"
    with running(store) as (first, _), running(store) as (second, _):
        jobs = [
            requests.get(f"{root}/vid_trans_api/jobs", timeout=10).json()["results"]
            for root in (first, second)
        ]

    assert [len(seen) for seen in jobs] == [1, 1]
    assert jobs[0][0]["id"] == jobs[1][0]["id"]


def test_runserver_on_a_store_with_jobs_adds_none(transactional_db: None, clock: SetClock) -> None:
    command = runserver.Command()
    command.check_migrations()
    command.check_migrations()

    assert [job.title for job in Job.objects.all()] == ["Demonstration"]


def test_runserver_starts_no_demonstration_that_nobody_could_open(
    transactional_db: None, settings
) -> None:
    settings.API_KEYS = ["one"]

    runserver.Command().check_migrations()

    assert Job.objects.count() == 0


def test_the_store_is_as_the_migrations_say(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_store_is_in_wal_mode_and_takes_the_write_lock_first(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()

    assert (journal, synchronous) == (("wal",), (1,))
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize("address", ["0", "0.0.0.0", "127.0.0.1"])
def test_runserver_says_where_to_look_in_a_browser(capsys, address: str) -> None:
    command = runserver.Command()
    command.addr = address
    command._raw_ipv6 = False  # type: ignore[attr-defined]  # Django's own

    command.on_bind(8001)

    assert "  Jobs   http://127.0.0.1:8001/\n" in capsys.readouterr().out
