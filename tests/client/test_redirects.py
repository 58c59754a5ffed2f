"""Redirects: which are followed, and with which credentials."""

import pytest

from heygen_video_translation.client import (
    TranslationClientError,
    UnexpectedResponse,
)
from tests.client.documents import completed, replies
from tests.client.server import Reply


def test_redirect_to_another_host_gets_no_api_key(connect, server, other_server, tmp_path):
    client = connect(api_key="secret")
    server.script = [Reply(302, headers={"Location": f"{other_server.url}/clip.mp4"})]
    other_server.script = [Reply(body=b"video")]
    assert client.call("download", "a", tmp_path / "talk.mp4").read_bytes() == b"video"
    assert "secret" not in str(other_server.requests[0].headers)


def test_redirect_to_another_host_gets_no_session_headers(connect, server, other_server):
    headers = {"X-Api-Key": "secret", "Authorization": "Bearer secret", "X-Mine": "secret"}
    server.script = [Reply(302, headers={"Location": f"{other_server.url}/a"})]
    other_server.script = replies(completed())
    client = connect(headers=headers)
    client.call("get_status", "a")
    assert server.requests[0].headers["x-mine"] == "secret"
    assert "secret" not in str(other_server.requests[0].headers)


def test_redirect_to_another_host_uses_the_proxy(connect, server, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    client = connect(base_url="http://first.invalid", max_retries=0)
    moved = Reply(307, headers={"Location": "http://second.invalid/elsewhere"})
    server.script = [moved, *replies(completed())]
    assert client.call("get_status", "a").status == "completed"
    assert [request.path for request in server.requests] == [
        "http://first.invalid/vid_trans_api/jobs/a",
        "http://second.invalid/elsewhere",
    ]


def test_redirect_on_the_same_host_gets_the_api_key(connect, server):
    client = connect(api_key="secret")
    server.script = [Reply(308, headers={"Location": "/moved"}), *replies(completed())]
    client.call("get_status", "a")
    assert server.requests[1].path == "/moved"
    assert server.requests[1].headers["x-api-key"] == "secret"


@pytest.mark.parametrize(
    "headers",
    [
        {"Location": "/vid_trans_api/jobs/a"},
        {},
        {"Location": "ftp://example.com/"},
    ],
    ids=str,
)
def test_redirect_that_cannot_be_followed_is_unexpected(client, server, headers):
    server.script = [Reply(302, headers=headers)]
    with pytest.raises(UnexpectedResponse, match="redirected"):
        client.call("get_status", "a")
    assert len(server.requests) <= 6


@pytest.mark.parametrize("address", ["http://[half/", "http://a:b/"])
def test_redirect_to_a_malformed_address_is_an_error(client, server, address):
    server.script = [Reply(302, headers={"Location": address})]
    with pytest.raises(TranslationClientError):
        client.call("get_status", "a")
    assert len(server.requests) <= 6


def test_redirect_that_would_drop_the_body_is_unexpected(client, server):
    server.script = [Reply(301, headers={"Location": "/other"})]
    with pytest.raises(UnexpectedResponse, match="redirected"):
        client.call("create_job")
