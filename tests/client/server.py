"""An HTTP server over real sockets that sends the responses of a script, good or bad."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


PATIENCE = 60.0
"""Seconds after which something is not just slow, even on a busy machine."""


class Clock:
    """A clock that advances only if a client sleeps or a server is slow."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds):
        self.sleep(seconds)


@dataclass
class ReceivedRequest:
    """A request, and the time of the clock when it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def wait(self):
        """The seconds of the long poll; 0 for a plain poll."""
        return int(self.headers.get("prefer", "wait=0").removeprefix("wait="))


@dataclass
class Reply:
    """A response. `takes` advances the clock first; `data` becomes JSON if there is no `body`."""

    status: int = 200
    data: object = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    takes: float = 0.0
    length: int | None = None

    def send(self, connection, clock):
        clock.now += self.takes
        body = json.dumps(self.data).encode() if self.body is None else self.body
        head = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body) if self.length is None else self.length),
            "Connection": "close",
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in head.items())]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


class Silence:
    """Closes the connection without a response."""

    def send(self, connection, clock):
        pass


class Reset:
    """Resets the connection without a response."""

    def send(self, connection, clock):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass
class Stalled:
    """Sends some bytes after a while, in seconds, and then nothing more."""

    start: bytes = b""
    after: float = 0.0

    def send(self, connection, clock):
        time.sleep(self.after)
        connection.sendall(self.start)
        connection.recv(1)  # until the client hangs up


@dataclass
class Trickle:
    """Sends `start` and then one byte after each pause, in seconds, without end."""

    start: bytes
    pause: float = 0.05

    def send(self, connection, clock):
        connection.sendall(self.start)
        while True:
            time.sleep(self.pause)
            connection.sendall(b"x")


class ScriptedServer:
    """Sends one reply of its script per request, and the last one for ever.

    `script` is a list of replies, or a function of the request that returns one.
    """

    def __init__(self, clock: Clock):
        self.clock = clock
        self.requests: list[ReceivedRequest] = []
        self.script: list[object] | Callable[[ReceivedRequest], object] = []
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def polls(self):
        return [request for request in self.requests if request.method == "GET"]

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def stop(self):
        """Close all connections and refuse new ones."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection):
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            request = self._read(stream)
            if request is not None:
                self.requests.append(request)
                self._reply(request).send(connection, self.clock)
        self._connections.discard(connection)

    def _read(self, stream):
        method, _, rest = stream.readline().decode().partition(" ")
        if not method:
            return None
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        path = rest.rpartition(" ")[0]
        return ReceivedRequest(method, path, headers, body, self.clock.now)

    def _reply(self, request):
        if callable(self.script):
            return self.script(request)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]
