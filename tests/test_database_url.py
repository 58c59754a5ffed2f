"""Which settings follow from the database's URL."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from heygen_video_translation import database_url


def read(url: str, root: Path = Path("/"), pool_size: int = 10) -> dict[str, Any]:
    return database_url.read_database_url(url, root=root, pool_size=pool_size)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "root/db.sqlite3"),
        ("sqlite:///{folder}/jobs.db", "jobs.db"),
        ("sqlite:///a%20b/c d.db", "root/a b/c d.db"),
    ],
)
def test_url_of_sqlite_is_read_as_a_path(tmp_path: Path, url: str, path: str) -> None:
    (tmp_path / "root" / "a b").mkdir(parents=True)

    settings = read(url.format(folder=tmp_path), root=tmp_path / "root")

    assert (settings["ENGINE"], settings["NAME"]) == ("vid_trans_api.sqlite", tmp_path / path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_url_of_postgresql_is_read(scheme: str) -> None:
    settings = read(f"{scheme}://ada:p%40w@db.example.com:77/jobs")

    names = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "NAME")
    assert tuple(settings[name] for name in names) == (
        "vid_trans_api.postgresql",
        "ada",
        "p@w",
        "db.example.com",
        77,
        "jobs",
    )


def test_query_of_the_url_is_passed_to_the_driver() -> None:
    url = "postgres:///jobs?host=/run/pg&connect_timeout=1&options=-c statement_timeout%3D0"

    options = read(url)["OPTIONS"]

    assert (options["host"], options["connect_timeout"]) == ("/run/pg", 1)
    assert options["options"].endswith(" -c statement_timeout=0")  # the last one counts


def test_connections_to_postgresql_are_pooled_and_time_out() -> None:
    options = read("postgres://h/d", pool_size=3)["OPTIONS"]

    assert options["pool"]["max_size"] == 3
    assert {"connect_timeout", "tcp_user_timeout"} <= options.keys()
    assert options["options"].startswith("-c lock_timeout=8s -c statement_timeout=30s ")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite://pw.sqlite3",
        "postgres://u:pw@h",
        "postgres://u:1/pw@h/d",
        "postgres://u:x/pw@h/d",
        "mysql://u:pw@h/d",
        "",
    ],
)
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL is ") as raised:
        read(url)

    assert "pw" not in str(raised.value)


def test_pool_without_connections_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_POOL_SIZE=0 is no number"):
        read("postgres://h/d", pool_size=0)


def test_missing_driver_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_url, "find_spec", lambda name: None)

    with pytest.raises(ImproperlyConfigured, match=r"pip install '.*\[postgres\]'"):
        read("postgres://h/d")
