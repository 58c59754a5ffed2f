"""A production server with one process and its own database, for the benchmarks."""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heygen_video_translation.testing import server_process
from tests.ports import free_port

ROOT: Final = Path(__file__).resolve().parent.parent
API: Final = "/vid_trans_api"


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    environment: Mapping[str, str]
    pid: int

    def create(self, api_key: str = "", **fields: Any) -> dict[str, Any]:
        """Create a job and return the response's document."""
        request = urllib.request.Request(
            f"http://localhost:{self.port}{API}/jobs",
            data=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json", "X-Api-Key": api_key},
        )
        with urllib.request.urlopen(request) as response:
            job: dict[str, Any] = json.load(response)
        return job


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a production server with the database at this URL."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DEBUG": "False",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "API_KEYS": "*",
        "DJANGO_SETTINGS_MODULE": "benchmarks.baselines",
        **more,
    }


GUNICORN: Final = ("gunicorn", "--bind=127.0.0.1:{port}", "--log-level=warning")
"""`gunicorn.conf.py` has the other options."""

GRANIAN: Final = (
    "granian",
    "--interface=wsgi",
    "--blocking-threads=280",
    "--port={port}",
    "--log-level=error",
    "heygen_video_translation.wsgi:application",
)
"""The other production server that was considered, with as many threads."""


def serve(
    database: Path, server: Sequence[str] = GUNICORN, **settings: str
) -> AbstractContextManager[Server]:
    """Run a production server with SQLite; create the database if there is none."""
    log = database.with_suffix(".log")
    return serve_url(f"sqlite:///{database}", server, log=log, **settings)


@contextmanager
def serve_url(
    url: str, server: Sequence[str] = GUNICORN, *, log: Path, **settings: str
) -> Iterator[Server]:
    """Run a production server on a free port, with the database at this URL."""
    env = environment(url, **settings)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=env, check=True
    )
    port = free_port()
    with server_process.run_server(
        [sys.executable, "-m", *(word.format(port=port) for word in server)],
        log=log,
        environment=env,
        folder=ROOT,
        url=f"http://127.0.0.1:{port}",
    ) as running:
        yield Server(port, env, running.process.pid)
