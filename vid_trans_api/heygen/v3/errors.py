"""Errors as v3 writes them."""

from typing import Final

from django.http import HttpResponse

from vid_trans_api.heygen.errors import code_of, error_response, message_of
from vid_trans_api.http.errors import ErrorInfo

_DOCS: Final = "https://developers.heygen.com/docs/error-codes#"


def write_error(info: ErrorInfo) -> HttpResponse:
    """Write an error in v3's envelope."""
    code = code_of(info)
    error = {"code": code, "message": message_of(info), "doc_url": f"{_DOCS}{code}"}
    if info.errors and (param := info.errors[0]["field"]):
        error["param"] = param
    return error_response({"error": error}, info)
