"""Byte ranges (RFC 9110, section 14): video players read a file in parts."""

import re
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from vid_trans_api.http.errors import ErrorInfo, write_error

_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


def respond_with_range(
    request: HttpRequest, content: bytes, *, content_type: str, headers: Mapping[str, str]
) -> HttpResponse:
    """Respond with the content, or with the part of it that the request asks for.

    A Range that cannot be read, or that names several parts, is ignored, as the RFC allows. So is
    one whose If-Range is not the current ETag. One that begins past the end is a 416.
    """
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    part = _requested_part(request, len(content), etag)
    if part is not None and not part:
        return _not_satisfiable(request, len(content))
    response = HttpResponse(
        content if part is None else content[part.start : part.stop],
        status=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
        content_type=content_type,
        headers={"Accept-Ranges": "bytes", "ETag": etag, **headers},
    )
    if part is not None:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return response


def _requested_part(request: HttpRequest, length: int, etag: str) -> range | None:
    """Return the positions of the requested part; none if it is past the end; None for all."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if request.method != "GET" or match is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, length - int(last)), length) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, length) if last else length)


def _not_satisfiable(request: HttpRequest, length: int) -> HttpResponse:
    info = ErrorInfo(
        status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        detail=f"The result has {length} bytes, and the range begins after them.",
        headers={"Content-Range": f"bytes */{length}", "Accept-Ranges": "bytes"},
    )
    return write_error(info, request.path)
