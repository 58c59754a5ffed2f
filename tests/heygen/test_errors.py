"""Below a version's paths every response has its shape, whatever goes wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import pytest
from django.db import OperationalError

from tests.heygen.versions import KEY, V2, VERSIONS, Heygen, Version, assert_error, assert_headers
from vid_trans_api.http.bodies import CompleteBody
from vid_trans_api.models import JobQuerySet, Workspace, digest_of
from vid_trans_api.simulation.faults import Fault, has_no_response, is_unreadable

TOO_LARGE: Final = 2_621_441

STATUSES: Final = {
    400: "invalid_parameter",
    401: "unauthorized",
    402: "insufficient_credit",
    403: "forbidden",
    404: "not_found",
    408: "invalid_parameter",
    409: "conflict",
    413: "payload_too_large",
    418: "invalid_parameter",
    429: "rate_limit_exceeded",
    500: "internal_error",
    502: "internal_error",
    503: "internal_error",
    504: "gateway_timeout",
    599: "internal_error",
}
"""The codes of error statuses that a fault can have."""

READABLE: Final = sorted(
    fault for fault in Fault if not is_unreadable(fault) and not has_no_response(fault)
)


def fault_on_poll(fault: int | str) -> Callable[[Heygen], Any]:
    def send(heygen: Heygen) -> Any:
        return heygen.get(f"/{heygen.create(faults=[{'on': 'status', 'fault': fault}])}")

    return send


def fault_on_creation(fault: int | str) -> Callable[[Heygen], Any]:
    def send(heygen: Heygen) -> Any:
        faults = [{"on": "create", "fault": fault}]
        return heygen.post({**heygen.version.creation, "simulation": {"faults": faults}})

    return send


def request(
    method: str, path: str = "", body: bytes = b"", content_type: str = "", **options: Any
) -> Callable[[Heygen], Any]:
    """Send a request to a path below that of translations."""

    def send(heygen: Heygen) -> Any:
        return heygen.client.generic(
            method, heygen.version.translations + path, body, content_type, **options
        )

    return send


def elsewhere(path: str, method: str = "GET") -> Callable[[Heygen], Any]:
    """Send a request to a path below the version's."""
    return lambda heygen: heygen.client.generic(method, heygen.version.root + path)


def with_headers(headers: dict[str, str], method: str = "GET") -> Callable[[Heygen], Any]:
    return request(method, "/x" if method == "GET" else "", b"{}", "application/json", **headers)


def creation(body: bytes, content_type: str = "application/json") -> Callable[[Heygen], Any]:
    return request("POST", "", body, content_type)


def too_large(heygen: Heygen) -> Any:
    options: dict[str, Any] = {
        "wsgi.input": BytesIO(b"a" * TOO_LARGE),
        "CONTENT_LENGTH": str(TOO_LARGE),
    }
    return request("POST", **options)(heygen)


def cut_off(heygen: Heygen) -> Any:
    body = CompleteBody(BytesIO(b"{}"), 100)
    options: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": "100"}
    return request("POST", content_type="application/json", **options)(heygen)


def given_up(heygen: Heygen) -> Any:
    job_id = heygen.create()
    Workspace.objects.filter(key_digest=digest_of(KEY)).update(requests_left=0)
    return heygen.get(f"/{job_id}")


def given_up_creation(heygen: Heygen) -> Any:
    heygen.create()
    Workspace.objects.filter(key_digest=digest_of(KEY)).update(requests_left=0)
    return heygen.post({})


def raising(error: Exception) -> Callable[[Heygen], Any]:
    """Send a request whose job cannot be found for this reason."""

    def send(heygen: Heygen) -> Any:
        with jobs_raise("find", error):
            return heygen.get("/x")

    return send


def raising_on_creation(error: Exception) -> Callable[[Heygen], Any]:
    """Send a creation whose job cannot be stored for this reason."""

    def send(heygen: Heygen) -> Any:
        with jobs_raise("add", error):
            return heygen.post(heygen.version.creation, **{"Idempotency-Key": "a"})

    return send


@contextmanager
def jobs_raise(method: str, error: Exception) -> Iterator[None]:
    """Let a method of the jobs' QuerySet fail."""

    def fail(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(JobQuerySet, method, fail)
        yield


@dataclass(frozen=True)
class Trouble:
    send: Callable[[Heygen], Any]
    status: int
    code: str


TROUBLES: Final = {
    **{
        f"a fault {status} on a poll": Trouble(fault_on_poll(status), status, code)
        for status, code in STATUSES.items()
    },
    "a fault 503 on a creation": Trouble(fault_on_creation(503), 503, "internal_error"),
    "no JSON": Trouble(creation(b"{"), 400, "invalid_parameter"),
    "no object": Trouble(creation(b"[]"), 400, "invalid_parameter"),
    "a body that is not UTF-8": Trouble(creation(b'"\xff"'), 400, "invalid_parameter"),
    "nothing": Trouble(creation(b""), 400, "invalid_parameter"),
    "a lone surrogate": Trouble(
        creation(b'{"video": "\\ud800", "video_url": "\\ud800"}'), 400, "invalid_parameter"
    ),
    "a form": Trouble(
        creation(b"a=1", "application/x-www-form-urlencoded"), 415, "invalid_parameter"
    ),
    "no content type": Trouble(creation(b"{}", ""), 415, "invalid_parameter"),
    "a body that is too large": Trouble(too_large, 413, "payload_too_large"),
    "a body that is cut off": Trouble(cut_off, 400, "invalid_parameter"),
    "a body in chunks": Trouble(
        request("POST", HTTP_TRANSFER_ENCODING="chunked"), 411, "invalid_parameter"
    ),
    "the version alone": Trouble(elsewhere(""), 404, "not_found"),
    "the version alone, written to": Trouble(elsewhere("", "POST"), 404, "not_found"),
    "the version and a slash": Trouble(elsewhere("/"), 404, "not_found"),
    "an unknown path": Trouble(elsewhere("/nope"), 404, "not_found"),
    "an unknown path, written to": Trouble(elsewhere("/nope", "POST"), 404, "not_found"),
    "an unknown path with an unknown method": Trouble(elsewhere("/x", "BREW"), 404, "not_found"),
    "a slash at the end": Trouble(request("GET", "/x/"), 404, "not_found"),
    "a path that is not UTF-8": Trouble(request("GET", "/%ff%fe"), 404, "not_found"),
    "a path of half a surrogate pair": Trouble(request("GET", "/%ed%a0%80"), 404, "not_found"),
    "a path with a NUL": Trouble(request("GET", "/%00"), 404, "not_found"),
    "a path with a line break": Trouble(request("GET", "/%0d%0aX: y"), 404, "not_found"),
    "a long path": Trouble(request("GET", "/" + "a" * 60_000), 404, "not_found"),
    "a long query": Trouble(request("GET", "/x?" + "a" * 60_000), 404, "not_found"),
    "an unknown job": Trouble(request("GET", "/x"), 404, "not_found"),
    "an unknown job of a server below a path": Trouble(
        request("GET", "/x", SCRIPT_NAME="/sim"), 404, "not_found"
    ),
    "another host of such a server": Trouble(
        request("GET", "/x", SCRIPT_NAME="/sim", HTTP_HOST="evil.example"),
        400,
        "invalid_parameter",
    ),
    "a method of another path": Trouble(request("PUT"), 405, "invalid_parameter"),
    "OPTIONS": Trouble(request("OPTIONS"), 405, "invalid_parameter"),
    "TRACE": Trouble(request("TRACE"), 405, "invalid_parameter"),
    "an unknown method": Trouble(request("BREW", "/x"), 405, "invalid_parameter"),
    "no key": Trouble(with_headers({"HTTP_X_API_KEY": ""}), 401, "unauthorized"),
    "a bad Idempotency-Key": Trouble(
        with_headers({"HTTP_IDEMPOTENCY_KEY": "a b"}, "POST"), 400, "invalid_parameter"
    ),
    "a host that is not allowed": Trouble(
        with_headers({"HTTP_HOST": "evil.example"}), 400, "invalid_parameter"
    ),
    "a malformed host": Trouble(with_headers({"HTTP_HOST": "[::1"}), 400, "invalid_parameter"),
    "another website": Trouble(
        with_headers({"HTTP_ORIGIN": "https://evil.example"}, "POST"), 403, "forbidden"
    ),
    "a malformed origin": Trouble(
        with_headers({"HTTP_ORIGIN": "http://[::1"}, "POST"), 403, "forbidden"
    ),
    "a malformed Accept": Trouble(with_headers({"HTTP_ACCEPT": ";;,"}), 404, "not_found"),
    "a program that never gives up": Trouble(given_up, 400, "invalid_parameter"),
    "a creation by such a program": Trouble(given_up_creation, 400, "invalid_parameter"),
    "a locked database": Trouble(
        raising(OperationalError("database is locked")), 503, "internal_error"
    ),
    "a creation in a locked database": Trouble(
        raising_on_creation(OperationalError("database is locked")), 503, "internal_error"
    ),
    "an unexpected exception": Trouble(raising(RuntimeError("a secret")), 500, "internal_error"),
    "an unexpected exception on a creation": Trouble(
        raising_on_creation(RuntimeError("a secret")), 500, "internal_error"
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("accept", ["*/*", "text/html,*/*;q=0.8"], ids=["program", "browser"])
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
@pytest.mark.parametrize("name", TROUBLES)
def test_error_has_the_shape_of_its_version(
    settings, version: Version, accept: str, debug: bool, name: str
) -> None:
    trouble = TROUBLES[name]
    settings.DEBUG = debug
    heygen = Heygen(version, Accept=accept)
    heygen.client.raise_request_exception = False

    response = trouble.send(heygen)

    assert (response.status_code, "secret" in response.text) == (trouble.status, False)
    assert_headers(version, response)
    assert_error(version, response.json(), trouble.code)


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("send", [fault_on_poll, fault_on_creation])
def test_masked_error_has_status_200_in_v2_only(
    version: Version, send: Callable[[str], Callable[[Heygen], Any]]
) -> None:
    response = send("masked-error")(Heygen(version))

    assert response.status_code == (200 if version is V2 else 500)
    assert_headers(version, response)
    assert_error(version, response.json(), "internal_error")


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("fault", READABLE)
def test_readable_fault_has_the_shape_of_its_version(version: Version, fault: str) -> None:
    response = fault_on_poll(fault)(Heygen(version, has_socket=True))

    document = response.json()
    assert (response.status_code, response["Simulated-Fault"]) == (200, fault)
    assert_headers(version, response)
    assert document == (
        {"error": None, "data": document["data"]} if version is V2 else {"data": document["data"]}
    )


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_gateways_page_has_the_headers_of_its_version(version: Version) -> None:
    response = fault_on_poll("html")(Heygen(version))

    assert (response.status_code, response["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert_headers(version, {**response.headers, "Content-Type": "application/json"})


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize(("path", "status"), [("/{id}", 200), ("/x", 404), ("/x/y", 404)])
def test_head_has_the_headers_of_its_version(version: Version, path: str, status: int) -> None:
    heygen = Heygen(version)

    response = request("HEAD", path.format(id=heygen.create()))(heygen)

    assert (response.status_code, response.content) == (status, b"")
    assert_headers(version, response)


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_rate_limit_says_when_to_ask_again(version: Version) -> None:
    heygen = Heygen(version)
    job_id = heygen.create()
    heygen.client.patch(
        "/vid_trans_api/simulation/defaults",
        {"rate_limit": "1/m"},
        content_type="application/json",
    )
    heygen.get(f"/{job_id}")

    response = heygen.get(f"/{job_id}")

    assert (response.status_code, 1 <= int(response["Retry-After"]) <= 60) == (429, True)
    assert_error(version, response.json(), "rate_limit_exceeded")


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("fault", ["masked-error", "html"])
def test_response_of_a_fault_is_not_kept_for_its_key(version: Version, fault: str) -> None:
    heygen = Heygen(version)
    rule: dict[str, Any] = {"on": "create", "fault": fault, "times": 1}
    rule |= {"status": 200} if fault == "html" else {}
    body = {**version.creation, "simulation": {"faults": [rule]}}

    responses = [heygen.post(body, **{"Idempotency-Key": "a"}) for _ in range(3)]

    assert ["Simulated-Fault" in each for each in responses] == [True, False, False]
    assert responses[1].content == responses[2].content
    assert responses[1].json()["data"]


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_key_of_an_unexpected_error_can_be_used_again(version: Version) -> None:
    heygen = Heygen(version)
    heygen.client.raise_request_exception = False

    refused = raising_on_creation(RuntimeError())(heygen)

    response = heygen.post(version.creation, **{"Idempotency-Key": "a"})

    assert (refused.status_code, response.status_code) == (500, 200)
