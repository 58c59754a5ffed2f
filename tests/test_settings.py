"""What the environment may say, and what stops the start with a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from heygen_video_translation import env
from vid_trans_api.checks import check_simulation

ROOT = Path(__file__).resolve().parent.parent


def settings_under(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "VIRTUAL_ENV", "LANG"}
    }
    return subprocess.run(
        [sys.executable, "-c", "import heygen_video_translation.settings as s; print(s.DEBUG)"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_run_at_once_as_they_stand() -> None:
    assert settings_under().stdout == "True\n"


@pytest.mark.parametrize(
    ("environment", "sentence"),
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
def test_what_cannot_work_stops_the_start_with_a_sentence(
    environment: dict[str, str], sentence: str
) -> None:
    started = settings_under(**environment)

    last_line = started.stderr.splitlines()[-1]
    assert started.returncode == 1
    assert last_line.startswith(f"django.core.exceptions.ImproperlyConfigured: {sentence}")
    assert "pw" not in last_line


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "root/db.sqlite3"),
        ("sqlite:///{folder}/jobs.db", "jobs.db"),
        ("sqlite:///a%20b/c d.db", "root/a b/c d.db"),
    ],
)
def test_a_database_url_is_a_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, path: str
) -> None:
    (tmp_path / "root" / "a b").mkdir(parents=True)
    monkeypatch.setenv("DATABASE_URL", url.format(folder=tmp_path))

    found = env.sqlite_file("DATABASE_URL", "sqlite:///x", root=tmp_path / "root")

    assert found == tmp_path / path


@pytest.mark.parametrize(
    ("value", "words"), [("", []), ("a", ["a"]), (" a, b ,,c", ["a", "b", "c"])]
)
def test_a_list_is_words_between_commas(
    monkeypatch: pytest.MonkeyPatch, value: str, words: list[str]
) -> None:
    monkeypatch.setenv("API_KEYS", value)

    assert env.words("API_KEYS") == words


@pytest.mark.parametrize(("value", "truth"), [("TRUE", True), ("on", True), ("", False)])
def test_a_yes_or_no_has_several_spellings(
    monkeypatch: pytest.MonkeyPatch, value: str, truth: bool
) -> None:
    monkeypatch.setenv("DEBUG", value)

    assert env.boolean("DEBUG", default=not truth) is truth


def test_a_whole_number_is_not_a_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_LONG_POLLS", "2.0")

    with pytest.raises(ImproperlyConfigured):
        env.whole_number("MAX_LONG_POLLS", 1)


def test_the_settings_as_they_stand_pass_the_checks() -> None:
    assert check_simulation(None) == []


@pytest.mark.parametrize(
    ("name", "value", "check_id"),
    [
        ("MIN_DELAY", 16, "vid_trans_api.E001"),
        ("MIN_DELAY", -1, "vid_trans_api.E001"),
        ("MIN_DELAY", float("nan"), "vid_trans_api.E001"),
        ("MAX_DELAY", 86_401, "vid_trans_api.E001"),
        ("ERROR_PROBABILITY", 1.01, "vid_trans_api.E002"),
        ("ESTIMATE_NOISE", -0.1, "vid_trans_api.E003"),
        ("ESTIMATE_NOISE", float("inf"), "vid_trans_api.E003"),
        ("LONG_POLL_LIMIT", -1, "vid_trans_api.E004"),
        ("MAX_LONG_POLLS", -1, "vid_trans_api.E005"),
        ("JOURNAL_LENGTH", -1, "vid_trans_api.E006"),
        ("JOURNAL_LENGTH", 1_000_001, "vid_trans_api.E006"),
    ],
)
def test_a_setting_that_no_job_could_be_dealt_with_is_an_error(
    settings, name: str, value: float, check_id: str
) -> None:
    setattr(settings, name, value)

    found = check_simulation(None)

    assert [(error.id, bool(error.hint)) for error in found] == [(check_id, True)]
