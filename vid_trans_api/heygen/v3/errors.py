"""Errors as v3 writes them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse

from vid_trans_api.heygen.base import REQUEST_ID
from vid_trans_api.heygen.errors import code_of, describe_error
from vid_trans_api.http.errors import ErrorInfo
from vid_trans_api.ids import new_id

_DOCS: Final = "https://developers.heygen.com/docs/error-codes#"
_UNAUTHORIZED: Final = 401


def respond_to_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Write what a view raised; None for an unexpected error. REST framework calls this."""
    info = describe_error(error)
    return write_error(info) if info else None


def write_error(info: ErrorInfo) -> HttpResponse:
    """Write an error in v3's envelope."""
    code = code_of(info)
    error = {
        "code": code,
        "message": "Unauthorized" if info.status == _UNAUTHORIZED else info.detail,
        "doc_url": f"{_DOCS}{code}",
    }
    if info.errors and (param := info.errors[0]["field"]):
        error["param"] = param
    headers = {name: value for name, value in info.headers.items() if name != "WWW-Authenticate"}
    return HttpResponse(
        json.dumps({"error": error}, ensure_ascii=False).encode(errors="replace"),
        status=info.status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", REQUEST_ID: new_id(), **headers},
    )
