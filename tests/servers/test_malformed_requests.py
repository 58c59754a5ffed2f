"""How the servers respond to malformed requests."""

import time

import pytest

from tests.server_fixtures import ServerPair
from tests.server_processes import API, PROBLEM, Server
from tests.servers.raw_requests import assert_problem, post, request

NOT_UTF8 = "%ff%fe"
HALF_SURROGATE_PAIR = "%ed%a0%80"
REFUSED = {
    "OPTIONS": (request(f"OPTIONS {API}/jobs"), 405),
    "TRACE": (request(f"TRACE {API}/jobs"), 405),
    "PUT": (request(f"PUT {API}/jobs/x"), 405),
    "PATCH": (request(f"PATCH {API}/status"), 405),
    "CONNECT": (request(f"CONNECT {API}/health"), 405),
    "an unknown method": (request(f"BREW {API}/jobs"), 405),
    "a method of another path": (request(f"DELETE {API}/jobs"), 405),
    "an id with a NUL": (request(f"GET {API}/jobs/%00"), 404),
    "an id with a line break": (request(f"GET {API}/jobs/%0d%0a"), 404),
    "an id that is not UTF-8": (request(f"GET {API}/jobs/{NOT_UTF8}"), 404),
    "an id of half a surrogate pair": (request(f"GET {API}/jobs/{HALF_SURROGATE_PAIR}"), 404),
    "an id of a percent sign": (request(f"GET {API}/jobs/%"), 404),
    "an id with a slash": (request(f"GET {API}/jobs/a%2fb"), 404),
    "an id of 3,000 letters": (request(f"GET {API}/jobs/{'a' * 3_000}"), 404),
    "a bad id to cancel": (post(b"", path="/jobs/%00/cancel"), 404),
    "a bad id to delete": (request(f"DELETE {API}/jobs/{HALF_SURROGATE_PAIR}"), 404),
    "a bad id to download": (request(f"GET {API}/jobs/{NOT_UTF8}/result"), 404),
    "an empty id to show": (request(f"GET {API}/status?job_id="), 404),
    "a bad id to show": (request(f"GET {API}/status?job_id=%00{NOT_UTF8}"), 404),
    "a slash too many": (post(b"{}", path="/jobs/"), 404),
    "the API's root": (post(b"{}", path="/"), 404),
    "the API's root without a slash": (post(b"{}", path=""), 404),
    "the API's root without a slash, read": (request(f"GET {API}"), 404),
    "a path outside the API": (request("POST /nowhere", b"Content-Length: 0"), 404),
    "a path upwards": (request(f"GET {API}/../../etc/passwd"), 404),
    "an unknown parameter": (request(f"GET {API}/jobs?state=error"), 400),
    "an unknown parameter of a job": (request(f"GET {API}/jobs/x?a=1"), 400),
    "an unknown parameter in a post": (post(b"{}", path="/jobs?limit=1"), 400),
    "a parameter twice": (request(f"GET {API}/jobs?limit=1&limit=1"), 400),
    "a parameter of bad bytes": (request(f"GET {API}/jobs?{HALF_SURROGATE_PAIR}=%00"), 400),
    "a parameter without a name": (request(f"GET {API}/jobs?="), 400),
    "a limit of 0": (request(f"GET {API}/jobs?limit=0"), 400),
    "a limit of 101": (request(f"GET {API}/jobs?limit=101"), 400),
    "a limit in other digits": (request(f"GET {API}/jobs?limit=%d9%a3"), 400),
    "a limit of a googol": (request(f"GET {API}/jobs?limit=1{'0' * 100}"), 400),
    "a status that is none": (request(f"GET {API}/jobs?status=%00"), 400),
    "a language that is none": (
        request(f"GET {API}/jobs?target_language={HALF_SURROGATE_PAIR}"),
        400,
    ),
    "a cursor that is none": (request(f"GET {API}/jobs?cursor=1:x"), 400),
    "a cursor of a NUL": (request(f"GET {API}/jobs?cursor=%00"), 400),
    "no ids": (request(f"GET {API}/jobs?ids="), 400),
    "an empty id among ids": (request(f"GET {API}/jobs?ids=a,,b"), 400),
    "101 ids": (request(f"GET {API}/jobs?ids={','.join('a' * 101)}"), 400),
    "an empty Host": (request(f"GET {API}/jobs", host=b"Host: "), 400),
    "a Host with a space": (request(f"GET {API}/jobs", host=b"Host: a b"), 400),
    "a Host of bad bytes": (request(f"GET {API}/jobs", host=b"Host: \xff"), 400),
    "a Host with a bad port": (request(f"GET {API}/jobs", host=b"Host: localhost:x"), 400),
    "half an address for a Host": (request(f"GET {API}/jobs", host=b"Host: [::1"), 400),
    "another Host": (request(f"GET {API}/jobs", host=b"Host: example.org"), 400),
    "another Host for a path outside": (request("GET /x", host=b"Host: example.org"), 400),
    "no Content-Type": (post(b"{}").replace(b"Content-Type", b"X-Type"), 415),
    "an empty Content-Type": (post(b"{}").replace(b"application/json", b""), 415),
    "a form": (post(b"a=1").replace(b"json", b"x-www-form-urlencoded"), 415),
    "a form in parts": (post(b"x").replace(b"application/json", b"multipart/form-data"), 415),
    "a Content-Type of bad bytes": (post(b"{}").replace(b"json", b"\xff"), 415),
    "a Content-Type in an unknown encoding": (post(b"{}").replace(b"json", b"json;a*=x''y"), 415),
    "a broken body in an unknown encoding": (post(b"x").replace(b"json", b"json;charset=hex"), 400),
    "no Idempotency-Key in one": (post(b"{}", b"Idempotency-Key: "), 400),
    "an empty Idempotency-Key": (post(b"{}", b'Idempotency-Key: ""'), 400),
    "half a quoted Idempotency-Key": (post(b"{}", b'Idempotency-Key: "\xff"'), 400),
    "an Idempotency-Key of 256": (post(b"{}", b"Idempotency-Key: " + b"a" * 256), 400),
    "an Idempotency-Key with a tab": (post(b"{}", b"Idempotency-Key: a\tb"), 400),
    "chunks": (
        post(b"2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked").replace(
            b"Content-Length", b"X"
        ),
        411,
    ),
    "3 MB": (post(b'{"title": "' + b"a" * 3_000_000 + b'"}'), 413),
    "3 MB to cancel": (post(b" " * 3_000_000, path="/jobs/x/cancel"), 413),
    "3 MB to nowhere": (post(b" " * 3_000_000, path="/nowhere"), 413),
    "an announced body of 10 GB": (post(b"{}", length=b"10000000000"), 413),
}
"""Requests, each with the status of its response."""

NOT_HTTP = {
    "bytes of no line": (b"\x00\x01\x02\r\n\r\n", 400, 400),
    "a line of one word": (b"GET\r\n\r\n", 400, 400),
    "a line of many words": (b"GET / / / HTTP/1.1\r\n\r\n", 400, 400),
    "another protocol": (b"GET / SMTP/1.0\r\n\r\n", 400, 400),
    "a version to come": (b"GET / HTTP/9.9\r\n\r\n", 505, 400),
    "a path of 70,000": (request(f"GET {API}/jobs/{'a' * 70_000}"), 414, 414),
    "a header of 70,000": (request(f"GET {API}/jobs", b"X-Long: " + b"a" * 70_000), 431, 431),
    "200 headers": (request(f"GET {API}/jobs", *[b"X-%d: 1" % n for n in range(200)]), 431, 431),
    "a Content-Length of no number": (post(b"{}", length=b"two"), 400, 400),
    "a negative Content-Length": (post(b"{}", length=b"-2"), 400, 400),
    "a Content-Length with a sign": (post(b"{}", length=b"+2"), 400, 400),
    "a Content-Length of a list": (post(b"{}", length=b"2, 2"), 400, 400),
    "a Content-Length beyond all": (post(b"{}", length=b"9" * 20), 400, 413),
    "two Content-Lengths": (post(b"{}", b"Content-Length: 3"), 400, 400),
    "an unknown encoding": (post(b"{}", b"Transfer-Encoding: zip"), 411, 501),
}
"""Bytes that are not HTTP, with the status of the development server and of gunicorn."""

ODD_HEADERS = [
    *(
        b"Accept: " + odd
        for odd in (b"", b";;;", b"*", b"/", b",", b"\xff", b"a" * 3_000, b'a/b;"\\')
    ),
    *(b"Accept: " + odd for odd in (b"application/json;q=0", b"a/b;q=x", b"text/html;a*=x''y")),
    *(b"Prefer: " + odd for odd in (b"", b"wait", b"wait=", b"wait=-1", b"wait=\xb2", b'wait="1')),
    *(b"Prefer: " + odd for odd in (b"wait=" + b"9" * 5_000, b"\xff", b",,;=", b"wait=1;" * 50)),
    *(
        b"Authorization: " + odd
        for odd in (b"", b"Bearer", b"Bearer \xff\xfe", b"Basic !!!", b"\xff")
    ),
    *(b"X-Api-Key: " + odd for odd in (b"\xff", b"a" * 4_000, b"\xed\xa0\x80")),
    *(b"Content-Type: " + odd for odd in (b";", b"\xff", b"a/b;a*=x''y", b"a/b;charset=idna")),
    *(b"Content-Type: a/b;charset=" + odd for odd in (b"undefined", b"hex", b"utf-16", b"\xff")),
    b"Cookie: \xff=;;;,,==",
    b"If-Modified-Since: yesterday",
    b"Range: bytes=9-1",
    b"X-Forwarded-Host: \xff",
    b"X-Http-Method-Override: DELETE",
]


def test_malformed_request_is_refused(server: Server) -> None:
    responses = {name: server.send(sent) for name, (sent, _) in REFUSED.items()}

    actual = {name: (each.status, each.content_type) for name, each in responses.items()}
    assert actual == {name: (status, PROBLEM) for name, (_, status) in REFUSED.items()}
    for response in responses.values():
        assert_problem(response, response.status)
        assert ("Allow" in response.headers) or response.status != 405


def test_bytes_that_are_not_http_are_refused(servers: ServerPair) -> None:
    responses = {
        name: (servers.development.send(sent), servers.production.send(sent))
        for name, (sent, _, _) in NOT_HTTP.items()
    }

    actual = {name: tuple(each.status for each in pair) for name, pair in responses.items()}
    assert actual == {name: tuple(statuses) for name, (_, *statuses) in NOT_HTTP.items()}
    for pair in responses.values():
        for response in pair:
            assert_problem(response, response.status)


def test_odd_header_does_not_change_the_response(server: Server) -> None:
    path = f"GET {API}/status?job_id=unknown"
    responses = [server.send(request(path, header)) for header in ODD_HEADERS]

    details = []
    for response in responses:
        assert_problem(response, 404)
        details.append(response.document["detail"])
    assert details == ["There is no job 'unknown' here."] * len(ODD_HEADERS)


@pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: two"])
def test_body_is_not_read_as_another_request(server: Server, header: bytes) -> None:
    job = server.request("POST", "/jobs", {"simulation": {"outcome": "stuck"}}).document
    body = request(f"DELETE {API}/jobs/{job['id']}")

    server.send(request(f"POST {API}/jobs", header, body=body))
    time.sleep(0.2)  # long enough to process the request in the body

    assert server.request("GET", f"/jobs/{job['id']}").status == 200


def test_target_with_scheme_and_host_is_its_path(server: Server) -> None:
    response = server.send(request(f"GET http://localhost{API}/health"))

    assert (response.status, response.document["status"]) == (200, "ok")
