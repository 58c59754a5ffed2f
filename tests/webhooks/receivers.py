"""Receivers of webhooks over real sockets, which follow a script, good or bad."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.client.server import Clock, ScriptedServer


@dataclass
class Raw:
    """Sends some bytes and closes the connection."""

    content: bytes

    def send(self, connection, clock):
        connection.sendall(self.content)


class Receiver(ScriptedServer):
    """Sends one reply of its script per webhook, with TLS if it has a context for it.

    After `stop`, `start` starts it again at the same port.
    """

    def __init__(self, *script: object, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        super().__init__(Clock())
        self.script = list(script)

    @property
    def url(self) -> str:
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/hook"

    def _serve(self, connection):
        with suppress(OSError, ValueError):  # a handshake that fails, or that is not expected
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            super()._serve(connection)


@contextmanager
def receiver(*script: object, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver with these replies, the last of which is for all further webhooks."""
    running = Receiver(*script, context=context)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def silent_port() -> Iterator[int]:
    """Run a server that accepts no connection; the system does, and nobody reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
