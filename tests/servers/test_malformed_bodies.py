"""How the servers refuse bodies that are not JSON or not valid."""

import pytest

from tests.server_fixtures import ServerPair
from tests.server_processes import Server
from tests.servers.raw_requests import assert_problem, post

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
INVALID = {
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
    "queued",
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
INVALID |= {
    f"{name}: {odd}": f'{{"{name}": {odd}}}'.encode() for name in FIELDS for odd in ODD_VALUES
}
INVALID |= {
    f"simulation.{name}: {odd}": f'{{"simulation": {{"{name}": {odd}}}}}'.encode()
    for name in SIMULATION
    for odd in ODD_VALUES
}


def body_with_rule(name: str, odd: str) -> bytes:
    fields = {"on": '"status"', "fault": "503", name: odd}
    rule = ", ".join(f'"{key}": {value}' for key, value in fields.items())
    return f'{{"simulation": {{"faults": [{{{rule}}}]}}}}'.encode()


INVALID |= {
    f"a rule's {name}: {odd}": body_with_rule(name, odd) for name in RULE for odd in ODD_VALUES
}


def test_body_that_is_not_json_is_refused(server: Server) -> None:
    responses = [server.send(post(body)) for body in NOT_JSON.values()]

    for response in responses:
        assert_problem(response, 400)
        assert response.document["detail"].startswith("The body is not JSON")


def test_invalid_body_is_refused_with_its_errors(servers: ServerPair) -> None:
    responses = {name: servers.production.send(post(body)) for name, body in INVALID.items()}

    for name, response in responses.items():
        assert_problem(response, 400)
        assert "errors" in response.document, name
        assert len(response.body) < 10_000, name


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_near_the_parsers_nesting_limit_is_refused(
    server: Server, opening: bytes, closing: bytes
) -> None:
    bodies = [
        b'{"title":' + opening * depth + b"1" + closing * depth + b"}" for depth in range(880, 1000)
    ]

    responses = [server.send(post(body)) for body in bodies]

    for response in responses:
        assert_problem(response, 400)
    details = {response.document["detail"] for response in responses}
    assert len(details) > 1  # some depths are beyond the limit, some are not
