"""Which environment stops the start, and what the error message says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INHERITED = ("PATH", "HOME", "VIRTUAL_ENV", "LANG")


def load_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process with this environment; it prints DEBUG."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import heygen_video_translation.settings as s; print(s.DEBUG)"],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_need_no_environment() -> None:
    process = load_settings()

    assert process.stdout == "True\n"


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"DEBUG": "False"}, "SECRET_KEY is missing, and DEBUG is off: set it to"),
        ({"DEBUG": "0", "SECRET_KEY": "x"}, "ALLOWED_HOSTS is missing, and DEBUG is off: set it"),
        ({"DEBUG": "maybe"}, "DEBUG='maybe' is neither true nor false; set it to 1 or 0."),
        ({"MIN_DELAY": "five"}, "MIN_DELAY='five' is not a number; set it to one, such as 5."),
        (
            {"MAX_LONG_POLLS": "1.5"},
            "MAX_LONG_POLLS='1.5' is not a whole number; set it to one, such as",
        ),
        ({"DATABASE_URL": "postgres://u:pw@h/d"}, "DATABASE_URL is postgres:…, but jobs are kept"),
        (
            {"DATABASE_URL": "sqlite:////no/such/jobs.db"},
            "DATABASE_URL leads to /no/such/jobs.db, ",
        ),
        ({"DATABASE_URL": "db.sqlite3"}, "DATABASE_URL is 'db.sqlite3', but jobs are kept in SQ"),
    ],
)
def test_invalid_environment_stops_the_start(environment: dict[str, str], error: str) -> None:
    process = load_settings(**environment)

    last_line = process.stderr.splitlines()[-1]
    assert process.returncode == 1
    assert last_line.startswith(f"django.core.exceptions.ImproperlyConfigured: {error}")
    assert "pw" not in last_line
