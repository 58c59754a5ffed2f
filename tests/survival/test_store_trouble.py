"""A store that is missing, locked, full, damaged or newly made by two at once."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.survival.servers import PROBLEM, gunicorn, runserver

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
