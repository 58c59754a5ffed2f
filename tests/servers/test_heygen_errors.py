"""Errors of the servers themselves have the shape of the version to whose path they belong."""

import re
import socket
from dataclasses import dataclass
from typing import Final

import pytest

from tests.heygen.versions import VERSIONS, Version, assert_error, assert_headers
from tests.server_fixtures import ServerPair
from tests.server_processes import PROBLEM, Server
from tests.servers.raw_requests import request


@dataclass(frozen=True)
class Refused:
    """Bytes that a server refuses; `{}` is the path of translations."""

    sent: str
    headers: tuple[bytes, ...] = ()
    body: bytes = b""
    host: bytes = b"Host: localhost"
    statuses: tuple[int, int] = (400, 400)
    """Of the development server and of gunicorn."""


JSON: Final = b"Content-Type: application/json"

CODES: Final = {
    401: "unauthorized",
    404: "not_found",
    413: "payload_too_large",
    501: "internal_error",
}
"""Other statuses have the code invalid_parameter."""

REFUSED: Final = {
    "chunks": Refused(
        "POST {}",
        (JSON, b"Transfer-Encoding: chunked"),
        body=b"2\r\n{}\r\n0\r\n\r\n",
        statuses=(411, 411),
    ),
    "an unknown encoding": Refused(
        "POST {}", (JSON, b"Transfer-Encoding: zip"), statuses=(411, 501)
    ),
    "3 MB": Refused(
        "POST {}",
        (JSON, b"Content-Length: 3000000"),
        body=b" " * 3_000_000,
        statuses=(413, 413),
    ),
    "an announced body of 10 GB": Refused(
        "POST {}", (JSON, b"Content-Length: 10000000000"), statuses=(413, 413)
    ),
    "a Content-Length of no number": Refused("POST {}", (b"Content-Length: two",)),
    "two Content-Lengths": Refused(
        "POST {}", (b"Content-Length: 2", b"Content-Length: 3"), body=b"{}"
    ),
    "a header without a name": Refused("GET {}", (b": a",), statuses=(401, 400)),
    "a URL of 5,000": Refused("GET {}/x/" + "a" * 5_000, statuses=(404, 414)),
    "a query of 5,000": Refused("GET {}?" + "a" * 5_000, statuses=(401, 414)),
    "a URL of 70,000": Refused("GET {}/" + "a" * 70_000, statuses=(414, 414)),
    "a header of 70,000": Refused("GET {}", (b"X-Long: " + b"a" * 70_000,), statuses=(431, 431)),
    "200 headers": Refused(
        "GET {}", tuple(b"X-%d: 1" % number for number in range(200)), statuses=(431, 431)
    ),
    "a path that is not UTF-8": Refused("GET {}/x/%ff%fe", statuses=(404, 404)),
    "an unknown method": Refused("BREW {}/x/y", statuses=(404, 404)),
    "another protocol": Refused("GET {}?", host=b"Host: a b"),
    "another host": Refused("GET {}", host=b"Host: example.org"),
    "a browser": Refused("GET {}/x/y", (b"Accept: text/html",), statuses=(404, 404)),
}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("name", REFUSED)
def test_error_of_a_server_has_the_shape_of_its_version(
    servers: ServerPair, version: Version, name: str
) -> None:
    refused = REFUSED[name]
    line = refused.sent.format(version.translations)
    sent = request(line, *refused.headers, body=refused.body, host=refused.host)

    responses = [server.send(sent) for server in (servers.development, servers.production)]

    assert tuple(each.status for each in responses) == refused.statuses
    for response in responses:
        assert_headers(version, response.headers)
        assert_error(version, response.document, CODES.get(response.status, "invalid_parameter"))


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_earlier_request_does_not_set_the_shape(server: Server, version: Version) -> None:
    first = request(f"GET {version.translations}/x/y")
    second = request(f"GET /{'a' * 70_000}")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(first + second)
        with connection.makefile("rb") as stream:
            received = stream.read()

    types = re.findall(rb"Content-Type: ([^\r]+)", received)
    assert types == [b"application/json", PROBLEM.encode()]
