"""Which error a response, or the lack of one, stands for, and what it says."""

import pytest

from heygen_video_translation.client import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    JobNotFound,
    ServerUnavailable,
    UnexpectedResponse,
)
from tests.client.documents import pending, replies
from tests.client.server import Reply, Reset, Silence, Stalled


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, JobNotFound),
        (409, Conflict),
        (410, UnexpectedResponse),
        (418, UnexpectedResponse),
        (422, InvalidRequest),
    ],
)
def test_refusal_is_not_retried_and_carries_the_job(client, server, status, kind):
    problem = {"detail": "No.", "errors": [{"field": "title", "detail": "Too long."}]}
    server.script = [*replies(pending()), Reply(status, problem)]
    with pytest.raises(kind, match=r"No\. \| title: Too long\.") as caught:
        client.call("wait_for_completion", "a")
    assert type(caught.value) is kind
    assert caught.value.job.id == "a"
    assert len(server.requests) == 2


FIELD = {"field": "title", "detail": "Too long."}


@pytest.mark.parametrize(
    ("problem", "detail"),
    [
        ({"detail": "title: Too long.", "errors": [FIELD]}, "title: Too long."),
        (
            {"detail": "Two things.", "errors": [FIELD, FIELD, {"field": "", "detail": "No."}]},
            "Two things. | title: Too long. | No.",
        ),
        ({"title": "Bad Request", "errors": "none"}, "Bad Request"),
        ({"errors": [FIELD, 5]}, "title: Too long."),
    ],
    ids=["in the detail", "not in the detail", "title only", "errors only"],
)
def test_refusal_has_each_sentence_once(client, server, problem, detail):
    server.script = [Reply(400, problem)]
    with pytest.raises(InvalidRequest) as caught:
        client.call("get_status", "a")
    assert caught.value.detail == detail
    assert str(caught.value) == f"GET {server.url}/vid_trans_api/jobs/a: 400 | {detail}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000, b"5"], ids=len)
def test_refusal_without_detail_has_the_status(client, server, body):
    server.script = [Reply(404, body=body)]
    with pytest.raises(JobNotFound) as caught:
        client.call("get_status", "a")
    assert caught.value.detail == f"GET {server.url}/vid_trans_api/jobs/a: 404"


def test_refused_connection_is_one_short_sentence(connect, server, caplog):
    client = connect(long_poll=0, max_retries=1)
    server.stop()
    message = f"{server.url} did not respond: connection refused"
    with pytest.raises(ServerUnavailable) as caught:
        client.call("get_status", "a")
    assert (str(caught.value), caught.value.detail) == (message, message)
    assert caplog.messages == [f"{message}; retrying in 0.00 s"]


def test_error_does_not_contain_the_password_of_the_url(connect, server):
    client = connect(max_retries=0, base_url=server.url.replace("//", "//me:secret@"))
    server.stop()
    with pytest.raises(ServerUnavailable, match="did not respond: connection refused") as caught:
        client.call("get_status", "a")
    assert "secret" not in str(caught.value)


def test_cause_is_not_an_error_that_the_caller_was_handling(connect, server):
    client = connect(max_retries=0)
    server.script = [Silence()]
    try:
        raise FileNotFoundError(2, "no such file")
    except OSError:
        with pytest.raises(ServerUnavailable) as caught:
            client.call("get_status", "a")
    assert "file" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            Silence(),
            "did not respond: (the connection was closed|ServerDisconnectedError|RemoteProtocol)",
        ),
        (Reset(), "did not respond: connection reset by peer$"),
        (
            Reply(body=b"{", length=9),
            "did not respond: (the connection was closed|ContentLength|RemoteProtocolError)",
        ),
        (Stalled(), r"did not respond within 0\.2 s$"),
        (Reply(body=b"<p>"), r"unreadable response: not JSON \("),
    ],
    ids=["silence", "reset", "cut off", "too slow", "HTML"],
)
def test_missing_response_is_explained_in_one_line(connect, server, reply, why):
    client = connect(max_retries=0, request_timeout=0.2 if isinstance(reply, Stalled) else 30)
    server.script = [reply]
    with pytest.raises(ServerUnavailable, match=why) as caught:
        client.call("get_status", "a")
    assert len(str(caught.value)) < 160
    assert "\n" not in str(caught.value)
