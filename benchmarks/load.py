"""A load of HTTP requests from one thread, cheap enough that the server is what is measured."""

import selectors
import socket
import time
from dataclasses import dataclass
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

    def has_answer(self) -> bool:
        """Read what is there; tell whether the answer is complete. Raises for any but a 2xx."""
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError(f"The server hung up after {self.received!r}.")
        self.received += chunk
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return False
        status, *headers = head.lower().split(b"\r\n")
        if status.split()[1][:1] != b"2":
            raise ValueError(f"{status.decode()}: {body!r}")
        length = next(line for line in headers if line.startswith(b"content-length:"))
        return len(body) >= int(length.split(b":")[1])


def latencies(
    port: int, path: str, *, requests: int, connections: int = 1, headers: str = ""
) -> tuple[list[float], float]:
    """Ask for `path` over that many connections at once, each with one request on its way.

    `headers` are more lines of the request, each with its CRLF. Returns the seconds that each
    request took, and those that all took together.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = _Connection(socket.create_connection(("127.0.0.1", port)))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(request)
    taken: list[float] = []
    started_at = time.perf_counter()
    on_the_way = connections
    while len(taken) < requests:
        for key, _ in selector.select():
            connection = key.data
            if not connection.has_answer():
                continue
            taken.append(time.perf_counter() - connection.sent_at)
            on_the_way -= 1
            if len(taken) + on_the_way < requests:
                connection.send(request)
                on_the_way += 1
    total = time.perf_counter() - started_at
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return taken, total
