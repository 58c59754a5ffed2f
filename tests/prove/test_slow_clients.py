"""Hundreds of clients that send slowly, or never finish, do not stop the production server."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.databases import Database
from tests.server_processes import API, Server, gunicorn

HEALTHY_WITHIN = 1.5
"""Seconds within which the server responds, which takes some milliseconds: less than the 2 s after
which it closes connections whose clients do not.
"""

HEAD = b"POST " + API.encode() + b"/jobs HTTP/1.1\r\nHost: localhost\r\n"
SLOW = {
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "half a large body": HEAD + b"Content-Length: 2500000\r\n\r\n" + b"a" * 10_000,
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "a connection that is not closed": (
        b"GET " + API.encode() + b"/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ),
}


@pytest.fixture
def production(database: Database, tmp_path: Path) -> Iterator[Server]:
    with gunicorn(database, tmp_path / "log") as server:
        yield server


@contextmanager
def slow_clients(server: Server, data: bytes, *, count: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            address = ("127.0.0.1", server.port)
            stack.enter_context(socket.create_connection(address, 10)).sendall(data)
        yield


def health(server: Server) -> tuple[int, float]:
    """Return the status of a request over a new connection, and the seconds that it took."""
    started_at = time.monotonic()
    status = server.request("GET", "/health").status
    return status, time.monotonic() - started_at


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_server_responds_while_hundreds_send_slowly(production: Server, data: bytes) -> None:
    with slow_clients(production, data, count=300):
        status, seconds = health(production)

    assert (status, seconds < HEALTHY_WITHIN) == (200, True)


def test_server_responds_with_more_slow_clients_than_connections(production: Server) -> None:
    with slow_clients(production, SLOW["half a head"], count=900):
        status, seconds = health(production)

    assert (status, seconds < HEALTHY_WITHIN) == (200, True)


def test_connections_are_closed_when_a_request_takes_too_long(production: Server) -> None:
    started_at = time.monotonic()
    with socket.create_connection(("127.0.0.1", production.port), 40) as client:
        client.sendall(SLOW["half a head"])
        received = client.recv(1000)
        seconds = time.monotonic() - started_at

    assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert 19 < seconds < 30


@pytest.mark.parametrize("path", ["/key", "/admin/login/", f"{API}/jobs"])
def test_large_body_is_refused_before_it_is_read(production: Server, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 304087040\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", production.port), 10) as client:
        client.sendall(head.encode())
        received = client.recv(1000)

    assert received.startswith(b"HTTP/1.1 413 ")
