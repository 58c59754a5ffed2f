"""Problem documents (RFC 9457), the error format of paths that no other dialect has."""

import json
from typing import Any, Final

from django.http import HttpResponse

from vid_trans_api.http.errors import ErrorInfo, phrase

CONTENT_TYPE: Final = "application/problem+json"

_SLUGS: Final = {
    400: "invalid-request",
    401: "authentication-failed",
    402: "payment-required",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    409: "conflict",
    410: "gone",
    411: "length-required",
    413: "body-too-large",
    414: "uri-too-long",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    422: "idempotency-key-reused",
    429: "rate-limited",
    500: "internal-error",
    503: "unavailable",
}


def write_problem(info: ErrorInfo) -> HttpResponse:
    """Write an error as a problem document."""
    document: dict[str, Any] = {
        "type": f"urn:vid-trans-api:problem:{info.code or _SLUGS.get(info.status, 'error')}",
        "title": phrase(info.status),
        "status": info.status,
        "detail": info.detail,
    }
    if info.errors:
        document["errors"] = list(info.errors)
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False).encode(errors="replace"),
        status=info.status,
        content_type=CONTENT_TYPE,
        headers=dict(info.headers),
    )
    response["Cache-Control"] = "no-store"
    return response
