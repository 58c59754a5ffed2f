"""The HTTP part of the development server, as strict as a production server's."""

import re
import tempfile
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import Any, BinaryIO, Final, cast

from django.conf import settings
from django.core.servers import basehttp
from django.db import connections

from vid_trans_api.http.bodies import path_of, refusal_of, without_host
from vid_trans_api.http.errors import write_error_on_the_wire
from vid_trans_api.serving.socket_faults import SOCKET

_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_CHUNK: Final = 64 * 1024  # bytes
_LONGEST_DRAIN: Final = 64 * 1024 * 1024  # bytes
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


class _CutOff(Exception):
    """The client stopped sending before its request was complete."""


class _HeadReader:
    """Reads the lines of a request's head, and raises _CutOff if it ends before its empty line."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self._stream.readline(size)
        if not line:
            raise _CutOff
        return line

    def close(self) -> None:
        """Do nothing: the connection stays open."""

    def read1(self) -> bytes:
        data: bytes = self._stream.read1()
        return data


class RequestHandler(basehttp.WSGIRequestHandler):
    """Runs only complete requests, of known length: their rest could pass for another request."""

    # A response is sent in two pieces. With Nagle's algorithm the second would wait 40 ms for the
    # client to acknowledge the first.
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self._is_counted = False
        connection_file = self.rfile
        try:
            super().handle_one_request()
        except _CutOff:
            self.close_connection = True
        finally:
            if self.rfile is not connection_file:
                self.rfile.close()
            self.rfile = connection_file
            if self._is_counted:
                requests_in_progress.change(-1)

    def parse_request(self) -> bool:
        if self.raw_requestline and not self.raw_requestline.endswith(b"\n"):
            raise _CutOff
        connection_file = self.rfile
        self.rfile = _HeadReader(connection_file)  # type: ignore[assignment]  # has what is used
        is_valid = super().parse_request()
        self.rfile = connection_file
        if not is_valid:
            return False
        self.path = without_host(self.path)
        return self._read_body()

    def _read_body(self) -> bool:
        """Read the whole body; return False if it has been refused."""
        lengths = self.headers.get_all("Content-Length", ["0"])
        refusal = refusal_of(
            method=str(self.command),
            path=path_of(self.path),
            content_length=lengths[0],
            transfer_encoding=self.headers.get("Transfer-Encoding", ""),
        )
        if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
            self.send_error(HTTPStatus.BAD_REQUEST, "The Content-Length is not a whole number.")
            return False
        if refusal:
            self.send_error(refusal.status, refusal.detail)
            return False
        self.rfile = self._received(int(lengths[0]))  # type: ignore[assignment]  # has what is used
        self._is_counted = True
        requests_in_progress.change(+1)
        return True

    def _received(self, length: int) -> BinaryIO:
        """Return a body of this length once it has arrived; a large one is in a file."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = tempfile.SpooledTemporaryFile(limit)  # noqa: SIM115 (whoever gets it closes it)
        left = length
        while left:
            data = self.rfile.read(min(left, _CHUNK))
            if not data:
                body.close()
                raise _CutOff
            body.write(data)
            left -= len(data)
        body.seek(0)
        return cast("BinaryIO", body)

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), SOCKET: self.connection}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Respond to an invalid HTTP request with a problem document."""
        self.log_request(int(code))
        self.close_connection = True
        detail = message or HTTPStatus(code).description
        self.wfile.write(write_error_on_the_wire(code, detail, self._path()))
        self._drain()

    def _path(self) -> str:
        """Return the path in the request line; `self.path` may be that of an earlier request."""
        words = self.raw_requestline.decode("latin-1").split(" ")
        return without_host(words[1]).partition("?")[0] if len(words) > 1 else ""

    def _drain(self) -> None:
        """Read what the client still sends: closing earlier could discard the response."""
        self.connection.settimeout(_DRAIN_TIMEOUT)  # type: ignore[attr-defined]  # wrong stubs
        left = _LONGEST_DRAIN
        with suppress(OSError):
            while left > 0 and (data := self.rfile.read1()):
                left -= len(data)


class Server(basehttp.WSGIServer):
    request_queue_size = 512
    """Connections not yet accepted; a client retries one that does not fit only after a second."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            RequestHandler(request, client_address, self)
        finally:
            connections.close_all()  # this thread's connections; it ends with the client's
