"""A proxy that passes on requests and responses, and records what it sees."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.server_processes import RESPONSE_TIMEOUT, Response, Server


@dataclass(frozen=True)
class Recorded:
    """A request and its response, with times in seconds since the epoch."""

    method: str
    path: str
    received_at: float
    responded_at: float
    status: int | None
    """None if the server closed the connection without a response."""
    job_status: Any
    """What the response says, if it can be read."""


@dataclass
class Proxy:
    port: int
    recorded: list[Recorded] = field(default_factory=list)


def _forward(handler: BaseHTTPRequestHandler, port: int) -> tuple[Response | None, Any]:
    """Return the server's response, if there is one, and the job's status in it."""
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    upstream = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
    with closing(upstream), suppress(OSError, HTTPException):
        upstream.request(handler.command, handler.path, body, dict(handler.headers))
        response = upstream.getresponse()
        job_status = None
        try:
            content = response.read()
            if response.status < HTTPStatus.BAD_REQUEST:
                job_status = json.loads(content)["status"]
        except IncompleteRead as error:
            content = error.partial
        except ValueError:
            pass  # the fault `garbage`
        return Response(response.status, response.headers, content), job_status
    return None, None


@contextmanager
def recording_proxy(server: Server) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            received_at = time.time()
            response, job_status = _forward(self, server.port)
            status = None if response is None else response.status
            proxy.recorded.append(
                Recorded(self.command, self.path, received_at, time.time(), status, job_status)
            )
            if response is None:
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                if name.lower() not in {"connection", "date", "server"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)
            if int(response.headers["Content-Length"]) != len(response.body):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 (the base class's name)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        proxy = Proxy(listening.server_port)
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            listening.shutdown()
            thread.join()
