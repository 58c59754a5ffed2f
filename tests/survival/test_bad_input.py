"""Whatever is sent is answered with a problem document that says what is wrong with it."""

import time

import pytest

from tests.servers import API, PROBLEM, Answer, Server
from tests.survival.conftest import Twins


def post(body: bytes, *headers: bytes, path: str = "/jobs", length: bytes | None = None) -> bytes:
    size = str(len(body)).encode() if length is None else length
    sent = [b"Content-Type: application/json", b"Content-Length: " + size, *headers]
    return request(f"POST {API}{path}", *sent, body=body)


def request(
    line: str, *headers: bytes, body: bytes = b"", host: bytes = b"Host: localhost"
) -> bytes:
    return b"\r\n".join([f"{line} HTTP/1.1".encode(), host, *headers, b"", body])


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer.content_type) == (status, PROBLEM), answer.body[:300]
    assert answer.document["status"] == status
    assert answer.document["detail"] != ""


NOT_JSON = {
    "a word": b"x",
    "half an object": b'{"title',
    "two objects": b"{} {}",
    "NaN": b"NaN",
    "NaN in a field": b'{"simulation": {"duration": NaN}}',
    "Infinity": b'{"simulation": {"duration": Infinity}}',
    "a megabyte of digits": b'{"simulation": {"seed": ' + b"9" * 1_000_000 + b"}}",
    "a raw NUL": b'{"title": "\x00"}',
    "UTF-16": "{}".encode("utf-16"),
    "not UTF-8": b'{"title": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nested arrays": b"[" * 500_000 + b"]" * 500_000,
    "arrays that never close": b"[" * 1_000_000,
    "nested objects": b'{"a":' * 160_000 + b"1" + b"}" * 160_000,
}
WRONG = {
    "an array": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "a number": b"1",
    "an unknown field": b'{"titel": "a"}',
    "50,000 unknown fields": b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}",
    "a nameless field": b'{"": 1}',
    "a field of REST framework's": b'{"non_field_errors": 1}',
    "a NUL in a name": b'{"\\u0000": 1}',
    "a lone surrogate in a name": b'{"\\ud800": 1}',
    "a NUL in a string": b'{"title": "\\u0000"}',
    "a lone surrogate in a string": b'{"title": "\\ud800"}',
    "a lone surrogate in a URL": b'{"video_url": "http://a/\\ud800"}',
    "a lone surrogate in a language": b'{"target_language": "\\ud800"}',
    "a NUL in an error": b'{"simulation": {"error": {"code": "\\u0000"}}}',
    "a lone surrogate in an error": b'{"simulation": {"error": {"code": "\\ud800"}}}',
    "a URL with half an address": b'{"video_url": "http://[::1"}',
    "a URL with no such port": b'{"video_url": "http://a:99999/"}',
    "a URL with a letter that is a slash": '{"video_url": "http://a\u2100b/"}'.encode(),
    "a URL of another scheme": b'{"video_url": "file:///etc/passwd"}',
    "a URL that is too long": b'{"video_url": "http://a/' + b"a" * 2_000 + b'"}',
    "a title that is too long": b'{"title": "' + b"a" * 201 + b'"}',
    "a number too large for a float": b'{"simulation": {"duration": 1e999}}',
    "a number too small for a float": b'{"simulation": {"seed": -1e999}}',
    "4,000 digits": b'{"simulation": {"seed": ' + b"9" * 4_000 + b"}}",
    "a range backwards": b'{"simulation": {"duration": [3, 1]}}',
    "a range of one": b'{"simulation": {"duration": [3]}}',
}
ODD_VALUES = [
    "true",
    "null",
    "[]",
    '""',
    '["a"]',
    "[[[]]]",
    "-1.5",
    "1e400",
    '{"a": 1}',
    '{"code": 1}',
]
FIELDS = ["video_url", "target_language", "simulation"]
SIMULATION = [
    "scenario",
    "duration",
    "outcome",
    "error_probability",
    "error",
    "fails_at",
    "estimate",
    "seed",
]
RULE = [
    "on",
    "fault",
    "times",
    "after",
    "every",
    "between",
    "probability",
    "retry_after",
    "status",
    "seconds",
]
WRONG |= {
    f"{name}: {odd}": f'{{"{name}": {odd}}}'.encode() for name in FIELDS for odd in ODD_VALUES
}
WRONG |= {
    f"simulation.{name}: {odd}": f'{{"simulation": {{"{name}": {odd}}}}}'.encode()
    for name in SIMULATION
    for odd in ODD_VALUES
}


def rule_with(name: str, odd: str) -> bytes:
    said = {"on": '"status"', "fault": "503", name: odd}
    rule = ", ".join(f'"{key}": {value}' for key, value in said.items())
    return f'{{"simulation": {{"faults": [{{{rule}}}]}}}}'.encode()


WRONG |= {f"a rule's {name}: {odd}": rule_with(name, odd) for name in RULE for odd in ODD_VALUES}


def test_a_body_that_is_not_json_is_refused(server: Server) -> None:
    answers = {name: server.send(post(body)) for name, body in NOT_JSON.items()}

    for answer in answers.values():
        assert_problem(answer, 400)
        assert answer.document["detail"].startswith("The body is not JSON")


def test_a_body_with_something_wrong_in_it_is_refused(server: Server) -> None:
    answers = {name: server.send(post(body)) for name, body in WRONG.items()}

    for name, answer in answers.items():
        assert_problem(answer, 400)
        assert "errors" in answer.document, name
        assert len(answer.body) < 10_000, name


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_nested_as_deeply_as_can_just_be_read_is_refused(
    server: Server, opening: bytes, closing: bytes
) -> None:
    bodies = [
        b'{"title":' + opening * depth + b"1" + closing * depth + b"}" for depth in range(880, 1000)
    ]

    answers = [server.send(post(body)) for body in bodies]

    for answer in answers:
        assert_problem(answer, 400)
    assert len({answer.document["detail"] for answer in answers}) > 1  # the limit lies in between


NOT_UTF8 = "%ff%fe"
HALF_A_PAIR = "%ed%a0%80"
REFUSED = {
    "OPTIONS": (request(f"OPTIONS {API}/jobs"), 405),
    "TRACE": (request(f"TRACE {API}/jobs"), 405),
    "PUT": (request(f"PUT {API}/jobs/x"), 405),
    "PATCH": (request(f"PATCH {API}/status"), 405),
    "CONNECT": (request(f"CONNECT {API}/health"), 405),
    "a method nobody knows": (request(f"BREW {API}/jobs"), 405),
    "a method of another path": (request(f"DELETE {API}/jobs"), 405),
    "an id with a NUL": (request(f"GET {API}/jobs/%00"), 404),
    "an id with a line break": (request(f"GET {API}/jobs/%0d%0a"), 404),
    "an id that is not UTF-8": (request(f"GET {API}/jobs/{NOT_UTF8}"), 404),
    "an id of half a surrogate pair": (request(f"GET {API}/jobs/{HALF_A_PAIR}"), 404),
    "an id of a percent sign": (request(f"GET {API}/jobs/%"), 404),
    "an id with a slash": (request(f"GET {API}/jobs/a%2fb"), 404),
    "an id of 3,000 letters": (request(f"GET {API}/jobs/{'a' * 3_000}"), 404),
    "a bad id to cancel": (post(b"", path="/jobs/%00/cancel"), 404),
    "a bad id to delete": (request(f"DELETE {API}/jobs/{HALF_A_PAIR}"), 404),
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
    "a parameter of bad bytes": (request(f"GET {API}/jobs?{HALF_A_PAIR}=%00"), 400),
    "a parameter without a name": (request(f"GET {API}/jobs?="), 400),
    "a limit of 0": (request(f"GET {API}/jobs?limit=0"), 400),
    "a limit of 101": (request(f"GET {API}/jobs?limit=101"), 400),
    "a limit in other digits": (request(f"GET {API}/jobs?limit=%d9%a3"), 400),
    "a limit of a googol": (request(f"GET {API}/jobs?limit=1{'0' * 100}"), 400),
    "a status that is none": (request(f"GET {API}/jobs?status=%00"), 400),
    "a language that is none": (request(f"GET {API}/jobs?target_language={HALF_A_PAIR}"), 400),
    "a cursor that is none": (request(f"GET {API}/jobs?cursor=1:x"), 400),
    "a cursor of a NUL": (request(f"GET {API}/jobs?cursor=%00"), 400),
    "no ids": (request(f"GET {API}/jobs?ids="), 400),
    "an empty id among ids": (request(f"GET {API}/jobs?ids=a,,b"), 400),
    "101 ids": (request(f"GET {API}/jobs?ids={','.join('a' * 101)}"), 400),
    "ids and a limit": (request(f"GET {API}/jobs?ids=a&limit=1"), 400),
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
    "a Content-Type in an unknown code": (post(b"{}").replace(b"json", b"json;a*=x''y"), 415),
    "a broken body in an unknown code": (post(b"x").replace(b"json", b"json;charset=hex"), 400),
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
    "3 MB to nowhere": (post(b" " * 3_000_000, path="/nowhere"), 404),
    "the promise of 10 GB": (post(b"{}", length=b"10000000000"), 413),
}
"""Requests, each with the status that it gets from every server."""

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
    "an encoding nobody knows": (post(b"{}", b"Transfer-Encoding: zip"), 411, 501),
}
"""What never becomes a request, with the status from the development server and from gunicorn."""

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


def test_a_request_with_something_wrong_is_refused(server: Server) -> None:
    answers = {name: server.send(sent) for name, (sent, _) in REFUSED.items()}

    actual = {name: (answer.status, answer.content_type) for name, answer in answers.items()}
    assert actual == {name: (status, PROBLEM) for name, (_, status) in REFUSED.items()}
    for answer in answers.values():
        assert_problem(answer, answer.status)
        assert ("Allow" in answer.headers) or answer.status != 405


def test_what_is_no_http_is_refused(twins: Twins) -> None:
    answers = {
        name: (twins.development.send(sent), twins.production.send(sent))
        for name, (sent, _, _) in NOT_HTTP.items()
    }

    actual = {name: tuple(answer.status for answer in pair) for name, pair in answers.items()}
    assert actual == {name: tuple(statuses) for name, (_, *statuses) in NOT_HTTP.items()}
    for pair in answers.values():
        for answer in pair:
            assert_problem(answer, answer.status)


@pytest.mark.parametrize("header", ODD_HEADERS)
def test_an_odd_header_changes_nothing(server: Server, header: bytes) -> None:
    answer = server.send(request(f"GET {API}/status?job_id=nobody's", header))

    assert_problem(answer, 404)
    assert answer.document["detail"] == 'There is no job "nobody\'s" here.'


@pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: two"])
def test_a_body_is_not_taken_for_another_request(server: Server, header: bytes) -> None:
    job = server.ask("POST", "/jobs", {"simulation": {"outcome": "stuck"}}).document
    body = request(f"DELETE {API}/jobs/{job['id']}")

    server.send(request(f"POST {API}/jobs", header, body=body))
    time.sleep(0.2)  # as long as a request that nobody waits for may take

    assert server.ask("GET", f"/jobs/{job['id']}").status == 200
