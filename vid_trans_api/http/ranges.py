"""Byte ranges (RFC 9110, section 14): video players read a file in parts."""

import re
from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Final

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from vid_trans_api.file_types import SERVED
from vid_trans_api.http.errors import ErrorInfo, write_error

if TYPE_CHECKING:
    from django.core.files.base import File

_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)
_CHUNK: Final = 64 * 1024  # bytes

_SHOWN: Final = ("video/", "audio/", "image/")
"""Types that a browser shows; it saves others."""

_SAFETY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
"""Headers with which no browser runs anything that somebody has uploaded."""


def respond_with_range(
    request: HttpRequest, content: "bytes | File[bytes]", *, content_type: str, name: str
) -> HttpResponse | StreamingHttpResponse:
    """Respond with a file, or with the part of it that the request asks for.

    It is content in memory, or a stored file whose name belongs to one content for ever. `name` is
    the one to save it by, without an extension; only letters, digits and hyphens are allowed.

    A Range that cannot be read, or that names several parts, is ignored, as the RFC allows. So is
    one whose If-Range is not the current ETag. One that begins past the end is a 416. Raises
    Http404 if the stored file is gone.
    """
    try:
        length = len(content) if isinstance(content, bytes) else content.size
    except FileNotFoundError:
        raise Http404("The file is gone.") from None
    identity = content if isinstance(content, bytes) else str(content.name).encode()
    etag = f'"{sha256(identity).hexdigest()[:32]}"'
    part = _requested_part(request, length, etag)
    if part is not None and not part:
        return _not_satisfiable(request, length)
    sent = range(length) if part is None else part
    response = _with_part(request, content, sent)
    if part is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{length}"
    media_type = content_type if content_type in SERVED else "application/octet-stream"
    shown = "inline" if media_type.startswith(_SHOWN) else "attachment"
    file_name = f"{name}.{SERVED.get(media_type, 'bin')}"
    for header, value in {
        "Content-Type": media_type,
        "Content-Length": str(len(sent)),
        "Content-Disposition": f'{shown}; filename="{file_name}"',
        "Accept-Ranges": "bytes",
        "ETag": etag,
        **_SAFETY,
    }.items():
        response[header] = value
    return response


def _with_part(
    request: HttpRequest, content: "bytes | File[bytes]", part: range
) -> HttpResponse | StreamingHttpResponse:
    if isinstance(content, bytes):
        return HttpResponse(content[part.start : part.stop])
    if request.method == "HEAD":
        return HttpResponse()
    return StreamingHttpResponse(_Part(content.open("rb"), part))


class _Part:
    """The bytes of a part of an open file, which `close` closes."""

    def __init__(self, file: IO[bytes], part: range) -> None:
        self._file = file
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._part.start)
        left = len(self._part)
        while left and (data := self._file.read(min(left, _CHUNK))):
            left -= len(data)
            yield data

    def close(self) -> None:
        self._file.close()


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
        detail=f"The file has {length} bytes, and the range begins after them.",
        headers={"Content-Range": f"bytes */{length}", "Accept-Ranges": "bytes"},
    )
    return write_error(info, request.path_info)
