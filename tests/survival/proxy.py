"""A proxy in front of a server that keeps what it saw, to compare a report with."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.servers import LONGEST_ANSWER, Answer, Server


@dataclass(frozen=True, kw_only=True)
class Forwarded:
    """A request that a proxy forwarded, and what it saw of the response."""

    method: str
    received_at: float
    responded_at: float
    status: int | None
    job_status: str | None


@dataclass
class Proxy:
    """A proxy that forwards requests unchanged and keeps what it saw."""

    port: int
    forwarded: list[Forwarded] = field(default_factory=list)


@contextmanager
def forwarding(server: Server) -> Iterator[Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            received_at = time.time()
            response, job_status = self.forward()
            proxy.forwarded.append(
                Forwarded(
                    method=self.command,
                    received_at=received_at,
                    responded_at=time.time(),
                    status=None if response is None else response.status,
                    job_status=job_status,
                )
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

        do_POST = do_GET  # noqa: N815

        def forward(self) -> tuple[Answer | None, str | None]:
            """Return the response, None if none came, and the job's status in it."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = HTTPConnection("127.0.0.1", server.port, timeout=LONGEST_ANSWER)
            with closing(upstream), suppress(OSError, HTTPException):
                upstream.request(self.command, self.path, body, dict(self.headers))
                incoming = upstream.getresponse()
                try:
                    body = incoming.read()
                except IncompleteRead as cut:
                    return Answer(incoming.status, incoming.headers, cut.partial), None
                response = Answer(incoming.status, incoming.headers, body)
                with suppress(ValueError):
                    return response, response.document.get("status")
                return response, None
            return None, None

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
