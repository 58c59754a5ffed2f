"""What comes of an attempt to send a webhook."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.server import Reply, Reset, Silence, Stalled, Trickle
from tests.webhooks.receivers import Raw, receiver, silent_port
from vid_trans_api.webhooks.sending import Attempt, options, retry_after_seconds, send

NOW = datetime(2030, 1, 1, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\n"
CLOSED = "The connection was closed before there was a complete response."
NOT_HTTP = "The response is not valid HTTP."
NOT_IN_TIME = "There was no complete response within 0.3 s."


def sent_to(url: str, *, body: bytes = b"{}", timeout: float = 60, **arguments: object) -> Attempt:
    arguments = {"headers": {}, "allow_private": True, "https_only": False, **arguments}
    return send(url, body=body, timeout=timeout, **arguments)  # type: ignore[arg-type]


def outcome(reply: object, *, timeout: float = 60) -> tuple[int | None, str, str]:
    """Return the status, the response and the error of an attempt."""
    with receiver(reply) as running:
        attempt = sent_to(running.url, timeout=timeout)
    return attempt.status, attempt.response, attempt.error


def test_request_arrives_as_it_was_signed() -> None:
    body = '{"title": "Café"}'.encode()
    with receiver(Reply(202, {"ok": True}, {"Retry-After": "7"})) as running:
        attempt = sent_to(running.url + "?a=b#c", headers={"webhook-id": "evt_1"}, body=body)

        (request,) = running.requests
    headers = {
        "Host": f"127.0.0.1:{running.port}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": "18",
        "webhook-id": "evt_1",
    }
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=b", body)
    assert request.headers == {name.lower(): value for name, value in headers.items()}
    assert attempt == Attempt(
        status=202,
        milliseconds=attempt.milliseconds,
        response='{"ok": true}',
        retry_after=7.0,
        error="",
        sent_headers=headers,
    )
    assert attempt.is_success


def test_options_request_has_no_body() -> None:
    with receiver(Reply(405)) as running:
        attempt = options(running.url, allow_private=True, https_only=False, timeout=60)

        (request,) = running.requests
    assert (request.method, request.path, request.body) == ("OPTIONS", "/hook", b"")
    assert "content-length" not in request.headers
    assert (attempt.status, attempt.is_success) == (405, False)


@pytest.mark.parametrize(
    ("reply", "status", "response"),
    [
        (Reply(500, body=b"Traceback"), 500, "Traceback"),
        (Raw(OK + b"\r\nuntil the end"), 200, "until the end"),
        (Raw(b"HTTP/1.0 200 OK\r\n\r\n1.0"), 200, "1.0"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), 200, "abc"),
        (Raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\nlater"), 200, "later"),
        (Reply(200, body="é\0".encode() + b"\xff"), 200, "é\ufffd\ufffd"),
        (Reply(200, body=b"x" * 10_000_000), 200, "x" * 2000),
        (Stalled(b"HTTP/1.1 204 No Content\r\n\r\n"), 204, ""),
        (Stalled(OK + b"Content-Length: 2\r\n\r\nok"), 200, "ok"),
        (Raw(OK + b"Content-Length: 9\r\n\r\npart"), 200, "part"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\npart"), 200, "part"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\ngarbage"), 200, ""),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 3000), 200, "x" * 2000),
        (Stalled(OK + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000), 200, "x" * 2000),
    ],
)
def test_complete_head_is_a_response(reply: object, status: int, response: str) -> None:
    assert outcome(reply) == (status, response, "")


def test_redirect_is_not_followed() -> None:
    with receiver() as target:
        addresses = [target.url, "http://169.254.169.254/latest/meta-data"]
        for address in addresses:
            assert outcome(Reply(307, headers={"Location": address})) == (307, "null", "")

        assert target.requests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Silence(), CLOSED),
        (Reset(), CLOSED),
        (Raw(OK + b"Content-Le"), CLOSED),
        (Raw(b"SSH-2.0-OpenSSH_9.6\r\n"), NOT_HTTP),
        (Raw(b"HTTP/1.1 2000 OK\r\n\r\n"), NOT_HTTP),
        (Raw(OK + b"X: " + b"x" * 100_000), NOT_HTTP),
        (Raw(OK + b"X: x\r\n" * 1000 + b"\r\n"), NOT_HTTP),
    ],
)
def test_no_complete_head_is_an_error(reply: object, error: str) -> None:
    assert outcome(reply) == (None, "", error)


@pytest.mark.parametrize(
    "reply", [Stalled(), Stalled(OK), Trickle(OK + b"X: "), Trickle(b"HTTP/1.1 100 Continue\r\n")]
)
def test_head_that_is_not_complete_in_time_is_an_error(reply: object) -> None:
    assert outcome(reply, timeout=0.3) == (None, "", NOT_IN_TIME)


@pytest.mark.parametrize(
    "head", [b"Content-Length: 999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n999\r\n"]
)
def test_trickled_body_is_cut_off_in_time(head: bytes) -> None:
    status, response, error = outcome(Trickle(OK + head + b"begin"), timeout=3)

    assert (status, response.rstrip("x"), error) == (200, "begin", "")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_receiver_that_hangs_is_an_error(scheme: str) -> None:
    with silent_port() as port:
        attempt = sent_to(f"{scheme}://127.0.0.1:{port}/", timeout=0.3)

    assert (attempt.status, attempt.error) == (None, NOT_IN_TIME)
    assert attempt.milliseconds >= 300
    assert attempt.timed_out is (scheme == "http")  # not before the connection is complete


def test_body_can_be_trickled() -> None:
    with receiver(Reply(200)) as running:
        attempt = sent_to(running.url, body=b"0123456789" * 5, trickle=0.3)

        assert running.requests[0].body == b"0123456789" * 5
    assert attempt.status == 200
    assert attempt.milliseconds >= 300


def test_trickled_body_is_bounded_too() -> None:
    with receiver(Reply(200)) as running:
        attempt = sent_to(running.url, trickle=3600, timeout=0.3)

    assert (attempt.status, attempt.error) == (None, NOT_IN_TIME)


def test_time_is_for_sending_and_reading_together() -> None:
    with receiver(Stalled(OK + b"\r\n", after=0.6)) as running:
        attempt = sent_to(running.url, trickle=0.6, timeout=1)

    assert (attempt.status, attempt.milliseconds >= 1000) == (None, True)


def test_response_to_half_a_body_is_read() -> None:
    headers = {"Content-Length": "0"}  # so the receiver does not wait for the body
    with receiver(Reply(408, body=b"too slow")) as running:
        attempt = sent_to(running.url, headers=headers, body=b"x" * 20, trickle=0.5)

    assert (attempt.status, attempt.response) == (408, "too slow")


def test_proxies_and_netrc_are_not_used(monkeypatch, tmp_path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with receiver(Reply(200)) as running:
        attempt = sent_to(running.url)

        assert "authorization" not in running.requests[0].headers
    assert attempt.status == 200


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60.0),
        ("Tue, 01 Jan 2030 00:01:00 -0000", 60.0),
        ("Mon, 31 Dec 2029 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("9" * 1000, 86_400.0),
        ("-1", None),
        ("nan", None),
        ("infinity", None),
        ("1e9", None),
        ("²", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(
    st.text()
    | st.from_regex(r"\A(Mon, )?[0-9]{1,12} (Jan|Dec) [0-9]{1,12} [0-9:]{1,12} [+-][0-9]{1,9}\Z")
)
def test_no_retry_after_fails(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)

    assert seconds is None or 0 <= seconds <= 86_400
