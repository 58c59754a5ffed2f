"""What the wrapper does to the app and to the server, over a connection of this process."""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest

from vid_trans_api.serving.socket_faults import (
    SOCKET,
    WireFault,
    ask_for,
    carry_out,
    is_within_reach,
)
from vid_trans_api.simulation.faults import Fault, needs_socket


class Fails(Iterable[bytes]):
    """A body that fails on the way, and remembers how often it was closed."""

    closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"a"
        raise LookupError

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's end of a connection, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=30)
        server, _ = listener.accept()
        with client, server:
            yield server, client


def environ_over(server: socket.socket) -> dict[str, Any]:
    return {SOCKET: server, "REQUEST_METHOD": "GET", "wsgi.input": BytesIO()}


def refuse(*_: object) -> None:
    pytest.fail("nobody is to be told")


def test_without_a_socket_the_app_is_asked_as_if_there_were_no_wrapper() -> None:
    body = [b"a"]
    actual = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        ask_for(environ, WireFault(kind=Fault.RESET))
        actual.append(start_response)
        return body

    assert carry_out(app, {}, refuse) is body
    assert actual == [refuse]
    assert not is_within_reach({})


def test_without_a_fault_the_app_s_own_body_is_handed_on(connection) -> None:
    body = Fails()
    actual = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Fails:
        start_response("200 OK", [], None)
        return body

    environ = environ_over(connection[0])

    assert carry_out(app, environ, lambda *words: actual.append(words)) is body
    assert actual == [("200 OK", [], None)]
    assert body.closed == 0
    assert is_within_reach(environ)


@pytest.mark.parametrize("kind", [fault for fault in Fault if needs_socket(fault)])
def test_a_body_that_fails_is_closed_once_and_the_server_hears_of_it(connection, kind) -> None:
    body = Fails()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Fails:
        ask_for(environ, WireFault(kind=kind))
        start_response("200 OK", [])
        return body

    with pytest.raises(LookupError):
        carry_out(app, environ_over(connection[0]), lambda *_: None)

    assert body.closed == 1


def test_a_fault_that_was_asked_for_does_not_hide_an_app_that_fails(connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        ask_for(environ, WireFault(kind=Fault.RESET))
        raise LookupError

    with pytest.raises(LookupError):
        carry_out(app, environ_over(server), refuse)

    server.sendall(b"still there")
    assert client.recv(100) == b"still there"


def test_a_body_that_starts_the_answer_late_is_read_before_its_head_is_written(connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        ask_for(environ, WireFault(kind=Fault.DRIBBLE))
        return late(start_response)

    def late(start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("202 Accepted", [("X-A", "b")])
        yield b"abc"

    answer: Any = carry_out(app, environ_over(server), lambda *_: None)
    answer.close()

    received = b"".join(iter(lambda: client.recv(1000), b""))
    assert received.startswith(b"HTTP/1.1 202 Accepted\r\nX-A: b\r\nDate: ")
    assert received.endswith(b" GMT\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")


def test_a_client_that_leaves_while_it_sends_is_no_error(connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        ask_for(environ, WireFault(kind=Fault.LOST_RESPONSE))
        start_response("200 OK", [])
        return [b"abc"]

    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    with server.makefile("rb") as request_body:
        environ = environ_over(server) | {"wsgi.input": request_body}
        answer: Any = carry_out(app, environ, lambda *_: None)

    assert [*answer] == []
    answer.close()


def test_the_server_s_own_writing_goes_nowhere_and_its_reading_ends(connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        ask_for(environ, WireFault(kind=Fault.RESET))
        start_response("200 OK", [])
        return [b"abc"]

    answer: Any = carry_out(app, environ_over(server), lambda *_: None)

    server.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    assert ([*answer], server.recv(100)) == ([], b"")
    answer.close()
    with pytest.raises(ConnectionResetError):
        client.recv(100)
