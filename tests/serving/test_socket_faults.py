"""Socket faults on a connection within this process."""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest

from vid_trans_api.serving.socket_faults import (
    SOCKET,
    SocketFault,
    call_app,
    can_inject,
    schedule_fault,
)
from vid_trans_api.simulation.faults import Fault, needs_socket

Connection = tuple[socket.socket, socket.socket]
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class FailingBody(Iterable[bytes]):
    """A body that fails after its first piece, and counts how often it was closed."""

    closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"a"
        raise LookupError

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def connection() -> Iterator[Connection]:
    """The server's end of a connection, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=30)
        server, _ = listener.accept()
        with client, server:
            yield server, client


def environ_with(server: socket.socket) -> dict[str, Any]:
    return {SOCKET: server, "REQUEST_METHOD": "GET", "wsgi.input": BytesIO()}


def app_with_fault(kind: Fault, body: Iterable[bytes]) -> App:
    """Return an app that schedules a fault for its response."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        schedule_fault(environ, SocketFault(kind=kind))
        start_response("200 OK", [])
        return body

    return app


def ignore(*_: object) -> None:
    pass


def test_request_without_a_socket_is_passed_to_the_app() -> None:
    body = [b"a"]
    received = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        schedule_fault(environ, SocketFault(kind=Fault.RESET))
        received.append(start_response)
        return body

    response = call_app(app, {}, ignore)

    assert response is body
    assert received == [ignore]
    assert not can_inject({})


def test_response_without_a_fault_is_returned_unread(connection: Connection) -> None:
    body = FailingBody()
    environ = environ_with(connection[0])
    started = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> FailingBody:
        start_response("200 OK", [], None)
        return body

    response = call_app(app, environ, lambda *arguments: started.append(arguments))

    assert response is body
    assert started == [("200 OK", [], None)]
    assert body.closed == 0
    assert can_inject(environ)


@pytest.mark.parametrize("kind", [fault for fault in Fault if needs_socket(fault)])
def test_failing_body_is_closed_once_and_the_error_is_raised(
    connection: Connection, kind: Fault
) -> None:
    body = FailingBody()

    with pytest.raises(LookupError):
        call_app(app_with_fault(kind, body), environ_with(connection[0]), ignore)

    assert body.closed == 1


def test_scheduled_fault_does_not_hide_an_error_of_the_app(connection: Connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        schedule_fault(environ, SocketFault(kind=Fault.RESET))
        raise LookupError

    with pytest.raises(LookupError):
        call_app(app, environ_with(server), ignore)

    server.sendall(b"still there")
    assert client.recv(100) == b"still there"


def test_body_that_starts_the_response_late_is_read_first(connection: Connection) -> None:
    server, client = connection

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        schedule_fault(environ, SocketFault(kind=Fault.DRIBBLE))
        return late(start_response)

    def late(start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("202 Accepted", [("X-A", "b")])
        yield b"abc"

    response: Any = call_app(app, environ_with(server), ignore)
    response.close()

    received = b"".join(iter(lambda: client.recv(1000), b""))
    assert received.startswith(b"HTTP/1.1 202 Accepted\r\nX-A: b\r\nDate: ")
    assert received.endswith(b" GMT\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")


def test_client_that_disconnects_while_sending_is_no_error(connection: Connection) -> None:
    server, client = connection
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

    with server.makefile("rb") as request_body:
        environ = environ_with(server) | {"wsgi.input": request_body}
        response: Any = call_app(app_with_fault(Fault.LOST_RESPONSE, [b"abc"]), environ, ignore)

    assert [*response] == []
    response.close()


def test_server_writes_to_nobody_and_reads_the_end(connection: Connection) -> None:
    server, client = connection

    response: Any = call_app(app_with_fault(Fault.RESET, [b"abc"]), environ_with(server), ignore)

    server.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    assert ([*response], server.recv(100)) == ([], b"")
    response.close()
    with pytest.raises(ConnectionResetError):
        client.recv(100)
