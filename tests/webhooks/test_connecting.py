"""Which address a webhook goes to, and what TLS has to prove."""

import socket
import ssl
import threading

import pytest
import trustme

from tests.client.server import Reply, Trickle
from tests.webhooks.receivers import receiver
from tests.webhooks.test_sending import NOT_IN_TIME, sent_to

NOT_PUBLIC = "has no public address, and others are not allowed."


@pytest.fixture
def resolve(monkeypatch):
    """Set the addresses of every host, which can be a different list for each look-up."""
    looked_up = []

    def set_addresses(*answers: list[tuple[str, int]]):
        def getaddrinfo(host, port, **options):
            looked_up.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
                for address in answers[min(len(looked_up), len(answers)) - 1]
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return looked_up

    return set_addresses


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@pytest.fixture
def trusting(authority) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"],
)
def test_private_address_is_refused_in_any_form(host: str) -> None:
    with receiver(Reply(200)) as running:
        attempt = sent_to(f"http://{host}:{running.port}/", allow_private=False)

        assert running.requests == []
    assert attempt.status is None
    assert attempt.error == f"{host.strip('[]')} {NOT_PUBLIC}"


def test_name_with_private_addresses_is_refused(resolve) -> None:
    resolve([("169.254.169.254", 80), ("10.0.0.1", 80)])

    attempt = sent_to("http://receiver.example/", allow_private=False)

    assert attempt.error == f"receiver.example {NOT_PUBLIC}"


def test_host_is_resolved_once(resolve) -> None:
    with receiver(Reply(200)) as running:
        looked_up = resolve([("127.0.0.1", running.port)], [("127.0.0.1", 1)])

        attempt = sent_to("http://receiver.example/hook")

        assert running.requests[0].headers["host"] == "receiver.example"
    assert attempt.status == 200
    assert looked_up == [b"receiver.example"]


def test_private_addresses_among_public_ones_are_left_out(resolve, monkeypatch) -> None:
    connected = []

    def refuse(connection, address):
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    resolve([("10.0.0.1", 80), ("93.184.216.34", 80), ("127.0.0.1", 80)])

    attempt = sent_to("http://receiver.example/", allow_private=False)

    assert connected == [("93.184.216.34", 80)]
    assert attempt.error == (
        "Could not connect to receiver.example (93.184.216.34: Connection refused)."
    )


def test_second_address_is_tried_if_the_first_refuses(resolve) -> None:
    with receiver(Reply(200)) as running:
        resolve([("127.0.0.1", 1), ("127.0.0.1", running.port)])

        assert sent_to("http://receiver.example/").status == 200


def test_second_address_is_tried_if_the_first_hangs(resolve) -> None:
    with (
        receiver(Reply(200)) as running,
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        resolve([full.getsockname(), ("127.0.0.1", running.port)])

        assert sent_to("http://receiver.example/", timeout=6).status == 200


def test_name_that_does_not_exist_is_an_error() -> None:
    attempt = sent_to("http://does-not-exist.invalid/")

    assert attempt.error.startswith("does-not-exist.invalid could not be resolved: ")


def test_resolver_that_hangs_is_an_error(monkeypatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: go_on.wait() and [])

    attempt = sent_to("http://receiver.example/", timeout=0.3)

    go_on.set()
    assert (attempt.status, attempt.error) == (None, NOT_IN_TIME)


def test_certificate_of_the_host_is_accepted(authority, trusting) -> None:
    with receiver(Reply(200), context=server_context(authority, "127.0.0.1")) as running:
        attempt = sent_to(running.url, context=trusting, https_only=True)

    assert (attempt.status, attempt.error) == (200, "")


def test_head_trickled_over_tls_is_bounded(authority, trusting) -> None:
    trickle = Trickle(b"HTTP/1.1 200 OK\r\nX: ")
    with receiver(trickle, context=server_context(authority, "127.0.0.1")) as running:
        attempt = sent_to(running.url, context=trusting, timeout=2)

        assert len(running.requests) == 1
    assert attempt.error == "There was no complete response within 2 s."


@pytest.mark.parametrize(
    ("certified", "is_trusted", "problem"),
    [
        ("127.0.0.1", False, "unable to get local issuer certificate"),
        ("other.example", True, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_other_certificate_is_refused(authority, trusting, certified, is_trusted, problem) -> None:
    with receiver(Reply(200), context=server_context(authority, certified)) as running:
        attempt = sent_to(running.url, context=trusting if is_trusted else None)

        assert running.requests == []
    assert attempt.status is None
    assert attempt.error == f"TLS with 127.0.0.1 failed: {problem}."


def test_http_is_refused_at_the_time_of_sending() -> None:
    attempt = sent_to("http://receiver.example/", https_only=True)

    assert (attempt.error, attempt.sent_headers) == (
        "The URL does not begin with https://.",
        {},
    )


def test_server_without_tls_is_an_error() -> None:
    with receiver(Reply(200)) as running:
        attempt = sent_to(running.url.replace("http:", "https:"))

    assert attempt.error.startswith("TLS with 127.0.0.1 failed: ")
