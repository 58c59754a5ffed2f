"""Errors as v1 writes them: their codes are numbers."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse

from vid_trans_api.heygen.errors import code_of, error_response, message_of
from vid_trans_api.http.errors import ErrorInfo

_KNOWN: Final[Mapping[str, int]] = {
    "unauthorized": 400_112,
    "invalid_parameter": 400_175,
    "forbidden": 400_562,
}
"""HeyGen's codes, by what v3 calls the error."""

_OTHER: Final = 400_000
"""Any other code is this plus the status: which ones HeyGen has for these errors is not known."""


def write_error(info: ErrorInfo) -> HttpResponse:
    """Write an error in v1's envelope."""
    code = _KNOWN.get(code_of(info), _OTHER + info.status)
    return error_response({"code": code, "data": None, "message": message_of(info)}, info)
