"""The event loop of gunicorn's worker, one round of events at a time within this process."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # it has no types

from tests.patience import PATIENCE
from vid_trans_api.serving import gunicorn_worker, received_requests
from vid_trans_api.serving.gunicorn_worker import READ_TIMEOUT, Worker
from vid_trans_api.serving.received_requests import SLOWEST_UPLOAD

KEEPALIVE = 30
HALF = b"GET / HTTP/1.1\r\n"
REQUEST = HALF + b"Host: localhost\r\n\r\n"
LAST_REQUEST = HALF + b"Host: localhost\r\nConnection: close\r\n\r\n"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


class NoThreads(Executor):
    """Runs requests within the loop, so that every test has one order of events."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


class BusyThreads(Executor):
    """Runs requests when a test says so."""

    def __init__(self) -> None:
        self._submitted: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._submitted.append((future, partial(function, *arguments, **named)))
        return future

    def run(self) -> None:
        for future, function in self._submitted:
            future.set_result(function())


class Loop:
    """A worker whose events are handled only when a test says so, and its clients."""

    def __init__(self, stack: ExitStack, **options: object) -> None:
        self._stack = stack
        self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        config = Config()
        for name, value in {"keepalive": KEEPALIVE, **options}.items():
            config.set(name, value)
        loader = SimpleNamespace(wsgi=lambda: app)
        self.worker = Worker(1, 1, [self._listener], loader, KEEPALIVE, config, Mock())
        stack.callback(self.worker.tmp.close)
        self.worker.load_wsgi()
        # The rest is what gunicorn does in the worker's process.
        self.worker.poller = stack.enter_context(DefaultSelector())
        self.worker.tpool = NoThreads()
        queue = self.worker.method_queue
        queue.init()
        stack.callback(queue.close)
        self.worker.poller.register(queue.fileno(), EVENT_READ, queue.run_callbacks)
        self.worker.set_accept_enabled(True)
        stack.callback(self._close_sockets)

    def _close_sockets(self) -> None:
        for connection in self.worker._reading:
            connection.request.release()
        for key in self.worker.poller.get_map().values():
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()

    def connect(self) -> socket.socket:
        address = self._listener.getsockname()
        return self._stack.enter_context(socket.create_connection(address, PATIENCE))

    def send(self, client: socket.socket, data: bytes) -> None:
        client.sendall(data)
        self.handle_events()

    def handle_events(self) -> None:
        """Run rounds of the loop until there are no events."""
        while self.worker.poller.select(0.05):
            self.worker.wait_for_and_dispatch_events(0)


@pytest.fixture
def loop() -> Iterator[Loop]:
    with ExitStack() as stack:
        yield Loop(stack)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch, loop: Loop) -> Callable[[float], None]:
    """Return a function that lets time pass for the worker, whose clock stands still otherwise."""
    began = time.monotonic()
    passed = 0.0

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        loop.worker.murder_keepalived()  # gunicorn calls both once a second
        loop.worker.murder_pending()

    monkeypatch.setattr(time, "monotonic", lambda: began + passed)
    return wait


@pytest.mark.parametrize(
    "sent",
    [REQUEST, HALF, LAST_REQUEST],
    ids=["waiting for a request", "sending a request", "done"],
)
def test_connection_closed_for_another_may_send_at_that_moment(loop: Loop, sent: bytes) -> None:
    client = loop.connect()
    loop.send(client, sent)
    loop.worker.worker_connections = 2

    newcomer = loop.connect()
    client.sendall(HALF)  # both events are in the same round
    loop.handle_events()
    open_connections = loop.worker.nr_conns
    loop.send(newcomer, REQUEST)

    assert open_connections == 1
    assert newcomer.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("sent", [REQUEST, LAST_REQUEST], ids=["kept alive", "done"])
def test_connections_that_were_busy_make_room_once_idle(loop: Loop, sent: bytes) -> None:
    loop.worker.tpool = threads = BusyThreads()
    loop.worker.worker_connections = 2
    for _ in range(2):
        loop.send(loop.connect(), sent)
    while_busy = loop.worker.nr_conns

    threads.run()
    loop.handle_events()

    assert while_busy == 2
    assert loop.worker.nr_conns == 1


def test_refused_request_is_not_run_if_its_body_arrives_at_that_moment(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gunicorn_worker, "MOST_BODY_BYTES", 100)
    monkeypatch.setattr(loop.worker, "enqueue_req", run := Mock())
    larger, smaller = loop.connect(), loop.connect()
    loop.send(larger, b"POST / HTTP/1.1\r\nContent-Length: 90\r\n\r\n")
    loop.send(smaller, b"POST / HTTP/1.1\r\nContent-Length: 50\r\n")

    smaller.sendall(b"\r\n")  # there is no memory for both
    larger.sendall(b"a" * 90)
    loop.handle_events()

    assert larger.recv(1000).startswith(b"HTTP/1.1 503 ")
    run.assert_not_called()


@pytest.mark.parametrize("before", [b"", REQUEST], ids=["new", "kept alive"])
def test_empty_lines_do_not_keep_a_connection(
    loop: Loop, wait: Callable[[float], None], before: bytes
) -> None:
    client = loop.connect()
    loop.send(client, before)

    for _ in range(2):
        loop.send(client, b"\r\n")
        wait(READ_TIMEOUT - 1)

    assert loop.worker.nr_conns == 0


def test_request_after_an_empty_line_has_its_whole_time(
    loop: Loop, wait: Callable[[float], None]
) -> None:
    client = loop.connect()
    loop.send(client, REQUEST)
    client.recv(1000)

    loop.send(client, b"\r\n")
    wait(READ_TIMEOUT - 1)
    loop.send(client, HALF)
    wait(READ_TIMEOUT - 1)
    loop.send(client, REQUEST.removeprefix(HALF))

    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


UPLOAD = (
    b"POST /vid_trans_api/assets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n"
)


def test_upload_takes_no_memory_of_other_requests(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gunicorn_worker, "MOST_BODY_BYTES", 100)
    uploading, client = loop.connect(), loop.connect()
    loop.send(uploading, UPLOAD + b"a" * 1000)

    loop.send(client, REQUEST)

    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_upload_that_exceeds_the_bound_of_all_is_refused(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gunicorn_worker, "MOST_UPLOADED_BYTES", 2000)
    first, second, third = loop.connect(), loop.connect(), loop.connect()
    loop.send(first, UPLOAD + b"a" * 1500)
    loop.send(second, UPLOAD + b"a" * 1000)

    refused = second.recv(1000)
    loop.send(third, UPLOAD + b"a" * 500)

    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert loop.worker._body_bytes.in_files == 2000


def test_upload_has_a_second_more_for_each_128_kib(
    loop: Loop, wait: Callable[[float], None]
) -> None:
    client = loop.connect()
    loop.send(client, UPLOAD)
    seconds = 20_000_000 / SLOWEST_UPLOAD

    wait(READ_TIMEOUT + seconds - 1)
    loop.send(client, b"a")
    before = loop.worker._body_bytes.in_files
    wait(2)

    assert before == 1
    assert client.recv(1000).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert loop.worker._body_bytes.in_files == 0


def test_slow_upload_is_run_after_the_time_of_other_requests(
    loop: Loop, wait: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.worker, "_largest_in_memory", 10)
    monkeypatch.setattr(received_requests, "SLOWEST_UPLOAD", 1)
    client = loop.connect()
    loop.send(client, UPLOAD.replace(b"20000000", b"20") + b"a" * 10)

    wait(READ_TIMEOUT + 1)
    loop.send(client, b"a" * 10)

    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert loop.worker._body_bytes.in_files == 0


def test_stop_does_not_wait_for_uploads(loop: Loop, wait: Callable[[float], None]) -> None:
    client = loop.connect()
    loop.send(client, UPLOAD)
    loop.worker.alive = False

    wait(gunicorn_worker.LINGER_TIMEOUT + 1)

    assert client.recv(1000).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_connections_with_the_proxy_protocol_are_left_to_gunicorn() -> None:
    with ExitStack() as stack:
        loop = Loop(stack, proxy_protocol="v1", proxy_allow_ips="*")
        client = loop.connect()

        loop.send(client, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + LAST_REQUEST)

        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
