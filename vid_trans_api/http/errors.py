"""Which error format a path has, and what an error means in any of them.

Each dialect registers its format at start-up, for the paths below its own.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, Protocol

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import Error
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from vid_trans_api.ids import new_id
from vid_trans_api.models.database import is_unavailable, is_unstorable
from vid_trans_api.request_ids import REQUEST_ID
from vid_trans_api.sqlite.errors import DatabaseFileDeleted

SIMULATED_FAULT: Final = "Simulated-Fault"
"""The header of a response that a simulated fault changed or replaced."""

_MOST_ERRORS: Final = 20
_LONGEST_FIELD: Final = 200
_LONGEST_DETAIL: Final = 4000  # characters
"""What a response says about its input at most: a body may have a million mistakes."""

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorInfo:
    """What a response says about an error, whatever its format."""

    status: int
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    """What is wrong in the input: `field`, by its path with dots, and `detail`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    """What a dialect calls the error, if the status does not tell."""
    is_masked: bool = False
    """Whether a dialect that can do so sends the error with status 200."""


class ErrorWriter(Protocol):
    def __call__(self, info: ErrorInfo) -> HttpResponse: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    write: ErrorWriter
    has_pages: bool


_formats: Final[dict[str, _Format]] = {}


def register_error_writer(prefix: str, write: ErrorWriter, *, has_pages: bool = False) -> None:
    """Use this format for errors of all paths that begin so.

    `has_pages` says whether a browser gets a page instead.
    """
    _formats[prefix] = _Format(write=write, has_pages=has_pages)


def write_error(info: ErrorInfo, path: str) -> HttpResponse:
    """Write an error in the format of the dialect that the path belongs to."""
    return _format_of(path).write(info)


def has_pages(path: str) -> bool:
    """Return whether a browser gets errors of this path as pages."""
    return _format_of(path).has_pages


def _format_of(path: str) -> _Format:
    whole = f"{path}/"  # a prefix ends with a slash, and what precedes that belongs to the dialect
    return _formats[max((known for known in _formats if whole.startswith(known)), key=len)]


def write_error_on_the_wire(status: int, detail: str, path: str = "") -> bytes:
    """Write the response to something that never becomes a request; the connection ends with it."""
    response = write_error(ErrorInfo(status=status, detail=detail), path)
    response["Content-Length"] = str(len(response.content))
    response["Connection"] = "close"
    response[REQUEST_ID] = new_id()
    return f"HTTP/1.1 {status} {response.reason_phrase}\r\n".encode() + response.serialize()


def describe(error: Exception) -> ErrorInfo | None:
    """Describe an error that Django or REST framework raised; None for an unexpected one."""
    return _describe_rest_framework(error) or _describe_django(error) or _describe_database(error)


def _describe_rest_framework(error: Exception) -> ErrorInfo | None:
    match error:
        case exceptions.ValidationError():
            return _describe_errors(flatten(error.detail))
        case exceptions.APIException():
            challenge = getattr(error, "auth_header", None)
            headers = {"WWW-Authenticate": challenge} if challenge else {}
            return ErrorInfo(status=error.status_code, detail=str(error.detail), headers=headers)
    return None


def _describe_errors(errors: Iterator[Mapping[str, str]]) -> ErrorInfo:
    """Describe the first errors in the input."""
    found = tuple(
        {
            "field": _shortened(each["field"], _LONGEST_FIELD),
            "detail": _shortened(each["detail"], _LONGEST_DETAIL),
        }
        for each in islice(errors, _MOST_ERRORS)
    )
    end = "" if next(errors, None) is None else " There are more errors."
    detail = _shortened(" ".join(map(_sentence, found)), _LONGEST_DETAIL)
    return ErrorInfo(status=400, detail=f"{detail}{end}", errors=found)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _describe_django(error: Exception) -> ErrorInfo | None:
    match error:
        case Http404():
            return ErrorInfo(status=404, detail=str(error) or "There is nothing here.")
        case PermissionDenied():
            return ErrorInfo(status=403, detail=str(error) or "This is not allowed.")
        case UnreadablePostError():
            return ErrorInfo(status=400, detail=str(error))
        case SuspiciousOperation():
            return ErrorInfo(status=400, detail="The request is malformed.")
    return None


def _describe_database(error: Exception) -> ErrorInfo | None:
    match error:
        case DatabaseFileDeleted():
            _log.error("%s", error)
            return ErrorInfo(status=503, detail=str(error))
        case Error() if is_unstorable(error):  # of a text that nothing has checked, as of a cookie
            return ErrorInfo(status=400, detail="The request contains a NUL.")
        case Error() if is_unavailable(error):
            _log.error("The database does not respond: %s", error)
            return ErrorInfo(
                status=503,
                detail="The database does not respond; try again.",
                headers={"Retry-After": "1"},
            )
    return None


def flatten(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Yield each error of a ValidationError's detail, with the path of its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            known = str(name) if name != "non_field_errors" else ""
            yield from flatten(inner, ".".join(part for part in (field, known) if part))
    elif isinstance(detail, list):
        for inner in detail:
            yield from flatten(inner, field)
    else:
        yield {"field": field, "detail": str(detail)}


def phrase(status: int) -> str:
    """Return what a status is called, also if it is in no list."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Server error"


def _sentence(error: Mapping[str, str]) -> str:
    return f"{error['field']}: {error['detail']}" if error["field"] else error["detail"]
