"""Workers of one server agree on the time, even if the machine's clock is set meanwhile."""

import os
import runpy
import subprocess
import sys
from datetime import datetime

import pytest

from vid_trans_api import clock

_PROGRAM = """
import time
machines = time.time_ns
time.time_ns = lambda: machines() - 3600 * 10**9
import django
django.setup()
from vid_trans_api import clock
print(clock.now().isoformat())
"""


def time_in_a_new_process(**environment: str) -> datetime:
    """Return the time in a process that starts after the wall clock was set back by an hour."""
    variables = {"DJANGO_SETTINGS_MODULE": "heygen_video_translation.settings", **environment}
    completed = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return datetime.fromisoformat(completed.stdout.strip())


def test_process_with_the_servers_origin_agrees_on_the_time() -> None:
    before = clock.now()

    other = time_in_a_new_process(CLOCK_ORIGIN=str(clock.origin()))

    assert before < other < clock.now()


def test_process_without_an_origin_follows_the_wall_clock() -> None:
    assert time_in_a_new_process() < clock.now()


def test_gunicorn_shares_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_ORIGIN", "0")
    monkeypatch.delenv("CLOCK_ORIGIN")
    runpy.run_path("gunicorn.conf.py")

    assert os.environ["CLOCK_ORIGIN"] == str(clock.origin())
