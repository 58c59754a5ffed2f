"""An HTTP server over real sockets that answers from a script, well or badly."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that only sleeping, or a server that takes its time, moves on."""

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
class Asked:
    """A request as it arrived, and what the clock said then."""

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
        """The hold that was asked for, in seconds; 0 for a plain poll."""
        return int(self.headers.get("prefer", "wait=0").removeprefix("wait="))


@dataclass
class Reply:
    """An answer; `takes` moves the clock on first. `body` wins over `data`, which becomes JSON."""

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
    """No answer at all: the connection is closed."""

    def send(self, connection, clock):
        pass


class Reset:
    """No answer: the connection is reset."""

    def send(self, connection, clock):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass
class Trickle:
    """Bytes that come one by one, slower than anybody should wait for."""

    start: bytes
    pause: float = 0.05

    def send(self, connection, clock):
        connection.sendall(self.start)
        while True:
            time.sleep(self.pause)
            connection.sendall(b"x")


def pending(name="a", **fields):
    """Return the JSON of a job that goes on."""
    return {"id": name, "status": "pending", **fields}


def completed(name="a", **fields):
    """Return the JSON of a job that is done."""
    return {"id": name, "status": "completed", "progress": 1, **fields}


def job(*answers, **headers):
    """Return replies that show these jobs, in turn."""
    return [Reply(data=answer, headers=headers) for answer in answers]


class ScriptedServer:
    """Plays the replies of a script, one a request; the last one for ever.

    Instead of a list, `script` may be a function of the request that returns the reply.
    """

    def __init__(self, clock: Clock):
        self.clock = clock
        self.asked: list[Asked] = []
        self.script: list[object] | Callable[[Asked], object] = []
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
        return [asked for asked in self.asked if asked.method == "GET"]

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def stop(self):
        """Refuse connections from now on, and end the ones there are."""
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
            asked = self._read(stream)
            if asked is not None:
                self.asked.append(asked)
                self._reply(asked).send(connection, self.clock)
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
        return Asked(method, path, headers, body, self.clock.now)

    def _reply(self, asked):
        if callable(self.script):
            return self.script(asked)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class Book:
    """A script that keeps many jobs, each with its end on the clock and its estimate exact."""

    def __init__(self, clock, ends, *, estimates=True):
        self.clock = clock
        self.ends = dict(ends)
        self.estimates = estimates

    def shown(self, name):
        left = self.ends[name] - self.clock.now
        if left <= 0:
            return completed(name)
        return pending(name, estimated_time_remaining=left if self.estimates else None)

    def __call__(self, asked):
        ids = asked.query.get("ids")
        if ids is None:
            name = unquote(urlsplit(asked.path).path.rpartition("/")[2])
            if name not in self.ends:
                return Reply(404, {"detail": f"no job {name}"})
            return Reply(data=self.shown(name))
        names = ids.split(",")
        known = [self.shown(name) for name in names if name in self.ends]
        return Reply(
            data={"results": known, "not_found": [name for name in names if name not in self.ends]}
        )
