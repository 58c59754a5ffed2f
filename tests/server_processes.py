"""Servers in processes of their own, each on a free port, and the requests that tests send them."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from heygen_video_translation.testing.server_process import ServerProcess, run_server
from tests.databases import Database

ROOT: Final = Path(__file__).resolve().parent.parent
API: Final = "/vid_trans_api"
HOST: Final = "localhost"
"""The Host of every request, so that the URLs in responses of different servers are equal."""

PROBLEM: Final = "application/problem+json"
RESPONSE_TIMEOUT: Final = 45.0
"""Seconds until a request fails if the server does not respond."""

_URL: Final = re.compile(r"(?:Jobs +|Listening at: )(http://127\.0\.0\.1:\d+)\b")
_SECRET_KEY: Final = "the same for all servers, as for all processes of one site"


@dataclass(frozen=True)
class Response:
    """A response of which everything was read."""

    status: int
    headers: HTTPMessage
    body: bytes

    @cached_property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        return self.headers.get_content_type()


class Connection:
    """One connection that is kept alive; not to be shared between threads."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def request(
        self, method: str, path: str, document: object = None, headers: Mapping[str, str] = {}
    ) -> Response:
        """Send a request with a JSON body, or without a body, and return the response."""
        body = None if document is None else json.dumps(document)
        all_headers = {"Host": HOST, "Content-Type": "application/json", **headers}
        self._connection.request(method, API + path, body, all_headers)
        return _read(self._connection.getresponse())

    def job(self, job_id: str, headers: Mapping[str, str] = {}) -> Any:
        """Return the job's document."""
        response = self.request("GET", f"/jobs/{job_id}", headers=headers)
        assert response.status == 200, response
        return response.document

    def create(self, **simulation: object) -> Any:
        """Create a job with these simulation options and return its document."""
        response = self.request("POST", "/jobs", {"simulation": simulation})
        assert response.status == 202, response
        return response.document


@dataclass(frozen=True)
class Server:
    """A running server."""

    running: ServerProcess

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.running.process

    @property
    def log(self) -> Path:
        return self.running.log

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def connect(self) -> Connection:
        return Connection(self.port)

    def request(self, method: str, path: str, document: object = None, **headers: str) -> Response:
        """Send a request over a new connection; underscores in a header's name become hyphens."""
        with self.connect() as connection:
            return connection.request(
                method,
                path,
                document,
                {name.replace("_", "-"): value for name, value in headers.items()},
            )

    def send(self, request: bytes | Iterable[bytes]) -> Response:
        """Send exactly these bytes, all of them, and then read the response."""
        pieces = [request] if isinstance(request, bytes) else request
        with socket.create_connection(("127.0.0.1", self.port), RESPONSE_TIMEOUT) as connection:
            # A server that refuses a body reads it for a second or two, and then closes the
            # connection. If this process was paused meanwhile, it has the response already.
            with suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    connection.sendall(piece)
            with HTTPResponse(connection) as response:
                response.begin()
                return _read(response)

    def kill(self) -> None:
        """Kill the server and its workers without warning."""
        self.running.kill()


def _read(response: HTTPResponse) -> Response:
    with response:
        return Response(response.status, response.headers, response.read())


def environment(database: Database | Path, **settings: str) -> dict[str, str]:
    """Return a server's environment for a database, or for a file that may not exist yet."""
    url = database.url if isinstance(database, Database) else f"sqlite:///{database}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "UPLOAD_FOLDER": str(database.uploads) if isinstance(database, Database) else "",
        "SECRET_KEY": _SECRET_KEY,
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "API_KEYS": "*",
        "WEBHOOK_PRIVATE_ADDRESSES": "1",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


@contextmanager
def runserver(database: Database | Path, log: Path, **settings: str) -> Iterator[Server]:
    """Run the development server, which creates a missing database."""
    command = ["manage.py", "runserver", "--noreload", "--nostatic", "127.0.0.1:0"]
    with _run(command, environment(database, **settings), log) as server:
        yield server


@contextmanager
def gunicorn(
    database: Database | Path, log: Path, *arguments: str, **settings: str
) -> Iterator[Server]:
    """Run the production server with the project's configuration; the database must exist.

    `arguments` are added to its command line.
    """
    command = ["-m", "gunicorn", "--bind=127.0.0.1:0", *arguments]
    with _run(command, environment(database, **{"DEBUG": "0", **settings}), log) as server:
        yield server


@contextmanager
def _run(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    with run_server(
        [sys.executable, *command], log=log, environment=environment, folder=ROOT, url=_URL
    ) as running:
        yield Server(running)
