"""Errors as clients see them: problem documents (RFC 9457), never HTML, never a stack trace."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions

from vid_trans_api.http.negotiation import prefers_html
from vid_trans_api.models import RateLimited

SIMULATED_FAULT: Final = "Simulated-Fault"
"""The header of an answer that a simulated fault has happened to."""

CONTENT_TYPE: Final = "application/problem+json"

_log: Final = logging.getLogger(__name__)

_SLUGS: Final = {
    400: "invalid-request",
    401: "authentication-failed",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    411: "length-required",
    413: "body-too-large",
    414: "uri-too-long",
    415: "unsupported-media-type",
    422: "idempotency-key-reused",
    429: "rate-limited",
    500: "internal-error",
    503: "unavailable",
}


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT


class LengthRequired(exceptions.APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED


class IdempotencyKeyReused(exceptions.APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Build the answer that tells of one problem; `errors` names what is wrong in the input."""
    slug = _SLUGS.get(status, "error")
    document: dict[str, Any] = {
        "type": f"urn:vid-trans-api:problem:{slug}",
        "title": _phrase(status),
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = list(errors)
    answer = HttpResponse(
        json.dumps(document, ensure_ascii=False).encode(errors="replace"),
        status=status,
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _phrase(status: int) -> str:
    """Return what a status is called, also where it is one of no list."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Server error"


def problem_on_the_wire(status: int, detail: str) -> bytes:
    """Write the answer to what never becomes a request, as it is no HTTP; the connection ends."""
    answer = problem(status, detail)
    answer["Content-Length"] = len(answer.content)
    answer["Connection"] = "close"
    return f"HTTP/1.1 {status} {answer.reason_phrase}\r\n".encode() + answer.serialize()


def answer_problem(  # noqa: PLR0911 (a table, one line a kind)
    error: Exception, context: Mapping[str, Any]
) -> HttpResponse | None:
    """Turn what a view raised into its problem document; None for what nobody foresaw."""
    match error:
        case exceptions.ValidationError():
            found = list(flatten(error.detail))
            return problem(
                400, " ".join(_sentence(each) for each in found), errors=[dict(e) for e in found]
            )
        case exceptions.APIException():
            headers = {}
            if challenge := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = challenge
            return problem(error.status_code, str(error.detail), headers=headers)
        case RateLimited():
            return problem(429, str(error), headers={"Retry-After": str(error.seconds)})
        case Http404():
            return problem(404, str(error) or "There is nothing here.")
        case PermissionDenied():
            return problem(403, str(error) or "This is not allowed.")
        case RequestDataTooBig():
            return problem(413, "The body is larger than 2.5 MiB.")
        case SuspiciousOperation():
            return problem(400, "The request is malformed.")
        # Not their subclasses, such as IntegrityError: those are mistakes of this server.
        case DatabaseError() if type(error) in {DatabaseError, OperationalError}:
            _log.error("The database does not answer: %s", error)
            return problem(
                503, "The database does not answer; try again.", headers={"Retry-After": "1"}
            )
    return None


def flatten(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Give each error of a ValidationError's detail: its field, by its path, and its sentence."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            known = str(name) if name != "non_field_errors" else ""
            yield from flatten(inner, ".".join(part for part in (field, known) if part))
    elif isinstance(detail, list):
        for inner in detail:
            yield from flatten(inner, field)
    else:
        yield {"field": field, "detail": str(detail)}


def _sentence(error: Mapping[str, str]) -> str:
    return f"{error['field']}: {error['detail']}" if error["field"] else error["detail"]


class ProblemMiddleware:
    """Replaces what Django itself says of an error, unless it says it to a browser.

    That is whatever happens outside of a view: a path that leads nowhere, a host that is not
    allowed, an exception that nobody foresaw (which Django has logged by then).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if answer.status_code < HTTPStatus.BAD_REQUEST or SIMULATED_FAULT in answer:
            return answer
        if answer.get("Content-Type", "").startswith(CONTENT_TYPE) or prefers_html(request):
            return answer
        headers = {name: answer[name] for name in ("Allow", "Retry-After") if name in answer}
        return problem(answer.status_code, _explain(answer.status_code, request), headers=headers)


def _explain(status: int, request: HttpRequest) -> str:
    match status:
        case 400:
            try:
                request.get_host()
            except DisallowedHost:
                return "This server does not answer to that Host; its ALLOWED_HOSTS says to which."
            return "The request is malformed."
        case 404:
            return f"There is nothing at {request.path}."
        case 500:
            return "Something went wrong in the server; its log says what."
    return f"{HTTPStatus(status).phrase}."
