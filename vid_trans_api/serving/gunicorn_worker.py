"""gunicorn's threaded worker, with threads that only get complete requests.

The threads of gunicorn's own worker read from the client, so that a few hundred clients that send
slowly occupy all of them. This worker reads requests in its event loop, without a thread, within
bounds of time and memory. It also waits there for clients to close a connection, for which
gunicorn's would stop serving all others.
"""

import errno
import io
import socket
import struct
import threading
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import TYPE_CHECKING, Any, Final

from gunicorn import http, util  # type: ignore[import-untyped]  # it has no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from vid_trans_api.serving.received_requests import BodyBytes, Head, ReceivedRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

READ_TIMEOUT: Final = 20.0
"""Seconds within which a request must arrive, from its first byte to its last."""

SEND_TIMEOUT: Final = 20
"""Seconds without progress after which sending a response is given up."""

LARGEST_HEAD: Final = 64 * 1024  # bytes

MOST_BODY_BYTES: Final = 64 * 1024 * 1024
"""The total announced length of the bodies in memory of all requests that have no response yet.

Larger bodies, those of uploads, are received into temporary files.
"""

MOST_UPLOADED_BYTES: Final = 1024 * 1024 * 1024
"""The total received length of the bodies in temporary files."""

LINGER_TIMEOUT: Final = 2.0
"""Seconds without data after which a client counts as done with sending."""

LONGEST_LINGER: Final = 10.0  # seconds

_CHUNK: Final = 64 * 1024
_NO_DESCRIPTOR: Final = {errno.EMFILE, errno.ENFILE}

_running: Final = threading.local()
"""The `path` of the request that this thread runs."""


def write_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Respond to invalid HTTP, in place of gunicorn's function, which sends a page."""
    from vid_trans_api.http.errors import write_error_on_the_wire  # noqa: PLC0415 (needs Django)

    path = getattr(_running, "path", "")
    util.write_nonblock(client, write_error_on_the_wire(status, message or f"{reason}.", path))


class Connection(TConn):  # type: ignore[misc]  # untyped
    """A client's connection, and what has been received of its next request."""

    def __init__(self, *arguments: Any, request: ReceivedRequest) -> None:
        super().__init__(*arguments)
        self.data_ready = True  # threads need not wait for data
        self.request = request
        self.deadline = 0.0
        """When the loop gives up on what it waits for."""
        self.last_deadline = 0.0
        """The latest that `deadline` may become."""
        self.running_path = ""
        """The path of the request that a thread runs."""


class Worker(ThreadWorker):  # type: ignore[misc]  # untyped
    """Reads requests in the event loop, and runs them in threads.

    TLS, HTTP/2 and the protocols of proxies are left to gunicorn: end them in front of this server.

    gunicorn handles events in rounds. The handler of one can close or refuse a connection whose
    event is later in the same round, so each handler first checks that its event is still awaited.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._reading: dict[Connection, None] = {}
        self._lingering: dict[Connection, None] = {}
        self._body_bytes = BodyBytes()
        self._is_plain = (
            not self.cfg.is_ssl
            and self.cfg.protocol == "http"
            and self.cfg.http2_cleartext == "off"
            and self.cfg.proxy_protocol == "off"
        )

    def load_wsgi(self) -> None:
        super().load_wsgi()
        from django.conf import settings  # noqa: PLC0415 (gunicorn loads this module before Django)

        from vid_trans_api.http.authentication import (  # noqa: PLC0415 (the same)
            api_key_in,
            is_accepted,
        )
        from vid_trans_api.http.bodies import path_of, refusal_of  # noqa: PLC0415 (the same)
        from vid_trans_api.http.errors import write_error_on_the_wire  # noqa: PLC0415 (the same)

        self._largest_in_memory: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self._api_key_in: Callable[[str, str], str] = api_key_in
        self._is_accepted: Callable[[str], bool] = is_accepted
        self._path_of: Callable[[str], str] = partial(path_of, below=settings.SCRIPT_NAME)
        self._refusal_of: Callable[..., Any] = refusal_of
        self._write_error: Callable[..., bytes] = write_error_on_the_wire

    def accept(self, listener: socket.socket) -> None:
        if not self._is_plain:
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _NO_DESCRIPTOR:
                raise
            self._make_room()
            return
        timeout = struct.pack("ll", SEND_TIMEOUT, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        request = ReceivedRequest(self._body_bytes)
        connection = Connection(self.cfg, client, address, listener.getsockname(), request=request)
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        connection.deadline = time.monotonic() + self.cfg.keepalive
        self._receive(connection)

    def _make_room(self) -> None:
        """Close the connection that has waited longest without a complete request.

        Otherwise idle connections would keep others from being accepted.
        """
        if self._reading and not self._lingering:
            self._close(next(iter(self._reading)))
        else:
            self._close_idle()

    def _close_idle(self) -> None:
        """Close a connection that has had its response: one that ends, or the longest idle one."""
        if self._lingering:
            self._close(next(iter(self._lingering)))
        elif self.keepalived_conns:
            connection = self.keepalived_conns.popleft()
            self.poller.unregister(connection.sock)
            self._close(connection)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        if not self._is_plain:
            super().on_client_socket_readable(conn, client)
            return
        if conn not in self.keepalived_conns:
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.deadline = conn.timeout
        self._receive(conn)

    def _receive_more(self, connection: Connection, _socket: object) -> None:
        if connection in self._reading:
            self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(_CHUNK)
        except BlockingIOError:
            self._wait_for_more(connection)
            return
        except OSError:
            data = b""
        if not data:  # a request that ends early is not run
            self._close(connection)
            return
        if not connection.request.received:
            data = data.removeprefix(b"\r\n")  # some clients send one between requests
            if data:
                connection.deadline = time.monotonic() + READ_TIMEOUT
        if self._store(connection, partial(connection.request.add, data)):
            self._advance(connection)

    def _store(self, connection: Connection, store: "Callable[[], None]") -> bool:
        """Store received bytes of a body; return False if the request has been refused."""
        try:
            store()
        except OSError as error:
            self.log.error("An upload cannot be received: %s", error)  # noqa: TRY400 (no traceback needed)
            self._refuse(connection, 503, "The server has no room for this upload.")
            return False
        if connection.request.upload and self._body_bytes.in_files > MOST_UPLOADED_BYTES:
            self._refuse(connection, 503, "The server is busy receiving other uploads.")
            return False
        return True

    def _wait_for_more(self, connection: Connection) -> None:
        """Call `_receive` when more of the request arrives."""
        if connection not in self._reading:
            self._reading[connection] = None
            readable = partial(self._receive_more, connection)
            self.poller.register(connection.sock, EVENT_READ, readable)

    def _advance(self, connection: Connection) -> None:
        """Run the request if it is complete; otherwise wait for the rest."""
        request = connection.request
        if not request.has_head:
            head = request.read_head()
            if head is None and len(request.received) > LARGEST_HEAD:
                is_target = b"\r\n" not in request.received
                self._refuse(
                    connection,
                    414 if is_target else 431,
                    f"The {'URL' if is_target else 'head'} of this request is too long.",
                )
                return
            if head and not self._expect_body(connection, head):
                return
        if request.has_head and request.is_complete:
            self._run(connection)
        else:
            self._wait_for_more(connection)

    def _expect_body(self, connection: Connection, head: Head) -> bool:
        """Make room for the body; return False if the request has been refused."""
        request = connection.request
        method, target = request.request_line
        refusal = self._refusal_of(
            method=method,
            path=self._path_of(target),
            content_length=head.content_length,
            transfer_encoding=head.transfer_encoding,
        )
        length = int(head.content_length) if head.has_clear_length and not refusal else 0
        is_upload = length > self._largest_in_memory
        has_key = not is_upload or self._is_accepted(self._api_key_in(*request.keys))
        # The application writes this refusal. gunicorn refuses duplicate and malformed fields.
        request.is_refused = refusal is not None or not has_key
        if is_upload and has_key:
            if not self._store(connection, partial(request.expect_upload, length)):
                return False
            connection.deadline += request.upload_seconds
        else:
            request.expect_in_memory(0 if request.is_refused else length)
            if self._body_bytes.in_memory > MOST_BODY_BYTES and not self._free_memory(request):
                self._refuse(connection, 503, "The server is busy reading other requests.")
                return False
        if head.is_continue_expected and not request.is_complete:
            self._send(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _free_memory(self, request: ReceivedRequest) -> bool:
        """Refuse larger requests that are still being read until this one fits."""
        larger = sorted(
            (each for each in self._reading if each.request.memory_length > request.memory_length),
            key=lambda each: each.request.memory_length,
        )
        while self._body_bytes.in_memory > MOST_BODY_BYTES and larger:
            self._refuse(larger.pop(), 503, "The server is busy reading other requests.")
        return self._body_bytes.in_memory <= MOST_BODY_BYTES

    def _run(self, connection: Connection) -> None:
        """Have a thread run the request, which has been received completely."""
        if connection in self._reading:
            del self._reading[connection]
            self.poller.unregister(connection.sock)
        if connection.parser is None:
            connection.parser = http.get_parser(self.cfg, connection.sock, connection.client)
        request = connection.request
        connection.running_path = self._path_of(request.request_line[1])
        connection.parser.unreader.unread(bytes(request.received))
        request.received = bytearray()
        self.enqueue_req(connection)

    def handle(self, conn: Connection) -> Any:
        _running.path = conn.running_path if self._is_plain else ""
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        if not self._is_plain:
            return super().handle_request(req, conn)
        req._expected_100_continue = False  # noqa: SLF001 (it has been sent)
        if conn.request.is_refused:
            req.force_close()  # its body follows
            req.body = http.body.Body(io.BytesIO())  # and no view may wait for it
        elif upload := conn.request.upload:
            upload.seek(0)
            req.body = http.body.Body(upload)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        if not self._is_plain:
            super().finish_request(conn, fs)
            return
        if conn.request.upload and conn.parser.mesg:
            conn.parser.mesg.body = http.body.Body(io.BytesIO())  # the parser reads its rest later
        conn.request.release()
        is_kept = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        if is_kept:
            self._keep(conn)
        else:
            self._linger(conn)
        if self.nr_conns >= self.worker_connections:
            # All were busy when the limit was reached, so gunicorn has stopped accepting others.
            self._close_idle()

    def _keep(self, conn: Connection) -> None:
        """Wait for the next request over this connection."""
        conn.request = ReceivedRequest(self._body_bytes, conn.parser.unreader.take_buffered())
        conn.sock.setblocking(False)
        if conn.request.received:  # the client did not wait for the response
            conn.deadline = time.monotonic() + READ_TIMEOUT
            self._advance(conn)
            return
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + LINGER_TIMEOUT)
        self.keepalived_conns.append(conn)
        readable = partial(self.on_client_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, readable)

    def _refuse(self, connection: Connection, status: int, detail: str) -> None:
        """Respond to a request that is not run, and close its connection."""
        path = self._path_of(connection.request.request_line[1])
        self._send(connection, self._write_error(status, detail, path))
        self._stop_reading(connection)
        self._linger(connection)

    def _send(self, connection: Connection, data: bytes) -> None:
        """Send a few bytes if the client takes them at once."""
        with suppress(OSError):
            connection.sock.send(data)

    def _linger(self, connection: Connection) -> None:
        """End the response, and read what the client still sends before closing.

        Closing earlier resets the connection, which could discard the response.
        """
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.setblocking(False)
        except OSError:
            self._close(connection)
            return
        now = time.monotonic()
        connection.deadline = now + LINGER_TIMEOUT
        connection.last_deadline = now + LONGEST_LINGER
        self._lingering[connection] = None
        self.poller.register(connection.sock, EVENT_READ, partial(self._discard, connection))

    def _discard(self, connection: Connection, _socket: object) -> None:
        if connection not in self._lingering:
            return
        try:
            data = connection.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            deadline = time.monotonic() + LINGER_TIMEOUT
            connection.deadline = min(deadline, connection.last_deadline)
        else:
            self._close(connection)

    def murder_pending(self) -> None:
        """Close the connections whose time is over. gunicorn calls this once a second."""
        super().murder_pending()
        now = time.monotonic()
        for connection in [each for each in self._lingering if each.deadline <= now]:
            self._close(connection)
        # A server that stops gives requests that are arriving a moment.
        limit = now if self.alive else now + READ_TIMEOUT - LINGER_TIMEOUT
        for connection in [each for each in self._reading if self._is_late(each, limit)]:
            if connection.request.received:
                self._refuse(connection, 408, "The request did not arrive in time.")
            else:
                self._close(connection)

    def _is_late(self, connection: Connection, limit: float) -> bool:
        """Return whether a request must have arrived by then; a stop ends uploads early."""
        extra = 0.0 if self.alive else connection.request.upload_seconds
        return connection.deadline - extra <= limit

    def _stop_reading(self, connection: Connection) -> None:
        """Stop waiting for data of this connection."""
        connection.request.release()
        if connection in self._reading:
            del self._reading[connection]
            self.poller.unregister(connection.sock)
        elif connection in self._lingering:
            del self._lingering[connection]
            self.poller.unregister(connection.sock)

    def _close(self, connection: Connection) -> None:
        self._stop_reading(connection)
        self.nr_conns -= 1
        connection.close()
