"""The development server's half of HTTP: as strict as that of a production server."""

import re
import threading
from http import HTTPStatus
from typing import Any, Final

from django.core.servers import basehttp
from django.db import connections

from vid_trans_api.http.errors import write_error_on_the_wire
from vid_trans_api.serving.socket_faults import SOCKET

_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_LONGEST_FAREWELL: Final = 1.0
"""Seconds for a client to stop sending what is not going to be read."""


class RequestsInProgress:
    """How many requests are being answered, and a way to wait until there are none."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def change(self, by: int) -> None:
        with self._changed:
            self._count += by
            self._changed.notify_all()

    def wait_until_none(self, seconds: float) -> None:
        """Wait until all are answered, but no longer than that."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


requests_in_progress = RequestsInProgress()


class RequestHandler(basehttp.WSGIRequestHandler):
    """Refuses requests whose end it cannot tell; what follows must not pass for another request."""

    # An answer goes out in two pieces; over a connection that is kept, the second would wait 40 ms
    # for the client to acknowledge the first.
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self._is_answering = False
        try:
            super().handle_one_request()
        finally:
            if self._is_answering:
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
            self._is_answering = True
            requests_in_progress.change(+1)
        return self._is_answering

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), SOCKET: self.connection}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with a problem document what is no HTTP request."""
        self.log_request(int(code))
        self.close_connection = True
        self.wfile.write(write_error_on_the_wire(code, message or HTTPStatus(code).description))
        self._let_the_client_finish()

    def _let_the_client_finish(self) -> None:
        """Read what it still sends: closing before would take the answer away from it."""
        self.connection.settimeout(_LONGEST_FAREWELL)  # type: ignore[attr-defined]  # wrong stubs
        try:
            while self.rfile.read1():
                pass
        except OSError:
            pass


class Server(basehttp.WSGIServer):
    request_queue_size = 512
    """Of connections not yet accepted; one too many for it is tried again only a second later."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            RequestHandler(request, client_address, self)
        finally:
            connections.close_all()  # this thread's, which ends with the client's connection
