"""The time and the size of a whole response are bounded."""

import time

import pytest
import requests
import urllib3

from heygen_video_translation.client import ServerUnavailable, TranslationClient
from tests.client.documents import completed, replies
from tests.client.server import PATIENCE, Reply, Stalled, Trickle


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nX-Header: ",
        b"HTTP",
    ],
    ids=["body", "headers", "status line"],
)
def test_timeout_applies_to_a_response_that_trickles(connect, server, start):
    client = connect(request_timeout=0.4, max_retries=0)
    server.script = [Trickle(start)]
    with pytest.raises(ServerUnavailable, match="did not respond"):
        client.call("get_status", "a")


def test_timeout_applies_to_a_response_through_a_proxy(server):
    server.script = [Trickle(b"HTTP/1.1 200 OK\r\n")]
    began = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": server.url}
        client = TranslationClient(
            "http://far.invalid", session=session, max_retries=0, request_timeout=0.5
        )
        with pytest.raises(ServerUnavailable):
            client.get_status("a")
    assert 0.4 < time.monotonic() - began < PATIENCE


def test_timeout_applies_to_connection_pools_of_the_caller(server):
    class OwnConnection(urllib3.connection.HTTPConnection):
        def __init__(self, *args, own_option, **kwargs):
            super().__init__(*args, **kwargs)

    class OwnPool(urllib3.HTTPConnectionPool):
        ConnectionCls = OwnConnection

        def __init__(self, *args, **kwargs):
            super().__init__(*args, own_option=True, **kwargs)

    server.script = [*replies(completed()), Trickle(b"HTTP/1.1 200 OK\r\n")]
    with requests.Session() as session:
        adapter = session.get_adapter("http://")
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        manager = adapter.poolmanager
        manager.pool_classes_by_scheme = {"http": OwnPool}
        client = TranslationClient(server.url, session=session, max_retries=0, request_timeout=0.5)
        assert client.get_status("a").status == "completed"
        assert issubclass(manager.pool_classes_by_scheme["http"], OwnPool)
        began = time.monotonic()
        with pytest.raises(ServerUnavailable):
            client.get_status("a")
    assert 0.4 < time.monotonic() - began < PATIENCE


def test_timeout_is_not_extended_by_each_byte(connect, server):
    client = connect(request_timeout=1.5, max_retries=0)
    server.script = [Trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", pause=1.0)]
    with pytest.raises(ServerUnavailable, match=r"did not respond within 1\.5 s"):
        client.call("get_status", "a")


def test_timeout_applies_to_silence(connect, server):
    client = connect(request_timeout=0.3, max_retries=0)
    server.script = [Stalled()]
    with pytest.raises(ServerUnavailable, match=r"did not respond within 0\.3 s"):
        client.call("get_status", "a")


def test_response_without_end_is_cut_off(connect, server):
    class Endless(Reply):
        sent = 0

        def send(self, connection, clock):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while self.sent < 2**26:
                self.sent += connection.send(b" " * 2**16)

    client = connect(max_retries=0)
    endless = Endless()
    server.script = [endless]
    with pytest.raises(ServerUnavailable, match="unreadable response"):
        client.call("get_status", "a")
    server.stop()
    assert 2**24 <= endless.sent < 2**25
