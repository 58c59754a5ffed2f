"""The HTTP part of the development server, as strict as a production server's."""

import re
import threading
from http import HTTPStatus
from typing import Any, Final

from django.core.servers import basehttp
from django.db import connections

from vid_trans_api.http.errors import write_error_on_the_wire
from vid_trans_api.serving.socket_faults import SOCKET

_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_DRAIN_TIMEOUT: Final = 1.0
"""Seconds without data after which a client counts as done with sending."""


class RequestsInProgress:
    """The number of requests being processed, and a way to wait until there are none."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def change(self, by: int) -> None:
        with self._changed:
            self._count += by
            self._changed.notify_all()

    def wait_until_none(self, seconds: float) -> None:
        """Wait until there are none, at most this long."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


requests_in_progress = RequestsInProgress()


class RequestHandler(basehttp.WSGIRequestHandler):
    """Rejects requests of unknown length, because their rest could pass for another request."""

    # A response is sent in two pieces. With Nagle's algorithm the second would wait 40 ms for the
    # client to acknowledge the first.
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self._is_counted = False
        try:
            super().handle_one_request()
        finally:
            if self._is_counted:
                requests_in_progress.change(-1)

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        lengths = self.headers.get_all("Content-Length", ["0"])
        if "Transfer-Encoding" in self.headers:
            self.send_error(
                HTTPStatus.LENGTH_REQUIRED, "Send the body with a Content-Length, not in chunks."
            )
        elif len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
            self.send_error(HTTPStatus.BAD_REQUEST, "The Content-Length is not a whole number.")
        else:
            self._is_counted = True
            requests_in_progress.change(+1)
        return self._is_counted

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), SOCKET: self.connection}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Respond to an invalid HTTP request with a problem document."""
        self.log_request(int(code))
        self.close_connection = True
        self.wfile.write(write_error_on_the_wire(code, message or HTTPStatus(code).description))
        self._drain()

    def _drain(self) -> None:
        """Read what the client still sends: closing earlier could discard the response."""
        self.connection.settimeout(_DRAIN_TIMEOUT)  # type: ignore[attr-defined]  # wrong stubs
        try:
            while self.rfile.read1():
                pass
        except OSError:
            pass


class Server(basehttp.WSGIServer):
    request_queue_size = 512
    """Connections not yet accepted; a client retries one that does not fit only after a second."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            RequestHandler(request, client_address, self)
        finally:
            connections.close_all()  # this thread's connections; it ends with the client's
