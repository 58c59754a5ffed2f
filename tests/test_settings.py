"""Which environment stops the start, and what the error message says."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "heygen_video_translation" / "settings.py"


def load_settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """Return the settings in this environment."""
    monkeypatch.setattr(os, "environ", environment)
    return runpy.run_path(str(SETTINGS))


def test_settings_need_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(monkeypatch)

    assert (settings["DEBUG"], settings["API_KEYS"], settings["SIMULATION"]) == (True, [], True)


@pytest.mark.parametrize(
    ("keys", "listed"),
    [
        ({"API_KEYS": "one,two"}, ["one", "two"]),
        ({"API_KEYS": "*"}, []),
        ({"API_KEY_SECRET": "s"}, []),
    ],
)
def test_production_starts_if_it_is_said_which_keys_are_valid(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, str], listed: list[str]
) -> None:
    production = {"DEBUG": "0", "SECRET_KEY": "x", "ALLOWED_HOSTS": "h"}

    settings = load_settings(monkeypatch, **production, **keys)

    assert settings["API_KEYS"] == listed


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"DEBUG": "False"}, "SECRET_KEY is missing, and DEBUG is off: set it to"),
        ({"DEBUG": "0", "SECRET_KEY": "x"}, "ALLOWED_HOSTS is missing, and DEBUG is off: set it"),
        (
            {"DEBUG": "0", "SECRET_KEY": "x", "ALLOWED_HOSTS": "h"},
            "API_KEYS is missing, and DEBUG is off: set it to the valid API keys,",
        ),
        ({"API_KEYS": "one,*"}, "API_KEYS lists *, with which every key is valid, beside other"),
        ({"API_KEYS": "*", "API_KEY_SECRET": "s"}, "API_KEYS lists *, with which every key is va"),
        ({"DEBUG": "maybe"}, "DEBUG='maybe' is neither true nor false; set it to 1 or 0."),
        (
            {"MIN_DELAY": "five"},
            "MIN_DELAY='five' is not a number; set it to one. The default is 5.",
        ),
        (
            {"METRICS_PORT": "80.0"},
            "METRICS_PORT='80.0' is not a whole number; set it to one. The default is 0.",
        ),
        ({"DATABASE_URL": "mysql://u:pw@h/d"}, "DATABASE_URL is mysql:…, but jobs are kept in"),
        (
            {"DATABASE_URL": "sqlite:////no/such/jobs.db"},
            "DATABASE_URL leads to /no/such/jobs.db, ",
        ),
        ({"DATABASE_URL": "db.sqlite3"}, "DATABASE_URL is 'db.sqlite3', but jobs are kept in SQ"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT='xml' is not valid; set it to text or json."),
    ],
)
def test_invalid_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], error: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        load_settings(monkeypatch, **environment)

    assert str(raised.value).startswith(error)
    assert "pw" not in str(raised.value)


@pytest.mark.parametrize("name", ["METRICS_PORT", "METRICS_TOKEN"])
def test_metrics_without_their_package_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)

    with pytest.raises(ImproperlyConfigured, match=r"\[metrics\]"):
        load_settings(monkeypatch, **{name: "9100"})


@pytest.mark.parametrize(
    ("environment", "is_observed"),
    [
        ({}, False),
        ({"METRICS_PORT": "9100"}, True),
        ({"METRICS_TOKEN": "token"}, True),
        ({"LOG_FORMAT": "json"}, True),
    ],
)
def test_requests_are_observed_only_if_that_is_on(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], is_observed: bool
) -> None:
    settings = load_settings(monkeypatch, **environment)

    assert any("Observation" in name for name in settings["MIDDLEWARE"]) is is_observed


def test_invalid_environment_stops_the_start_with_a_sentence() -> None:
    process = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "maybe"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 1
    assert process.stderr == "DEBUG='maybe' is neither true nor false; set it to 1 or 0.\n"
