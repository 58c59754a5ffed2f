"""A store that is missing, locked, full, damaged or newly made by two at once."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers import PROBLEM, ROOT, Answer, gunicorn, runserver

SERVERS = pytest.mark.parametrize("serve", [runserver, gunicorn])


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store, timeout=5)) as connection, connection:
        connection.execute(statement)


@SERVERS
def test_what_nobody_foresaw_is_told_in_the_log_only(serve, store: Path, tmp_path: Path) -> None:
    with serve(store, tmp_path / "log", DEBUG="0") as server:
        job = server.ask("POST", "/jobs").document
        change(store, "UPDATE vid_trans_api_job SET plan = '{}'")

        answer = server.ask("GET", f"/jobs/{job['id']}")

    assert (answer.status, answer.content_type) == (500, PROBLEM)
    assert b"Traceback" not in answer.body
    assert "KeyError: 'failure'" in server.log.read_text()


def test_a_damaged_store_is_told_as_unavailable(store: Path, tmp_path: Path) -> None:
    with gunicorn(store, tmp_path / "log") as server:
        job = server.ask("POST", "/jobs").document
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.write_bytes(b"this is not SQLite " * 10_000)

        answers = [server.ask(method, path) for method, path in requests_about(job)]

    assert_unavailable(answers)


def test_a_store_without_tables_is_told_as_unavailable(store: Path, tmp_path: Path) -> None:
    with gunicorn(store, tmp_path / "log") as server:
        job = server.ask("POST", "/jobs").document
        change(store, "PRAGMA foreign_keys = OFF")
        for table in ("job", "idempotencykey", "workspace"):
            change(store, f"DROP TABLE vid_trans_api_{table}")

        answers = [server.ask(method, path) for method, path in requests_about(job)]

    assert_unavailable(answers)


def test_a_full_disk_stops_writing_and_not_reading(store: Path, tmp_path: Path) -> None:
    with (
        files_no_larger_than(store.stat().st_size + 100_000),
        gunicorn(store, tmp_path / "log") as server,
    ):
        job = server.ask("POST", "/jobs", {"simulation": {"outcome": "stuck"}}).document
        posted = [server.ask("POST", "/jobs", {"title": "a" * 200}) for _ in range(60)]
        read = [server.ask("GET", path) for path in (f"/jobs/{job['id']}", "/jobs", "/health")]
        listed = server.ask("GET", "/jobs?limit=100").document["results"]

    accepted = [answer.document["id"] for answer in posted if answer.status == 202]
    assert 0 < len(accepted) < len(posted)
    assert_unavailable([answer for answer in posted if answer.status != 202])
    assert [answer.status for answer in read] == [200] * 3
    assert {*accepted} <= {each["id"] for each in listed}
    assert "The database does not answer" in server.log.read_text()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let no file of the processes that are started meanwhile grow larger, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def requests_about(job: dict[str, str]) -> list[tuple[str, str]]:
    one = f"/jobs/{job['id']}"
    reads = [
        ("GET", path) for path in ("/health", "/status", "/jobs", f"/jobs?ids={job['id']}", one)
    ]
    return [*reads, ("POST", "/jobs"), ("POST", f"{one}/cancel"), ("DELETE", one)]


def assert_unavailable(answers: list[Answer]) -> None:
    actual = [
        (answer.status, answer.content_type, answer.headers["Retry-After"]) for answer in answers
    ]
    assert actual == [(503, PROBLEM, "1")] * len(answers)


def test_two_servers_that_start_on_no_store_at_once_share_one(tmp_path: Path) -> None:
    for attempt in range(2):
        store = tmp_path / f"new {attempt}" / "db.sqlite3"
        store.parent.mkdir()
        with ThreadPoolExecutor() as threads, ExitStack() as stack:
            starting = [
                threads.submit(
                    stack.enter_context, runserver(store, tmp_path / f"{attempt}{n}.log")
                )
                for n in range(2)
            ]
            servers = [future.result() for future in starting]
            lists = [server.ask("GET", "/jobs").document["results"] for server in servers]

        assert [[job["title"] for job in jobs] for jobs in lists] == [["Demonstration"]] * 2


@pytest.mark.parametrize(
    "url", ["sqlite:///{relative}", "sqlite:///{absolute}", "sqlite:///{escaped}"]
)
def test_a_store_is_where_its_url_says(url: str, tmp_path: Path) -> None:
    store = tmp_path / "a store, 100% mine" / "jobs.sqlite3"
    store.parent.mkdir()
    plain = str(store).replace("%", "%25")
    where = url.format(
        relative=os.path.relpath(plain, ROOT), absolute=plain, escaped=quote(str(store))
    )

    with runserver(where, tmp_path / "log") as server:
        answer = server.ask("GET", "/health")

    assert answer.status == 200
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("SELECT count(*) FROM vid_trans_api_job").fetchone() == (1,)
