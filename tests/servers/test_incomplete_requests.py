"""Requests that end early are not run, and slow ones keep no thread."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.databases import Databases
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import API, Server, gunicorn
from tests.server_workspaces import ServerWorkspace
from tests.servers.raw_requests import post, request

THREADS = 25
"""Of the server of these tests: 24, and one for its long poll."""

SOON = 1.5
"""Seconds within which the server responds, although many clients send slowly: less than the 2 s
after which it closes connections whose clients do not.
"""

CUT_OFF = {
    "no body": post(b"", length=b"100"),
    "half a body": post(b'{"title": "a"}', length=b"100"),
    "half a head": request(f"POST {API}/jobs", b"X-Half: 1").removesuffix(b"\r\n\r\n"),
    "a head without its empty line": request(f"POST {API}/jobs").removesuffix(b"\r\n"),
    "half a line": f"POST {API}/jobs HTTP/1.1".encode(),
}
SLOW = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n",
    "half a head": b"GET / HTTP/1.1\r\nHost: loc",
    "half a body": post(b"{", length=b"100"),
    "half a chunk": request(f"POST {API}/jobs", b"Transfer-Encoding: chunked", body=b"5\r\n{"),
    "a body that is too large": post(b"{", length=b"3000000"),
    "a request after which it does not close": request(f"GET {API}/health", b"Connection: close"),
    "invalid HTTP": b"GET\r\n\r\n",
}


@pytest.fixture(scope="module")
def small_server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A production server with few threads."""
    folder = tmp_path_factory.mktemp("small")
    with gunicorn(databases.create(folder), folder / "log", MAX_LONG_POLLS="1") as server:
        yield server


@contextmanager
def open_connections(server: Server, data: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Open connections that each send these bytes and then nothing."""
    with ExitStack() as stack:
        connections = []
        for _ in range(count):
            address = ("127.0.0.1", server.port)
            connection = stack.enter_context(socket.create_connection(address, 10))
            connection.sendall(data)
            connections.append(connection)
        yield connections


@pytest.mark.parametrize("data", CUT_OFF.values(), ids=CUT_OFF)
def test_request_that_ends_early_is_not_run(server: Server, data: bytes) -> None:
    workspace = ServerWorkspace(server)
    key = f"X-Api-Key: {workspace.key}\r\nHost:".encode()
    with open_connections(server, data.replace(b"Host:", key), 1) as [connection]:
        connection.shutdown(socket.SHUT_WR)
        received = connection.recv(1000)

    assert received == b""
    assert workspace.request("GET", "/jobs").document["results"] == []


def test_reset_connection_is_one_line_in_the_log(servers: ServerPair) -> None:
    server = servers.development
    with open_connections(server, CUT_OFF["half a line"], 1) as [connection]:
        address = connection.getsockname()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    line = f"] - Broken pipe from {address}\n"
    assert eventually(lambda: line in server.log.read_text(errors="replace"))


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_clients_that_send_slowly_do_not_delay_others(small_server: Server, data: bytes) -> None:
    with open_connections(small_server, data, 2 * THREADS):
        started_at = time.monotonic()
        response = small_server.request("GET", "/health")
        seconds = time.monotonic() - started_at

    assert (response.status, seconds < SOON) == (200, True)


def test_more_clients_than_connections_do_not_delay_others(small_server: Server) -> None:
    with open_connections(small_server, SLOW["half a head"], 4 * THREADS):
        started_at = time.monotonic()
        response = small_server.request("GET", "/health")
        seconds = time.monotonic() - started_at

    assert (response.status, seconds < SOON) == (200, True)


def test_body_is_refused_before_it_is_sent(server: Server) -> None:
    response = server.send(post(b"", b"Expect: 100-continue", length=b"300000000", path="/jobs"))

    assert response.status == 413


def test_body_that_is_expected_is_asked_for(server: Server) -> None:
    head = post(b"", b"Expect: 100-continue", length=b"2")
    with open_connections(server, head, 1) as [connection]:
        interim = connection.recv(1000)
        connection.sendall(b"{}")
        received = connection.recv(1000)

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert received.startswith(b"HTTP/1.1 202 Accepted\r\n")


def test_requests_sent_at_once_get_responses_in_order(server: Server) -> None:
    both = request(f"GET {API}/health") + request(f"GET {API}/nothing", b"Connection: close")
    with open_connections(server, both, 1) as [connection]:
        received = b""
        while data := connection.recv(1000):
            received += data

    first, second = (received.find(line) for line in (b"HTTP/1.1 200", b"HTTP/1.1 404"))
    assert 0 <= first < second
