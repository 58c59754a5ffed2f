"""Processes with one database agree on the time, even if their machines' clocks do not."""

import os
import subprocess
import sys
from datetime import datetime

from tests.databases import Database

_PROGRAM = """
import time
machines = time.time_ns
time.time_ns = lambda: machines() + int(SECONDS * 10**9)
import django
django.setup()
from django.db import connection
from vid_trans_api.models import read_time
connection.ensure_connection()
print(read_time().isoformat())
"""


def time_in_a_new_process(database: Database, *, ahead: int = 0) -> datetime:
    """Return the time in a process on a machine whose clock is so many seconds ahead."""
    settings = "heygen_video_translation.settings"
    completed = subprocess.run(
        [sys.executable, "-c", _PROGRAM.replace("SECONDS", str(ahead))],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
        check=True,
    )
    return datetime.fromisoformat(completed.stdout.strip())


def test_processes_with_one_database_agree_on_the_time(database: Database) -> None:
    times = [time_in_a_new_process(database, ahead=seconds) for seconds in (0, -3600, 3600, 0)]

    assert times == sorted(times)
    assert (times[-1] - times[0]).total_seconds() < 600
