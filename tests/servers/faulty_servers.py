"""Servers of the faulty app, and requests whose responses are read piece by piece."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from typing import Any, Final
from urllib.parse import urlencode

from tests.databases import Database
from tests.server_processes import RESPONSE_TIMEOUT, Server, gunicorn, runserver

APP: Final = "tests.servers.faulty_app"
FAULTS: Final = ("truncate", "reset", "hang", "slow", "dribble", "lost-response")
WITHOUT_RESPONSE: Final = ("reset", "hang", "lost-response")

_COMPLAINT: Final = re.compile(r"Traceback|Error|WARN|ERROR|CRITICAL|Exception|Warning|Broken pipe")
_SERVERS: Final = {
    "runserver": lambda database, log: runserver(
        database,
        log,
        DJANGO_SETTINGS_MODULE="tests.servers.faulty_settings",
        DJANGO_RUNSERVER_HIDE_WARNING="true",
    ),
    "gunicorn": lambda database, log: gunicorn(database, log, APP),
    "sync worker": lambda database, log: gunicorn(
        database, log, "--worker-class=sync", "--threads=1", APP
    ),
}


@contextmanager
def run_faulty_servers(
    *names: str, database: Database, folder: Path
) -> Iterator[dict[str, Server]]:
    """Run the faulty app on these servers; they must not complain in their logs."""
    with ExitStack() as stack:
        starting = [_SERVERS[name](database, folder / f"{name}.log") for name in names]
        with ThreadPoolExecutor() as threads:
            servers = dict(zip(names, threads.map(stack.enter_context, starting), strict=True))
        yield servers
    complaints = {name: _COMPLAINT.findall(each.log.read_text()) for name, each in servers.items()}
    assert complaints == {name: [] for name in names}


@dataclass(frozen=True)
class Received:
    """What arrived over a connection until it ended."""

    pieces: list[tuple[float, bytes]]
    """Each with the seconds since the request."""

    ending: str
    """`closed` or `reset`."""

    seconds: float

    @property
    def everything(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def body(self) -> bytes:
        return self.everything.partition(b"\r\n\r\n")[2]

    @property
    def head(self) -> list[str]:
        """The status line and the headers, except the Date."""
        lines = self.everything.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        return [line for line in lines if not line.startswith("Date: ")]


def request(
    server: Server, method: str = "GET", body: bytes = b"", path: str = "/", **query: object
) -> Received:
    """Send one request, and read until the connection ends."""
    lines = [
        f"{method} {path}?{urlencode(query)} HTTP/1.1",
        "Host: localhost",
        *(["Connection: close"] if query.get("fault") in {None, "slow"} else []),
        *([f"Content-Length: {len(body)}"] if body else []),
        "\r\n",
    ]
    pieces = []
    with create_connection(("127.0.0.1", server.port), RESPONSE_TIMEOUT) as connection:
        started_at = time.monotonic()
        ending = "closed"
        try:
            connection.sendall("\r\n".join(lines).encode() + body)
            while piece := connection.recv(100_000):
                pieces.append((time.monotonic() - started_at, piece))
        except (BrokenPipeError, ConnectionResetError):  # while sending, or while reading
            ending = "reset"
        return Received(pieces, ending, time.monotonic() - started_at)


def state_of(server: Server) -> Any:
    """Return what the faulty app has counted."""
    return json.loads(request(server, path="/state").body)


def descriptor_counter(servers: Iterable[Server]) -> Callable[[], list[Counter[str]]]:
    """Return a function that lists the open file descriptors of each server's process.

    No two sockets have the same name, also if one is closed before the other is opened.
    """
    folders = [Path(f"/proc/{state_of(server)['pid']}/fd") for server in servers]
    return lambda: [Counter(map(_target, folder.iterdir())) for folder in folders]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed in this moment
        return ""
