"""A receiver of webhooks in one thread, cheap enough that it does not distort the measurement."""

import selectors
import socket
import time
from dataclasses import dataclass
from threading import Thread
from typing import Final, Self

HANGING: Final = "/hang"
"""Requests for this path get no response."""

_CHUNK: Final = 65_536
_RESPONSE: Final = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request, and when its first byte arrived, in seconds since 1970."""

    at: float
    path: str
    body: bytes


@dataclass(slots=True)
class _Incoming:
    at: float = 0.0
    received: bytes = b""


class Receiver:
    """Accepts all that is sent to it until its block ends."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._is_stopping = False
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_stopping = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            socket.socket.close(key.fileobj)  # type: ignore[arg-type]  # all are sockets
        self._selector.close()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{path}"

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until so many requests have arrived that get a response."""
        deadline = time.monotonic() + seconds
        while len(self.arrivals) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.arrivals)} of {count} webhooks arrived")
            time.sleep(0.05)

    def _run(self) -> None:
        while not self._is_stopping:
            for key, _ in self._selector.select(timeout=0.1):
                if key.data is None:
                    connection, _ = self._listener.accept()
                    self._selector.register(connection, selectors.EVENT_READ, _Incoming())
                else:
                    self._read(key.fileobj, key.data)  # type: ignore[arg-type]  # it is a socket

    def _read(self, connection: socket.socket, incoming: _Incoming) -> None:
        incoming.at = incoming.at or time.time()
        try:
            chunk = connection.recv(_CHUNK)
        except ConnectionError:
            chunk = b""
        incoming.received += chunk
        head, _, body = incoming.received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        lengths = [line for line in lines if line.lower().startswith("content-length:")]
        is_complete = bool(lengths) and len(body) >= int(lengths[0].partition(":")[2])
        path = lines[0].split(" ")[1] if is_complete else ""
        if chunk and (not is_complete or path == HANGING):
            return
        self._selector.unregister(connection)
        with connection:
            if is_complete and path != HANGING:
                connection.sendall(_RESPONSE)
                self.arrivals.append(Arrival(incoming.at, path, body))
