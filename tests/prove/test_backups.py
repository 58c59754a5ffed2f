"""Backups by the commands of docs/operations.md, made while a server writes."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests import postgresql
from tests.databases import Database, SqliteDatabases, migrate
from tests.docs.pages import section
from tests.media_files import VIDEO, form
from tests.patience import eventually
from tests.server_processes import API, ROOT, Server, gunicorn
from tests.servers.raw_requests import request

PAGE = "docs/operations.md"


def commands(heading: str, number: int) -> str:
    """Return one of the scripts below a heading."""
    return section(PAGE, heading).split("```sh\n")[1 + number].partition("```")[0]


def run(script: str, folder: Path, **environment: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["sh", "-ec", script.replace("manage.py", str(ROOT / "manage.py"))]
    subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path, **environment}, check=True)


@dataclass
class Writer:
    """Creates jobs and uploads files until it is stopped."""

    server: Server
    jobs: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        body, content_type = form(("file", "a.mp4", VIDEO))
        head = [b"Content-Type: " + content_type.encode(), b"Content-Length: %d" % len(body)]
        upload = request(f"POST {API}/assets", *head, b"Connection: close", body=body)
        try:
            for number in itertools.count():
                if self.stopped.is_set():
                    return
                with self.server.connect() as connection:
                    self.jobs.append(connection.create(duration=0, outcome="completed"))
                if number % 5 == 0:
                    url = self.server.send(upload).document["url"]
                    self.uploads.append(url[url.index(API) + len(API) :])
        except (OSError, HTTPException):
            assert self.stopped.is_set()


@contextmanager
def written(server: Server) -> Iterator[Writer]:
    """Write with four threads during the block, which begins with some jobs and files."""
    writer = Writer(server)
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(writer.write) for _ in range(4)]
        try:
            assert eventually(lambda: len(writer.jobs) > 40 and len(writer.uploads) > 8)
            yield writer
            count = len(writer.jobs)
            assert eventually(lambda: len(writer.jobs) > count + 10)
        finally:
            writer.stopped.set()
        for each in writing:
            each.result()


def assert_served(server: Server, jobs: list[dict[str, Any]], uploads: list[str]) -> None:
    with server.connect() as connection:
        assert [connection.job(job["id"])["status"] for job in jobs] == ["completed"] * len(jobs)
        assert all(connection.request("GET", url).body == VIDEO for url in uploads)
        connection.create(duration=1)


def test_sqlite_is_restored_as_it_was_at_the_backup(tmp_path: Path) -> None:
    database = SqliteDatabases(tmp_path).create(tmp_path)

    with gunicorn(database, tmp_path / "log") as server, written(server) as writer:
        jobs, uploads = list(writer.jobs), list(writer.uploads)
        run(commands("SQLite", 0), tmp_path)
    run(commands("SQLite", 1), tmp_path, DATABASE_URL=database.url)

    ((count,),) = database.read("SELECT count(*) FROM vid_trans_api_job")
    assert database.read("PRAGMA integrity_check") == [("ok",)]
    assert len(jobs) <= count < len(writer.jobs)
    with gunicorn(database, tmp_path / "restored.log") as server:
        assert_served(server, jobs, uploads)


def test_postgresql_is_restored_as_it_was_at_the_backup(tmp_path: Path) -> None:
    with postgresql.run_server() as root, postgresql.create_databases(root.url) as url:
        migrate(url)
        database = Database(url, uploads=tmp_path / "uploads")
        environment = {"DATABASE_URL": url, "UPLOAD_FOLDER": str(database.uploads)}

        with gunicorn(database, tmp_path / "log") as server, written(server) as writer:
            jobs, uploads = list(writer.jobs), list(writer.uploads)
            run(commands("PostgreSQL", 0), tmp_path, **environment)
        name = url.partition("?")[0].rpartition("/")[2]
        restored = Database(
            url.replace(f"/{name}", "/jobs_restored", 1), uploads=tmp_path / "backup/uploads"
        )
        run(commands("PostgreSQL", 1), tmp_path, **environment, RESTORED_URL=restored.url)

        ((count,),) = restored.read("SELECT count(*) FROM vid_trans_api_job")
        assert len(jobs) <= count < len(writer.jobs)
        with gunicorn(restored, tmp_path / "restored.log") as server:
            assert_served(server, jobs, uploads)
