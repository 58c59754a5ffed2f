"""Which status and code HeyGen's API has for each error; each version writes them in its way."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse

from vid_trans_api.engines import CannotUpdate
from vid_trans_api.http.errors import ErrorInfo, describe
from vid_trans_api.models import JobEnded, QuotaExceeded
from vid_trans_api.operations.errors import (
    AssetNotFound,
    BatchNotFound,
    CannotReadFiles,
    DamagedFile,
    EmptyFile,
    EndpointExists,
    EndpointNotFound,
    InsufficientCredit,
    InvalidCallback,
    JobNotFound,
    JobRefused,
    NoRequestsLeft,
    NoResult,
    NotAVideo,
    NotDownloaded,
    ProofreadNotFound,
    RateLimited,
    RequestInProgress,
    SocketRequired,
    TooManyAtOnce,
    TooManyEndpoints,
    TooManyRunning,
    UnknownEventType,
    UnknownMediaType,
    UploadsFull,
)
from vid_trans_api.simulation.options import Refusal
from vid_trans_api.webhooks.connecting import InvalidURL

_ERRORS: Final[Mapping[type[Exception], tuple[int, str]]] = {
    AssetNotFound: (404, "resource_not_found"),
    BatchNotFound: (404, "not_found"),
    CannotReadFiles: (503, "internal_error"),
    CannotUpdate: (409, "conflict"),
    DamagedFile: (400, "invalid_parameter"),
    EmptyFile: (400, "invalid_parameter"),
    EndpointExists: (409, "conflict"),
    EndpointNotFound: (404, "webhook_not_found"),
    InsufficientCredit: (402, "insufficient_credit"),
    InvalidURL: (400, "invalid_parameter"),
    InvalidCallback: (400, "invalid_parameter"),
    JobEnded: (409, "conflict"),
    JobNotFound: (404, "not_found"),
    NoRequestsLeft: (400, "invalid_parameter"),
    NoResult: (409, "conflict"),
    NotAVideo: (400, "invalid_parameter"),
    NotDownloaded: (400, "download_failed"),
    ProofreadNotFound: (404, "not_found"),
    QuotaExceeded: (400, "resource_limit_reached"),
    RateLimited: (429, "rate_limit_exceeded"),
    RequestInProgress: (409, "request_in_progress"),
    SocketRequired: (400, "invalid_parameter"),
    TooManyAtOnce: (400, "resource_limit_reached"),
    TooManyEndpoints: (400, "resource_limit_reached"),
    TooManyRunning: (429, "rate_limit_exceeded"),
    UnknownEventType: (400, "invalid_parameter"),
    UnknownMediaType: (400, "invalid_parameter"),
    UploadsFull: (400, "resource_limit_reached"),
}

_PARAMETERS: Final[Mapping[type[Exception], str]] = {
    InvalidCallback: "callback_url",
    InvalidURL: "url",
    UnknownEventType: "events",
}
"""Which parameter the error is about."""

_REFUSALS: Final = {
    Refusal.MODERATED: (400, "content_policy_violation"),
    Refusal.NO_CREDIT: (402, "insufficient_credit"),
    Refusal.QUOTA: (429, "quota_exceeded"),
    Refusal.UNREACHABLE: (400, "download_failed"),
}

_CODES: Final = {
    401: "unauthorized",
    402: "insufficient_credit",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "payload_too_large",
    429: "rate_limit_exceeded",
    504: "gateway_timeout",
}
_DEFAULTS: Final = ("invalid_parameter", "internal_error")

CODES: Final = tuple(
    sorted(
        {code for _, code in (*_ERRORS.values(), *_REFUSALS.values())}
        | {*_CODES.values(), *_DEFAULTS}
    )
)
"""All codes, as v3 calls them."""

_FIRST_SERVER_ERROR: Final = 500
_UNAUTHORIZED: Final = 401


def describe_error(error: Exception) -> ErrorInfo | None:
    """Describe any error of a view; None for an unexpected one."""
    if isinstance(error, JobRefused):
        status, code = _REFUSALS[error.refusal]
    elif type(error) in _ERRORS:
        status, code = _ERRORS[type(error)]
    else:
        return describe(error)
    headers = {}
    if isinstance(error, (RateLimited, TooManyRunning)):
        headers["Retry-After"] = str(error.seconds)
    errors: Sequence[Mapping[str, str]] = ()
    if parameter := _PARAMETERS.get(type(error)):
        errors = ({"field": parameter, "detail": str(error)},)
    if isinstance(error, SocketRequired):
        errors = ({"field": error.given_in, "detail": str(error)},)
    if isinstance(error, NotAVideo) and error.asset_id:
        errors = ({"field": "video.asset_id", "detail": str(error)},)
    detail = str(error)
    if isinstance(error, JobNotFound):
        detail = f"There is no translation {error.job_id!r} here."
    return ErrorInfo(status=status, code=code, detail=detail, errors=errors, headers=headers)


def code_of(info: ErrorInfo) -> str:
    """Return HeyGen's code of an error."""
    if info.code:
        return info.code
    return _CODES.get(info.status, _DEFAULTS[info.status >= _FIRST_SERVER_ERROR])


def message_of(info: ErrorInfo) -> str:
    """Return HeyGen's message of an error, which does not say what is wrong with a key."""
    return "Unauthorized" if info.status == _UNAUTHORIZED else info.detail


def error_response(
    document: Mapping[str, Any], info: ErrorInfo, *, status: int | None = None
) -> HttpResponse:
    """Send the document of an error, with another status than the error's if one is given."""
    headers = {name: value for name, value in info.headers.items() if name != "WWW-Authenticate"}
    return HttpResponse(
        json.dumps(document, ensure_ascii=False).encode(errors="replace"),
        status=info.status if status is None else status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **headers},
    )
