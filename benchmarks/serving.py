"""A production server with one process and its own database, for the benchmarks."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heygen_video_translation.testing import server_process

ROOT: Final = Path(__file__).resolve().parent.parent
API: Final = "/vid_trans_api"


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    environment: Mapping[str, str]
    pid: int

    def create(self, **fields: Any) -> dict[str, Any]:
        """Create a job and return the response's document."""
        request = urllib.request.Request(
            f"http://localhost:{self.port}{API}/jobs",
            data=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            job: dict[str, Any] = json.load(response)
        return job


def environment(database: Path, **more: str) -> dict[str, str]:
    """Return the environment of a production server with this database."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
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


@contextmanager
def serve(database: Path, server: Sequence[str] = GUNICORN, **settings: str) -> Iterator[Server]:
    """Run a production server on a free port; create its database if there is none."""
    env = environment(database, **settings)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=env, check=True
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with server_process.run_server(
        [sys.executable, "-m", *(word.format(port=port) for word in server)],
        log=database.with_suffix(".log"),
        environment=env,
        folder=ROOT,
        url=f"http://127.0.0.1:{port}",
    ) as running:
        yield Server(port, env, running.process.pid)
