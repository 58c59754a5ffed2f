"""Servers in processes of their own, each on a free port, and a client that shows raw responses."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from heygen_video_translation.testing.server_process import ServerProcess, run_server

ROOT: Final = Path(__file__).resolve().parent.parent
API: Final = "/vid_trans_api"
HOST: Final = "localhost"
"""The same for all servers, so that the URLs in their responses can be compared."""

PROBLEM: Final = "application/problem+json"
LONGEST_ANSWER: Final = 45.0
_URL: Final = re.compile(r"(?:Jobs +|Listening at: )(http://127\.0\.0\.1:\d+)\b")
_SECRET: Final = "the same for all, as the processes of one production site have it"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @cached_property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        return self.headers.get_content_type()


class Caller:
    """One keep-alive connection; not to be shared between threads."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_ANSWER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def ask(
        self, method: str, path: str, document: object = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        body = None if document is None else json.dumps(document)
        actual = {"Host": HOST, "Content-Type": "application/json", **headers}
        self._connection.request(method, API + path, body, actual)
        return _read(self._connection.getresponse())

    def job(self, job_id: str, headers: Mapping[str, str] = {}) -> Any:
        answer = self.ask("GET", f"/jobs/{job_id}", headers=headers)
        assert answer.status == 200, answer
        return answer.document

    def create(self, **simulation: object) -> Any:
        answer = self.ask("POST", "/jobs", {"simulation": simulation})
        assert answer.status == 202, answer
        return answer.document


@dataclass(frozen=True)
class Server:
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

    def caller(self) -> Caller:
        return Caller(self.port)

    def ask(self, method: str, path: str, document: object = None, **headers: str) -> Answer:
        with self.caller() as caller:
            return caller.ask(
                method, path, document, {k.replace("_", "-"): v for k, v in headers.items()}
            )

    def send(self, request: bytes | Iterable[bytes]) -> Answer:
        """Send exactly these bytes, then read the response."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_ANSWER) as wire:
            for piece in [request] if isinstance(request, bytes) else request:
                wire.sendall(piece)
            with HTTPResponse(wire, method=_method_of(request)) as response:
                response.begin()
                return _read(response)

    def kill(self) -> None:
        """End the server and its workers as `kill -9` does."""
        self.running.kill()


def _method_of(request: bytes | Iterable[bytes]) -> str | None:
    if isinstance(request, bytes) and request.startswith(b"HEAD "):
        return "HEAD"
    return None


def _read(response: HTTPResponse) -> Answer:
    with response:
        return Answer(response.status, response.headers, response.read())


def environment(store: Path | str, **settings: str) -> dict[str, str]:
    url = store if isinstance(store, str) else f"sqlite:///{store}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": _SECRET,
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


@contextmanager
def runserver(store: Path | str, log: Path, **settings: str) -> Iterator[Server]:
    """Run the development server."""
    command = ["manage.py", "runserver", "--noreload", "--nostatic", "127.0.0.1:0"]
    with _serve(command, environment(store, **settings), log) as server:
        yield server


@contextmanager
def gunicorn(store: Path | str, log: Path, *words: str, **settings: str) -> Iterator[Server]:
    """Run the production server as the project configures it; its database must exist.

    `words` are further arguments.
    """
    command = ["-m", "gunicorn", "--bind=127.0.0.1:0", *words]
    with _serve(command, environment(store, **{"DEBUG": "0", **settings}), log) as server:
        yield server


@contextmanager
def _serve(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    with run_server(
        [sys.executable, *command], log=log, environment=environment, folder=ROOT, url=_URL
    ) as running:
        yield Server(running)
