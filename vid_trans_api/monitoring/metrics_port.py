"""The start of the metrics in a process, and the port of their own."""

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_CLIENT_TIMEOUT: Final = 10
"""Seconds without progress after which a client is given up."""


_listeners: Final[list[socket.socket]] = []
"""The port's socket, once it is open."""


def open_port(host: str, port: int) -> None:
    """Open the port. Raises SystemExit if that is not possible.

    A server with several processes does so before it starts them: they inherit the socket, and each
    connection is accepted by one of them, which has the metrics of all.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise SystemExit(f"METRICS_PORT={port} cannot be opened on {host}: {error}.") from None
    listener.setblocking(False)  # another process may accept the connection first
    _listeners.append(listener)


def start_metrics() -> None:
    """Begin to measure, in a process that serves requests, and serve the metrics on the open port.

    Both threads run until the process ends.
    """
    from vid_trans_api.monitoring.metrics import Sampler  # noqa: PLC0415 (gunicorn's configuration loads this module before Django)

    threading.Thread(target=Sampler().run, name="metrics", daemon=True).start()
    for listener in _listeners:
        server = _Server(listener)
        threading.Thread(target=server.serve_forever, name="metrics port", daemon=True).start()


def forget_process(pid: int) -> None:
    """Leave out what an ended process has measured last, but keep what it has counted."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 (an extra)

    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # it has no types


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        address: Any = listener.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener


class _Handler(BaseHTTPRequestHandler):
    timeout = _CLIENT_TIMEOUT

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        from vid_trans_api.monitoring.metrics import CONTENT_TYPE, exposition  # noqa: PLC0415 (the same)

        body = exposition()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its base's name)
        """Log nothing: Prometheus reads every few seconds."""
