"""Whatever is sent is answered with a problem document that says what is wrong with it."""

import pytest

from tests.survival.servers import API, PROBLEM, Answer, Server


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
SIMULATION = ["duration", "outcome", "error_probability", "error", "estimate", "seed"]
WRONG |= {
    f"{name}: {odd}": f'{{"{name}": {odd}}}'.encode() for name in FIELDS for odd in ODD_VALUES
}
WRONG |= {
    f"simulation.{name}: {odd}": f'{{"simulation": {{"{name}": {odd}}}}}'.encode()
    for name in SIMULATION
    for odd in ODD_VALUES
}


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
