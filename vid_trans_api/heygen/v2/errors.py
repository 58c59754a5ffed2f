"""Errors as v2 writes them, and the header that all of its responses have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpResponse

from vid_trans_api.heygen.errors import CODES as ALL_CODES
from vid_trans_api.heygen.errors import code_of, error_response, message_of
from vid_trans_api.http.errors import ErrorInfo

_RETIRED_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)

DEPRECATION: Final = ("Deprecation", f"@{int(_RETIRED_AT.timestamp())}")
"""The header (RFC 9745) that says since when v2 is deprecated."""

_OWN: Final[Mapping[str, tuple[str, str]]] = {
    "quota_exceeded": (
        "trial_video_limit_exceeded",
        "You have reached your daily api trial limit 5.",
    ),
}
"""Code and message of errors for which v3 has another code."""

CODES: Final = tuple(sorted(_OWN[code][0] if code in _OWN else code for code in ALL_CODES))
"""All codes, as v2 calls them."""


def write_error(info: ErrorInfo) -> HttpResponse:
    """Write an error in v2's envelope, a masked one with status 200."""
    code = code_of(info)
    code, message = _OWN.get(code, (code, message_of(info)))
    response = error_response(
        {"data": None, "error": {"code": code, "message": message}},
        info,
        status=HTTPStatus.OK if info.is_masked else None,
    )
    name, value = DEPRECATION
    response[name] = value
    return response
