"""What a client receives over its connection if a response has a socket fault, on each server."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, RemoteDisconnected
from operator import sub
from socket import create_connection, socket
from typing import Final

import pytest

from tests.databases import Databases
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import RESPONSE_TIMEOUT, Server
from tests.server_workspaces import ServerWorkspace, has_counted
from tests.servers.faulty_app import BODY
from tests.servers.faulty_servers import (
    FAULTS,
    WITHOUT_RESPONSE,
    Received,
    descriptor_counter,
    request,
    run_faulty_servers,
    state_of,
)

SHORT: Final = 0.3
"""Seconds that a fault with a duration takes."""

SLACK: Final = 5.0
"""Seconds that everything else may take on a busy machine."""

LONG: Final = 60
"""Seconds of a fault whose end no test waits for."""

SOON: Final = 20.0
"""Seconds within which a fault of LONG has ended if something ends it early."""

SIZES: Final = (0, 1000, len(BODY))


@pytest.fixture(scope="module")
def faulty_servers(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    folder = tmp_path_factory.mktemp("faulty")
    names = ("runserver", "gunicorn")
    with run_faulty_servers(*names, database=databases.create(folder), folder=folder) as servers:
        yield servers


@pytest.fixture(params=["runserver", "gunicorn"])
def server(request: pytest.FixtureRequest, faulty_servers: dict[str, Server]) -> Server:
    return faulty_servers[request.param]


def head(size: int) -> list[str]:
    """Return the head of a response that closes its connection."""
    return [
        "HTTP/1.1 200 OK",
        "Content-Type: text/plain",
        "X-Name: a",
        f"Content-Length: {size}",
        "Connection: close",
    ]


def test_truncated_response_has_half_of_its_body(server: Server) -> None:
    halves = {3: 1, 1: 0, 1000: 500, len(BODY): len(BODY) // 2}

    received = [request(server, fault="truncate", size=size, name="a") for size in halves]

    assert [(each.head, each.body, each.ending) for each in received] == [
        (head(size), BODY[:half], "closed") for size, half in halves.items()
    ]


def test_truncated_response_without_a_body_has_no_status(server: Server) -> None:
    received = [
        request(server, fault="truncate", size=0),
        request(server, "HEAD", fault="truncate"),
        request(server, fault="truncate", status="204 No Content"),
    ]

    assert [(each.everything, each.ending) for each in received] == [(b"HTTP/1.1 ", "closed")] * 3


def test_reset_connection_gives_no_response(server: Server) -> None:
    received = [request(server, fault="reset", size=size) for size in SIZES]

    assert [(each.everything, each.ending) for each in received] == [(b"", "reset")] * len(SIZES)


def test_request_whose_response_is_lost_is_processed(server: Server) -> None:
    received = [request(server, fault="lost-response", size=size, name="lost") for size in SIZES]

    assert [(each.everything, each.ending) for each in received] == [(b"", "closed")] * len(SIZES)
    assert state_of(server)["requests"]["lost"] == len(SIZES)


def test_hang_gives_no_response_until_its_time_is_over(server: Server) -> None:
    received = request(server, fault="hang", seconds=SHORT)

    assert (received.everything, received.ending) == (b"", "closed")
    assert SHORT <= received.seconds < SHORT + SLACK


def test_slow_response_is_late_and_otherwise_the_same(server: Server) -> None:
    slow = request(server, fault="slow", seconds=SHORT, size=len(BODY), name="a")
    usual = request(server, size=len(BODY), name="a")

    assert (slow.head, slow.body) == (usual.head, usual.body)
    assert slow.body == BODY
    assert SHORT <= slow.pieces[0][0] < SHORT + SLACK


@pytest.mark.parametrize("size", [200, len(BODY)])
def test_dribbled_response_arrives_evenly_and_completely(server: Server, size: int) -> None:
    seconds = 1.0

    def dribble(number: int) -> Received:
        time.sleep(number * seconds / 2)  # so that no pause of a busy machine delays most of them
        return request(server, fault="dribble", seconds=seconds, size=size, name="a")

    with ThreadPoolExecutor(5) as threads:
        received = [*threads.map(dribble, range(5))]

    for each in received:
        assert (each.head, each.body, each.ending) == (head(size), BODY[:size], "closed")
        assert seconds <= each.seconds < seconds + SLACK
    assert statistics.median(len(each.pieces) for each in received) >= 4
    # Half of the response has arrived at half time, give or take what a busy machine delays.
    assert 0.1 < statistics.median(share_after(each, seconds / 2) for each in received) < 0.6


def share_after(received: Received, seconds: float) -> float:
    """Return the share of a response that had arrived after so many seconds."""
    arrived = sum(len(piece) for after, piece in received.pieces if after < seconds)
    return arrived / len(received.everything)


def test_dribbled_response_has_a_body_only_if_http_allows_it(server: Server) -> None:
    with_length = ["Content-Length: 1000"]
    without: list[str] = []
    expected = {
        ("POST", "200 OK"): (with_length, BODY[:1000]),
        ("POST", "204 No Content"): (without, b""),
        ("POST", "304 Not Modified"): (with_length, b""),
        ("HEAD", "200 OK"): (with_length, b""),
        ("HEAD", "204 No Content"): (without, b""),
        ("HEAD", "304 Not Modified"): (with_length, b""),
    }

    received = {
        (method, status): request(server, method, fault="dribble", status=status)
        for method, status in expected
    }

    assert {
        (method, each.head[0].removeprefix("HTTP/1.1 ")): (
            [line for line in each.head if "-Length" in line],
            each.body,
        )
        for (method, _), each in received.items()
    } == expected


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_method_and_unread_body_do_not_change_the_fault(server: Server, method: str) -> None:
    body = b"x" * 300_000 if method == "POST" else b""

    received = {fault: request(server, method, body, fault=fault) for fault in FAULTS}

    assert {fault: each.ending for fault, each in received.items()} == {
        fault: "reset" if fault == "reset" else "closed" for fault in FAULTS
    }
    assert {fault for fault, each in received.items() if not each.everything} == {*WITHOUT_RESPONSE}


def test_body_of_the_app_is_closed_once(server: Server) -> None:
    names = [*FAULTS, ""]

    request(server, name="closed ")
    for fault in FAULTS:
        request(server, name=f"closed {fault}", fault=fault)

    expected = {f"closed {fault}": 1 for fault in names}
    assert eventually(lambda: expected.items() <= state_of(server)["closed"].items())


@pytest.mark.parametrize("body", [b"", b"x" * 300_000], ids=["empty", "unread"])
def test_fault_ends_when_its_client_disconnects(server: Server, body: bytes) -> None:
    descriptors = descriptor_counter([server])
    before = descriptors()

    def connect_and_request(fault: str) -> socket:
        head = f"POST /?fault={fault}&seconds={LONG}&size=0 HTTP/1.1\r\n"
        connection = create_connection(("127.0.0.1", server.port))
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return connection

    with connect_and_request("hang"), connect_and_request("slow"), connect_and_request("dribble"):
        assert eventually(lambda: len(list((descriptors()[0] - before[0]).elements())) >= 3)
        time.sleep(0.05)

    assert eventually(lambda: not any(map(sub, descriptors(), before)), patience=SOON)


def test_kept_connection_survives_only_a_slow_response(server: Server) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=RESPONSE_TIMEOUT)) as kept:
        kept.connect()
        first = kept.sock
        for query in ("", "?fault=slow&seconds=0.1", ""):
            kept.request("POST", f"/{query}", b"x" * 1000)
            assert kept.getresponse().read() == BODY[:1000]
        assert kept.sock is first

        kept.request("GET", "/?fault=lost-response")
        with pytest.raises(RemoteDisconnected):
            kept.getresponse()

    assert request(server).body == BODY[:1000]


@pytest.mark.parametrize("name", ["development", "production"])
def test_fault_ends_when_another_process_resets_its_workspace(
    name: str, servers: ServerPair, threads: ThreadPoolExecutor
) -> None:
    here: Server = getattr(servers, name)
    workspace = ServerWorkspace(here)
    jobs = {
        fault: workspace.create(
            faults=[{"on": "status", "fault": fault, "seconds": LONG, "times": 1}]
        )
        for fault in ("hang", "slow", "dribble")
    }
    responses = {
        fault: threads.submit(workspace.request, "GET", f"/jobs/{job_id}")
        for fault, job_id in jobs.items()
    }
    assert eventually(lambda: all(has_counted(servers.database, each) for each in jobs.values()))

    reset_at = time.monotonic()
    workspace.on(servers.other(here)).request("POST", "/simulation/reset", {})

    assert isinstance(responses["hang"].exception(), RemoteDisconnected)
    assert responses["slow"].result().document["id"] == jobs["slow"]
    assert responses["dribble"].result().document["id"] == jobs["dribble"]
    assert time.monotonic() - reset_at < SOON
