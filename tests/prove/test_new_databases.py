"""Where `runserver` creates a database, and that two servers may do so at once."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.databases import Database
from tests.server_processes import ROOT, runserver


def test_two_servers_that_start_at_once_share_a_new_database(tmp_path: Path) -> None:
    for attempt in range(2):
        database = tmp_path / f"new {attempt}" / "db.sqlite3"
        database.parent.mkdir()
        with ThreadPoolExecutor() as threads, ExitStack() as stack:
            starting = [
                threads.submit(
                    stack.enter_context, runserver(database, tmp_path / f"{attempt}{number}.log")
                )
                for number in range(2)
            ]
            servers = [future.result() for future in starting]
            lists = [server.request("GET", "/jobs").document["results"] for server in servers]

        assert [[job["title"] for job in jobs] for jobs in lists] == [["Demonstration"]] * 2


@pytest.mark.parametrize(
    "url", ["sqlite:///{relative}", "sqlite:///{absolute}", "sqlite:///{escaped}"]
)
def test_database_is_created_where_its_url_says(url: str, tmp_path: Path) -> None:
    database = tmp_path / "a folder, 100% mine" / "jobs.sqlite3"
    database.parent.mkdir()
    plain = str(database).replace("%", "%25")
    relative = os.path.relpath(plain, ROOT)

    given = url.format(relative=relative, absolute=plain, escaped=quote(str(database)))
    with runserver(Database(given, uploads=tmp_path), tmp_path / "log") as server:
        response = server.request("GET", "/health")

    assert response.status == 200
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM vid_trans_api_job").fetchone() == (1,)
