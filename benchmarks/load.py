"""HTTP load from one thread, cheap enough that it does not distort the measurement."""

import json
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

_CHUNK: Final = 65_536


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def has_response(self) -> bool:
        """Read what has arrived and return whether the response is complete; it must be a 2xx."""
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError(f"the server closed the connection after {self.received!r}")
        self.received += chunk
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return False
        status, *headers = head.lower().split(b"\r\n")
        if status.split()[1][:1] != b"2":
            raise ValueError(f"{status.decode()}: {body!r}")
        length = next(line for line in headers if line.startswith(b"content-length:"))
        return len(body) >= int(length.split(b":")[1])


def get(path: str, headers: str = "") -> bytes:
    """Return a request; `headers` are additional header lines, each with its CRLF."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def post(path: str, document: object, headers: str = "") -> bytes:
    """Return a request with a JSON body."""
    body = json.dumps(document)
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{length}{headers}\r\n"
    return (head + body).encode()


def latencies(
    port: int, path: str, *, requests: int, connections: int = 1, headers: str = ""
) -> tuple[list[float], float]:
    """Request `path` from one server, as `load` does."""
    return load([port], [get(path, headers)], requests=requests, connections=connections)


def load(
    ports: Sequence[int], messages: Sequence[bytes], *, requests: int, connections: int
) -> tuple[list[float], float]:
    """Send requests over several connections at once, each with one request at a time.

    The connections are spread evenly over the servers at these ports. The requests are `messages`,
    again and again. Returns the seconds of each request, and the seconds of all together.
    """
    selector = selectors.DefaultSelector()
    following = cycle(messages)
    taken: list[float] = []
    started_at = time.perf_counter()
    for _, port in zip(range(connections), cycle(ports), strict=False):
        connection = _Connection(socket.create_connection(("127.0.0.1", port)))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(following))
    in_flight = connections
    while len(taken) < requests:
        for key, _ in selector.select():
            connection = key.data
            if not connection.has_response():
                continue
            taken.append(time.perf_counter() - connection.sent_at)
            in_flight -= 1
            if len(taken) + in_flight < requests:
                connection.send(next(following))
                in_flight += 1
    total = time.perf_counter() - started_at
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return taken, total
