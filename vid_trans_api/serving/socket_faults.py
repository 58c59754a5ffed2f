"""Socket faults: failures of the client's connection itself, such as resets and cut responses."""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final
from wsgiref.headers import Headers

from django.conf import settings

from vid_trans_api.models.database import release_connection
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.faults import Fault

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SOCKET: Final = "vid_trans_api.socket"
"""The environ key of the client's socket; missing if the server does not provide the socket."""

_FAULT: Final = "vid_trans_api.socket_fault"
_CALLBACK: Final = "vid_trans_api.after_socket_fault"

_STOP_INTERVAL: Final = 0.2
"""Seconds between two checks whether the server is stopping."""

_CANCEL_INTERVAL: Final = 1.0
"""Seconds between two checks whether a fault has been canceled."""

_DRIBBLE_INTERVAL: Final = 0.05
"""Seconds between two pieces of a response that dribbles."""

_CHUNK: Final = 65_536  # bytes
_NO_CONTENT: Final = "204"
_WITHOUT_BODY: Final = {_NO_CONTENT, "304"}
_STATUS_OFFSET: Final = len("HTTP/1.1 ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketFault:
    """A fault to inject into one response."""

    kind: Fault
    seconds: float = 0.0
    """How long a fault with a duration lasts."""
    owner: str = ""
    """Whose slot of long polls a fault with a duration takes."""
    is_canceled: Callable[[], bool] = bool
    """Called once a second during the fault; true ends it early."""


def can_inject(environ: dict[str, Any]) -> bool:
    """Return whether faults can be injected into the connection of this request."""
    return SOCKET in environ and hasattr(select, "poll")  # Windows has no poll()


def schedule_fault(environ: dict[str, Any], fault: SocketFault) -> None:
    """Inject this fault into the response that the view returns.

    Must be called before the view returns. Has no effect if the socket is not available.
    """
    environ[_FAULT] = fault


def has_disconnected(environ: dict[str, Any]) -> bool:
    """Return whether the client has closed its connection, as far as the socket shows that."""
    return can_inject(environ) and bool(_hangup_poll(environ[SOCKET]).poll(0))


def call_after_fault(environ: dict[str, Any], callback: Callable[[bool], None]) -> bool:
    """Call the callback when the scheduled fault is over; return False if there is no fault.

    Its argument says whether the client was still connected for the end of a complete response.
    It may be called twice; the first call counts.
    """
    if _FAULT not in environ:
        return False
    environ[_CALLBACK] = callback
    return True


def call_app(
    app: App, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Call the app and inject the fault that it has scheduled."""
    if not can_inject(environ):
        return app(environ, start_response)
    response = _RecordedResponse(start_response)
    body = app(environ, response.start)
    fault: SocketFault | None = environ.get(_FAULT)
    if fault is None:
        return body
    response.read(body)
    client: socket.socket = environ[SOCKET]
    report: Callable[[bool], None] = environ.get(_CALLBACK, bool)
    with _reporting_failure(report), suppress(OSError):  # the client may disconnect at any time
        _drain(environ["wsgi.input"])
        # Faults with a duration share the slots of long polls, or the server could run out of
        # threads. Without a free slot they take no time.
        limit = settings.MAX_LONG_POLLS if fault.seconds else 0
        must_end = _end_condition(fault)
        with long_polls.slot(owner=fault.owner, limit=limit) as slot:
            seconds = fault.seconds if slot else 0.0
            if fault.kind is Fault.SLOW:
                report(_wait(client, seconds, must_end))
                return [response.body]
            message = response.to_http(environ["REQUEST_METHOD"])
            if fault.kind is Fault.HANG:
                _wait(client, seconds, must_end)
            elif fault.kind is Fault.DRIBBLE:
                _dribble(client, b"".join(message), seconds, must_end, report)
            else:
                _break(fault.kind, client, message)
    return _DetachedResponse(client)


@contextmanager
def _reporting_failure(report: Callable[[bool], None]) -> Iterator[None]:
    """Report in the end that the response was incomplete; an earlier report takes precedence."""
    try:
        yield
    finally:
        report(False)


def _drain(request_body: Any) -> None:
    """Read the rest of the request: closing a socket with unread data resets the connection."""
    while request_body.read(_CHUNK):
        pass


class _RecordedResponse:
    """The app's response, recorded while it is also passed to the server."""

    def __init__(self, start_response: Callable[..., Any]) -> None:
        self._start_response = start_response
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self.body = b""

    def start(self, status: str, headers: list[tuple[str, str]], *exception: Any) -> Any:
        self._status, self._headers = status, headers
        return self._start_response(status, headers, *exception)

    def read(self, body: Iterable[bytes]) -> None:
        """Read the whole body and close it."""
        try:
            self.body = b"".join(body)
        finally:
            if close := getattr(body, "close", None):
                close()

    def to_http(self, method: str) -> tuple[bytes, bytes]:
        """Return the head and the body as HTTP/1.1 with `Connection: close`."""
        code = self._status[:3]
        has_body = method != "HEAD" and code not in _WITHOUT_BODY
        headers = Headers(self._headers)
        headers.setdefault("Date", formatdate(usegmt=True))
        if has_body:
            headers["Content-Length"] = str(len(self.body))
        elif code == _NO_CONTENT:
            del headers["Content-Length"]
        headers["Connection"] = "close"
        head = f"HTTP/1.1 {self._status}\r\n".encode("latin-1") + bytes(headers)
        return head, self.body if has_body else b""


def _break(kind: Fault, client: socket.socket, message: tuple[bytes, bytes]) -> None:
    head, body = message
    match kind:
        case Fault.RESET:
            # A linger time of zero makes close() send RST.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case Fault.TRUNCATE:
            client.sendall(head + body[: len(body) // 2] if body else head[:_STATUS_OFFSET])


def _dribble(
    client: socket.socket,
    message: bytes,
    seconds: float,
    must_end: Callable[[], bool],
    report: Callable[[bool], None],
) -> None:
    started_at = time.monotonic()
    count = max(1, min(len(message), round(seconds / _DRIBBLE_INTERVAL)))
    for number in range(count):
        due_at = started_at + seconds * (number + 1) / count
        if not _wait(client, due_at - time.monotonic(), must_end):
            return
        start, end = (len(message) * index // count for index in (number, number + 1))
        if end == len(message):
            report(True)  # before sending: the client may request the journal at once
        client.sendall(message[start:end])


def _wait(client: socket.socket, seconds: float, must_end: Callable[[], bool]) -> bool:
    """Wait until the time is over or the fault must end; return False if the client disconnects.

    A client that closes its sending side counts as disconnected.
    """
    deadline = time.monotonic() + seconds
    poll = _hangup_poll(client)
    while not must_end() and (left := deadline - time.monotonic()) > 0:
        if poll.poll(min(left, _STOP_INTERVAL) * 1000):
            return False
    return True


def _end_condition(fault: SocketFault) -> Callable[[], bool]:
    """Return a function that says whether the fault must end: server stopping, or canceled."""
    next_check_at, is_canceled = time.monotonic() + _CANCEL_INTERVAL, False

    def must_end() -> bool:
        nonlocal next_check_at, is_canceled
        if not is_canceled and (now := time.monotonic()) >= next_check_at:
            next_check_at, is_canceled = now + _CANCEL_INTERVAL, fault.is_canceled()
            release_connection()
        return is_canceled or long_polls.is_stopping

    return must_end


def _hangup_poll(client: socket.socket) -> "select.poll":
    """Return a poll object that reports an event when the client disconnects."""
    poll = select.poll()
    poll.register(client, getattr(select, "POLLRDHUP", 0))  # resets are always reported
    return poll


class _DetachedResponse:
    """The response given to the server after the client's connection has been handled.

    The server's file descriptor is replaced by one end of a new socket pair, which closes the
    client's connection. The server writes its response to that pair, then reads end-of-file and
    closes its side as usual.
    """

    def __init__(self, client: socket.socket) -> None:
        near, self._far = socket.socketpair()
        self._far.shutdown(socket.SHUT_WR)
        with near:
            os.dup2(near.fileno(), client.fileno(), inheritable=False)

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        with self._far, suppress(BlockingIOError):
            # Unread data would turn the server's end-of-file into a connection reset.
            while self._far.recv(_CHUNK, socket.MSG_DONTWAIT):
                pass
