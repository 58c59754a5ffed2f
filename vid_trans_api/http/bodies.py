"""Bodies: which are refused by the head of their request, and what must never be read from one."""

import re
from http import HTTPStatus
from typing import Any, Final, Never
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler

from vid_trans_api.http.errors import ErrorInfo

_MEBIBYTE: Final = 1024 * 1024

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")

_FRAME: Final = 64 * 1024
"""Bytes of a form that are not its file: the lines around it, and other fields."""

_upload_paths: Final[list[tuple[str, re.Pattern[str]]]] = []


class BodyCutOff(OSError):
    """A body ended before its announced length. Django raises UnreadablePostError from it."""


class UploadRefused(SuspiciousOperation):
    """A form contains a file, but its path accepts none."""


def register_upload_path(method: str, pattern: str) -> None:
    """Accept forms with a file for this method and the paths that match this pattern."""
    _upload_paths.append((method, re.compile(pattern, re.ASCII)))


def accepts_upload(method: str, path: str) -> bool:
    """Return whether a request may contain a file; `path` is decoded, and without a query."""
    return any(method == each and pattern.fullmatch(path) for each, pattern in _upload_paths)


def path_of(target: str, *, below: str = "") -> str:
    """Return the decoded path of a request line's target, as the views will see it.

    `below` is the path, not decoded, below which the server runs; views do not see it.
    """
    path = without_host(target).partition("?")[0]
    return unquote(path.removeprefix(below)) if path.startswith("/") else "/"


def without_host(target: str) -> str:
    """Return the path and query of a target that is a whole URL, as for a proxy; else itself."""
    if not (url := _URL.match(target)):
        return target
    rest = target[url.end() :]
    return rest if rest.startswith("/") else f"/{rest}"


def refusal_of(
    *, method: str, path: str, content_length: str, transfer_encoding: str
) -> ErrorInfo | None:
    """Return the error with which a body is refused before any of it is read, or None.

    A Content-Length that is not a number is left to the server.
    """
    if transfer_encoding:  # WSGI would show the body as empty
        return ErrorInfo(
            status=HTTPStatus.LENGTH_REQUIRED,
            detail="Send the body with a Content-Length, not in chunks.",
        )
    if is_too_large(content_length, method=method, path=path):
        return too_large(method=method, path=path)
    return None


def is_too_large(content_length: str, *, method: str, path: str) -> bool:
    """Return whether a body of this announced length is refused."""
    if content_length in {"", "0"}:
        return False
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if not _is_larger(content_length, limit):
        return False
    return not accepts_upload(method, path) or _is_larger(
        content_length, max(limit, settings.MAX_UPLOAD_BYTES + _FRAME)
    )


def _is_larger(content_length: str, limit: int) -> bool:
    # A number of more digits is larger; int() refuses, or takes long for, very many of them.
    is_long = len(content_length) > len(str(limit))
    return content_length.isdecimal() and (is_long or int(content_length) > limit)


def too_large(*, method: str, path: str) -> ErrorInfo:
    is_upload = accepts_upload(method, path)
    limit = settings.MAX_UPLOAD_BYTES if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return ErrorInfo(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        detail=f"The {'file' if is_upload else 'body'} is larger than {limit / _MEBIBYTE:g} MiB.",
    )


class CompleteBody:
    """The input stream of a request, which raises BodyCutOff if the body ends early.

    WSGI servers return what has arrived, so that a view would take a part for the whole.
    """

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._length = length
        self._received = 0

    def read(self, size: int = -1) -> bytes:
        left = self._length - self._received
        wanted = left if size < 0 else min(size, left)
        data: bytes = self._stream.read(wanted)
        return self._count(data, is_end=len(data) < wanted)

    def readline(self, size: int = -1) -> bytes:
        left = self._length - self._received
        wanted = left if size < 0 else min(size, left)
        data: bytes = self._stream.readline(wanted)
        return self._count(data, is_end=len(data) < wanted and not data.endswith(b"\n"))

    def _count(self, data: bytes, *, is_end: bool) -> bytes:
        self._received += len(data)
        if is_end:
            raise BodyCutOff(f"The body ends after {self._received} of {self._length} bytes.")
        return data


class RefuseUploads(FileUploadHandler):
    """Refuses files in forms before any of them is stored."""

    def new_file(self, *args: Any, **kwargs: Any) -> Never:
        raise UploadRefused("This form accepts no files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Do nothing: there is no file."""

    def file_complete(self, file_size: int) -> None:
        """Do nothing: there is no file."""
