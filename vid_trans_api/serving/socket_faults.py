"""Wire faults: what can go wrong with an answer on the client's connection itself."""

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

from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.faults import Fault

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SOCKET: Final = "vid_trans_api.socket"
"""The key of the client's socket in a WSGI environ; not there where the server shows none."""

_WIRE_FAULT: Final = "vid_trans_api.wire_fault"
_AFTERWARDS: Final = "vid_trans_api.afterwards"
_LONGEST_NAP: Final = 0.2
"""Seconds between two looks at whether the server is to stop."""

_NEXT_LOOK: Final = 1.0
"""Seconds between two looks at whether a fault has been called off."""

_BEAT: Final = 0.05
"""Seconds between two pieces of an answer that dribbles."""

_PIECE: Final = 65_536  # bytes
_NO_CONTENT: Final = "204"
_BODILESS: Final = {_NO_CONTENT, "304"}
_BEFORE_THE_STATUS: Final = len("HTTP/1.1 ")


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFault:
    kind: Fault
    seconds: float = 0.0
    """For those that take a while."""
    is_off: Callable[[], bool] = bool
    """Tells of those whether they have been called off, which ends them; asked once a second."""


def is_within_reach(environ: dict[str, Any]) -> bool:
    """Return whether faults can be carried out on the connection of this request."""
    return SOCKET in environ and hasattr(select, "poll")  # Windows has no such way to a socket


def ask_for(environ: dict[str, Any], fault: WireFault) -> None:
    """Have that happen to the answer of this request, which a view makes as ever.

    To be called before the view returns. Where the connection is not within reach, the answer
    stays as it is.
    """
    environ[_WIRE_FAULT] = fault


def has_left(environ: dict[str, Any]) -> bool:
    """Tell whether the client has hung up by now, as far as its connection shows that."""
    return is_within_reach(environ) and bool(_departures(environ[SOCKET]).poll(0))


def call_afterwards(environ: dict[str, Any], function: Callable[[bool], None]) -> bool:
    """Have that called when the fault that was asked for is over; false where there is none.

    It is told whether the client was still there for the last of a whole answer, and may be called
    once more: the first call counts.
    """
    if _WIRE_FAULT not in environ:
        return False
    environ[_AFTERWARDS] = function
    return True


def carry_out(
    app: App, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer a request by the app, with the fault that the app has asked for."""
    if not is_within_reach(environ):
        return app(environ, start_response)
    answer = _Answer(start_response)
    body = app(environ, answer.start)
    fault: WireFault | None = environ.get(_WIRE_FAULT)
    if fault is None:
        return body
    answer.take(body)
    client: socket.socket = environ[SOCKET]
    is_over: Callable[[bool], None] = environ.get(_AFTERWARDS, bool)
    with _told_in_the_end(is_over), suppress(OSError):  # from here on, the client may leave
        _read_to_the_end(environ["wsgi.input"])
        # What takes a while takes one of the places for holds, or the server would run out of
        # threads; past these it takes no time.
        limit = settings.MAX_LONG_POLLS if fault.seconds else 0
        has_to_end = _end_of(fault)
        with long_polls.place(limit=limit) as place:
            seconds = fault.seconds if place else 0.0
            if fault.kind is Fault.SLOW:
                is_over(_wait(client, seconds, has_to_end))
                return [answer.body]
            message = answer.on_the_wire(environ["REQUEST_METHOD"])
            if fault.kind is Fault.HANG:
                _wait(client, seconds, has_to_end)
            elif fault.kind is Fault.DRIBBLE:
                _dribble(client, b"".join(message), seconds, has_to_end, is_over)
            else:
                _strike(fault.kind, client, message)
    return _Nothing(client)


@contextmanager
def _told_in_the_end(is_over: Callable[[bool], None]) -> Iterator[None]:
    """Say that the client did not get all of its answer, unless it has been said that it did."""
    try:
        yield
    finally:
        is_over(False)


def _read_to_the_end(request_body: Any) -> None:
    """Read what the app has left: closing a connection with something unread in it resets it."""
    while request_body.read(_PIECE):
        pass


class _Answer:
    """What the app answers, noted down while the server is told of it too."""

    def __init__(self, start_response: Callable[..., Any]) -> None:
        self._start_response = start_response
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self.body = b""

    def start(self, status: str, headers: list[tuple[str, str]], *exception: Any) -> Any:
        self._status, self._headers = status, headers
        return self._start_response(status, headers, *exception)

    def take(self, body: Iterable[bytes]) -> None:
        """Read the body to its end, and close it."""
        try:
            self.body = b"".join(body)
        finally:
            if close := getattr(body, "close", None):
                close()

    def on_the_wire(self, method: str) -> tuple[bytes, bytes]:
        """Return the head and the body as HTTP/1.1, over a connection that is then closed."""
        code = self._status[:3]
        has_body = method != "HEAD" and code not in _BODILESS
        headers = Headers(self._headers)
        headers.setdefault("Date", formatdate(usegmt=True))
        if has_body:
            headers["Content-Length"] = str(len(self.body))
        elif code == _NO_CONTENT:
            del headers["Content-Length"]
        headers["Connection"] = "close"
        head = f"HTTP/1.1 {self._status}\r\n".encode("latin-1") + bytes(headers)
        return head, self.body if has_body else b""


def _strike(kind: Fault, client: socket.socket, message: tuple[bytes, bytes]) -> None:
    head, body = message
    match kind:
        case Fault.RESET:
            # With such a linger, closing it sends RST.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case Fault.TRUNCATE:
            client.sendall(head + body[: len(body) // 2] if body else head[:_BEFORE_THE_STATUS])


def _dribble(
    client: socket.socket,
    message: bytes,
    seconds: float,
    has_to_end: Callable[[], bool],
    is_over: Callable[[bool], None],
) -> None:
    started_at = time.monotonic()
    count = max(1, min(len(message), round(seconds / _BEAT)))
    for number in range(count):
        due_at = started_at + seconds * (number + 1) / count
        if not _wait(client, due_at - time.monotonic(), has_to_end):
            return
        start, end = (len(message) * place // count for place in (number, number + 1))
        if end == len(message):
            is_over(True)  # before the client has it, and can ask what became of it
        client.sendall(message[start:end])


def _wait(client: socket.socket, seconds: float, has_to_end: Callable[[], bool]) -> bool:
    """Wait so long, or until it has to end; gives up, and is false, without a client.

    A client that has hung up, or said that it will send no more, counts as gone.
    """
    deadline = time.monotonic() + seconds
    poll = _departures(client)
    while not has_to_end() and (left := deadline - time.monotonic()) > 0:
        if poll.poll(min(left, _LONGEST_NAP) * 1000):
            return False
    return True


def _end_of(fault: WireFault) -> Callable[[], bool]:
    """Return what tells whether a fault has to end now: the server stops, or it is called off."""
    next_look_at, is_off = time.monotonic() + _NEXT_LOOK, False

    def has_to_end() -> bool:
        nonlocal next_look_at, is_off
        if not is_off and (now := time.monotonic()) >= next_look_at:
            next_look_at, is_off = now + _NEXT_LOOK, fault.is_off()
        return is_off or long_polls.is_stopping

    return has_to_end


def _departures(client: socket.socket) -> "select.poll":
    """Return what tells, asked for events, of a client that has hung up."""
    poll = select.poll()
    poll.register(client, getattr(select, "POLLRDHUP", 0))  # resets are told of in any case
    return poll


class _Nothing:
    """What the server is given to answer, once the client has had all that it gets.

    The server's descriptor is made that of a connection of its own, and the client's is closed by
    that. So it may write what it believes to answer, to nobody; then it reads that the client has
    hung up, and closes its side as it always does.
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
            # Unread, what the server has written would make an error of the end that it reads.
            while self._far.recv(_PIECE, socket.MSG_DONTWAIT):
                pass
