"""Reading a form that contains one file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework import exceptions

from vid_trans_api.http.bodies import too_large
from vid_trans_api.http.fields import quote, refuse_unknown

_LONGEST_NAME = 255


class _FileTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file in a form."""

    file: IO[bytes]
    name: str
    """As the client gave it, without folders."""
    size: int


@contextmanager
def uploaded_file(
    request: HttpRequest, field: str, *, refuses_others: bool = True
) -> Iterator[Upload]:
    """Read the file in this field of a form, whatever the request's method.

    The file is a temporary one without a name, which is gone after the `with`, or if the process
    ends. `refuses_others` says whether other fields are errors; a second file is one always.

    Raises UnreadablePostError if the body is cut off, UnsupportedMediaType, ParseError,
    ValidationError, and an APIException with status 413 if the file is too large.
    """
    handler = _OneFile(request, field)
    try:
        file = handler.read(refuses_others=refuses_others)
        yield Upload(file=handler.opened, name=str(file.name)[:_LONGEST_NAME], size=file.size or 0)
    finally:
        handler.close()


class _OneFile(FileUploadHandler):
    """Writes the first file into a temporary one, and refuses a second."""

    def __init__(self, request: HttpRequest, field: str) -> None:
        super().__init__(request)
        self._field = field
        self._file: IO[bytes] | None = None
        self._size = 0

    def read(self, *, refuses_others: bool) -> "UploadedFile[bytes]":
        request: HttpRequest = self.request  # type: ignore[assignment]  # it is set
        if request.content_type != "multipart/form-data":
            raise exceptions.UnsupportedMediaType(
                request.content_type or "",
                f"The body has the type {request.content_type or 'unknown'}; send"
                f" multipart/form-data, with curl by `-F {self._field}=@FILE`.",
            )
        try:
            fields, files = MultiPartParser(request.META, request, [self]).parse()
        except MultiPartParserError as error:
            raise exceptions.ParseError(f"The body is not multipart/form-data: {error}") from None
        if self._field in fields:
            raise _invalid(self._field, f"It is text, not a file; {self._hint}")
        if refuses_others:
            refuse_unknown({*fields, *files}, [self._field])
        file: UploadedFile[bytes] | None = files.get(self._field)
        if file is None:
            raise _invalid(self._field, f"There is no file; {self._hint}")
        return file

    @property
    def _hint(self) -> str:
        return f"send it with a file name, with curl by `-F {self._field}=@FILE`."

    def new_file(self, *arguments: Any, **options: Any) -> None:
        super().new_file(*arguments, **options)
        if self._file is not None:
            raise _invalid(self.field_name, "This is a second file; send one at a time.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self._file = tempfile.SpooledTemporaryFile(limit)  # noqa: SIM115 (`close` closes it)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > settings.MAX_UPLOAD_BYTES:
            request: HttpRequest = self.request  # type: ignore[assignment]  # it is set
            info = too_large(method=request.method or "", path=request.path_info)
            raise _FileTooLarge(info.detail)
        self.opened.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self.opened.seek(0)
        return UploadedFile(file=self.opened, name=str(self.file_name), size=self._size)

    @property
    def opened(self) -> IO[bytes]:
        assert self._file is not None  # noqa: S101 (`new_file` has opened it)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _invalid(field: str | None, reason: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({field or quote(field): reason})
