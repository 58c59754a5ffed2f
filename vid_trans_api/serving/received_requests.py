"""One request as it arrives: its head, and its body in memory or in a file.

gunicorn's worker loads this before Django.
"""

import re
import tempfile
from dataclasses import dataclass
from typing import IO, Final

SLOWEST_UPLOAD: Final = 128 * 1024
"""Bytes per second; the time that an upload has more than other requests."""

_END_OF_HEAD: Final = b"\r\n\r\n"
_REQUEST_LINE: Final = re.compile(rb"([^ \r]*) ([^ \r]*)")
_FIELD: Final = re.compile(
    rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r]*)", re.IGNORECASE
)
_KEY_FIELD: Final = re.compile(rb"\r\n(x-api-key|authorization):[ \t]*([^\r]*)", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class BodyBytes:
    """The length of the bodies of all requests that have no response yet."""

    in_memory: int = 0
    """What was announced of those in memory."""
    in_files: int = 0
    """What has been received of those in temporary files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the head of a request says about its body."""

    content_length: str
    transfer_encoding: str
    has_clear_length: bool
    """Whether the length is a number, and no field is there twice."""
    is_continue_expected: bool
    """Whether the client sends the body only after a 100 Continue."""


class ReceivedRequest:
    """What has been received of a request, and how long its body will be."""

    def __init__(self, counted: BodyBytes, received: bytes = b"") -> None:
        self._counted = counted
        self.received = bytearray(received)
        """What is in memory. After the body of an upload, that is the beginning of the next one."""
        self.body_length = 0
        self.memory_length = 0
        """How much of the body's length is, or will be, in memory."""
        self.upload: IO[bytes] | None = None
        """The file into which a large body is received."""
        self.uploaded = 0
        """How many bytes are in it."""
        self.upload_seconds = 0.0
        """The time that the request has for its large body."""
        self.is_refused = False
        """Whether the request is refused by its head, so that its body is not read."""
        self._end_of_head = -1

    @property
    def has_head(self) -> bool:
        return self._end_of_head >= 0

    @property
    def is_complete(self) -> bool:
        if self.upload:
            return self.uploaded >= self.body_length
        return len(self.received) >= self._end_of_head + self.body_length

    @property
    def request_line(self) -> tuple[str, str]:
        """The method and the target; empty if they have not arrived."""
        match = _REQUEST_LINE.match(self.received)
        return (match[1].decode("latin-1"), match[2].decode("latin-1")) if match else ("", "")

    @property
    def keys(self) -> tuple[str, str]:
        """The values of X-Api-Key and Authorization; empty if they are missing."""
        found = {
            match[1].lower(): match[2].decode("latin-1").strip()
            for match in _KEY_FIELD.finditer(self._head)
        }
        return found.get(b"x-api-key", ""), found.get(b"authorization", "")

    @property
    def _head(self) -> bytes:
        return bytes(self.received[: self._end_of_head])

    def read_head(self) -> Head | None:
        """Return the head, or None if it has not arrived."""
        end = self.received.find(_END_OF_HEAD)
        if end < 0:
            return None
        self._end_of_head = end + len(_END_OF_HEAD)
        found = [(match[1].lower(), match[2].strip()) for match in _FIELD.finditer(self._head)]
        fields = {name: value.decode("latin-1") for name, value in found}
        content_length = fields.get(b"content-length", "0")
        return Head(
            content_length=content_length,
            transfer_encoding=fields.get(b"transfer-encoding", ""),
            has_clear_length=len(fields) == len(found) and content_length.isdecimal(),
            is_continue_expected=fields.get(b"expect", "").lower() == "100-continue",
        )

    def expect_in_memory(self, length: int) -> None:
        """Expect a body of this length, and count it."""
        self.body_length = self.memory_length = length
        self._counted.in_memory += length

    def expect_upload(self, length: int) -> None:
        """Expect a body of this length in a file, and store what has been received of it.

        Raises OSError if there is no room.
        """
        self.body_length = length
        self.upload_seconds = length / SLOWEST_UPLOAD
        body = bytes(self.received[self._end_of_head :])
        del self.received[self._end_of_head :]
        self.upload = tempfile.TemporaryFile()  # noqa: SIM115 (`release` closes it)
        self.add(body)

    def add(self, data: bytes) -> None:
        """Add received bytes. Raises OSError if there is no room for those of an upload."""
        if self.upload is None:
            self.received += data
            return
        left = self.body_length - self.uploaded
        part = data[:left]
        self.received += data[left:]
        self.upload.write(part)
        self.uploaded += len(part)
        self._counted.in_files += len(part)

    def release(self) -> None:
        """Count the body no longer, and delete its file."""
        self._counted.in_memory -= self.memory_length
        self.body_length = self.memory_length = 0
        if self.upload:
            self.upload.close()
            self._counted.in_files -= self.uploaded
            self.upload, self.uploaded, self.upload_seconds = None, 0, 0.0
