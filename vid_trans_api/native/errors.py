"""How this API responds to the errors of operations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import HttpResponse

from vid_trans_api.engines import CannotUpdate
from vid_trans_api.http.errors import ErrorInfo, describe
from vid_trans_api.http.problems import write_problem
from vid_trans_api.models import ClockRefused, JobEnded, NothingEnds, QuotaExceeded
from vid_trans_api.operations.errors import (
    CannotReadFiles,
    DamagedFile,
    EmptyFile,
    EndpointExists,
    EndpointNotFound,
    IdempotencyKeyReused,
    InsufficientCredit,
    InvalidCallback,
    JobNotFound,
    JobRefused,
    NoJobYet,
    NoRequestsLeft,
    NoResult,
    NotAVideo,
    RateLimited,
    SocketRequired,
    TooManyEndpoints,
    UnknownEventType,
    UnknownMediaType,
    UploadsFull,
)
from vid_trans_api.simulation.options import Refusal
from vid_trans_api.webhooks.connecting import InvalidURL


def respond_to_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Write what a view raised; None for an unexpected error. REST framework calls this."""
    info = _info(error) or describe(error)
    return write_problem(info) if info else None


_STATUSES: Final[dict[type[Exception], int]] = {
    JobNotFound: 404,
    EndpointNotFound: 404,
    EndpointExists: 409,
    TooManyEndpoints: 403,
    InvalidURL: 400,
    InvalidCallback: 400,
    UnknownEventType: 400,
    NoJobYet: 404,
    CannotUpdate: 409,
    ClockRefused: 409,
    JobEnded: 409,
    NoResult: 409,
    QuotaExceeded: 403,
    NothingEnds: 409,
    NoRequestsLeft: 410,
    IdempotencyKeyReused: 422,
    InsufficientCredit: 402,
    RateLimited: 429,
    SocketRequired: 400,
    EmptyFile: 400,
    UnknownMediaType: 400,
    DamagedFile: 400,
    CannotReadFiles: 503,
    NotAVideo: 400,
    UploadsFull: 403,
}
_FIELDS: Final[dict[type[Exception], str]] = {
    EmptyFile: "file",
    UnknownMediaType: "file",
    DamagedFile: "file",
    NotAVideo: "video_url",
    InvalidURL: "url",
    InvalidCallback: "callback_url",
    UnknownEventType: "events",
}
"""Which field the error is about."""


_REFUSED: Final = {
    Refusal.MODERATED: (422, "content-policy-violation"),
    Refusal.NO_CREDIT: (402, "payment-required"),
    Refusal.QUOTA: (429, "quota-exceeded"),
    Refusal.UNREACHABLE: (400, "download-failed"),
}


def _info(error: Exception) -> ErrorInfo | None:
    """Describe an error of an operation; None for any other."""
    if isinstance(error, JobRefused):
        status, code = _REFUSED[error.refusal]
        return ErrorInfo(status=status, code=code, detail=str(error))
    known = _STATUSES.get(type(error))
    if known is None:
        return None
    info = ErrorInfo(status=known, detail=str(error))
    if field := _FIELDS.get(type(error)):
        info = replace(info, errors=[{"field": field, "detail": str(error)}])
    match error:
        case NoJobYet():
            detail = "There is no job yet; create one with POST /vid_trans_api/jobs."
            info = replace(info, detail=detail)
        case NothingEnds():
            info = replace(info, detail="No job here is going to end, and no webhook is waiting.")
        case RateLimited():
            info = replace(info, headers={"Retry-After": str(error.seconds)})
        case SocketRequired():
            errors = [{"field": error.given_in, "detail": str(error)}]
            info = replace(info, detail=f"{error.given_in}: {error}", errors=errors)
    return info
