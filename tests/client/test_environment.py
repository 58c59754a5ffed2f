"""Which server and key the environment names, and that no key goes to another server."""

import pytest

from heygen_video_translation.client import AuthenticationFailed, TranslationClient
from heygen_video_translation.client.environment import server_and_key
from tests.client.documents import completed, replies

KEYS = {"HEYGEN_API_KEY": "heygen-key", "TRANSLATION_API_KEY": "own-key"}
SERVERS = {"HEYGEN_API_BASE": "http://heygen.test", "TRANSLATION_SERVER": "http://own.test"}


@pytest.mark.parametrize(
    ("dialect", "environ", "found"),
    [
        ("native", KEYS | SERVERS, ("http://own.test", "own-key")),
        ("native", KEYS, ("http://127.0.0.1:8000", "own-key")),
        ("native", {}, ("http://127.0.0.1:8000", None)),
        ("native", {"TRANSLATION_API_KEY": ""}, ("http://127.0.0.1:8000", None)),
        ("heygen", KEYS | SERVERS, ("http://heygen.test", "heygen-key")),
        ("heygen", KEYS, ("https://api.heygen.com", "heygen-key")),
        ("heygen-v2", KEYS, ("https://api.heygen.com", "heygen-key")),
    ],
)
def test_environment_names_server_and_key(dialect, environ, found):
    assert server_and_key(dialect, ..., None, environ=environ) == found


def test_given_key_takes_precedence():
    assert server_and_key("heygen", ..., "mine", environ=KEYS) == (
        "https://api.heygen.com",
        "mine",
    )


def test_given_server_gets_no_key_of_the_environment():
    assert server_and_key("native", "http://other", None, environ=KEYS | SERVERS) == (
        "http://other",
        None,
    )


@pytest.mark.parametrize(
    ("base_url", "advice"),
    [(..., "set HEYGEN_API_KEY"), ("http://other", "only sent to the server of HEYGEN_API_BASE")],
)
def test_missing_key_of_heygen_is_explained(base_url, advice):
    environ = {} if base_url is ... else KEYS

    with pytest.raises(AuthenticationFailed, match=advice):
        server_and_key("heygen", base_url, None, environ=environ)


def test_client_reads_the_environment(server, monkeypatch):
    monkeypatch.setenv("TRANSLATION_SERVER", server.url)
    monkeypatch.setenv("TRANSLATION_API_KEY", "own-key")
    server.script = replies(completed())

    with TranslationClient() as client:
        client.get_status("a")

    assert server.requests[0].headers["x-api-key"] == "own-key"


def test_client_with_a_server_sends_it_no_key_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("TRANSLATION_API_KEY", "own-key")
    server.script = replies(completed())

    with TranslationClient(server.url) as client:
        client.get_status("a")

    assert "x-api-key" not in server.requests[0].headers


def test_dialect_that_does_not_exist_is_a_value_error():
    with pytest.raises(ValueError, match="one of native, heygen, heygen-v2, not 'v3'"):
        TranslationClient(dialect="v3")  # type: ignore[arg-type]  # a mistake of the caller
