"""HTTP requests and responses as values, and a reader that collects a response's body."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .downloads import PartFile

CHUNK = 2**14
"""Bytes of a body that are read at once."""

MAX_BODY = 2**24
"""Bytes after which reading stops; no response of the API is that long."""


class UnreadableResponse(Exception):
    """A response whose body is not what the API defines. The client retries the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request to send.

    `timeout` bounds the whole response, in seconds; `Sender` sets it. `long_poll` is the number of
    seconds that the request asks the server to wait, 0 for a plain request. If `into` is given, the
    body of a 200 goes into that file, and `timeout` bounds the wait for the headers and for each
    chunk. A request that `is_foreign` goes to another host than the client's, without the client's
    credentials.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 10.0
    long_poll: int = 0
    is_foreign: bool = False
    into: PartFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response, with its header names in lower case.

    `long_poll` is that of the request. `sent_at` is when the request was sent and `ended_at` when
    the response was complete, in seconds on the client's clock.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    long_poll: int
    sent_at: float
    ended_at: float

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110 §15.3

    @property
    def date(self) -> datetime | None:
        """The instant in the `Date` header, or `None` if there is none."""
        return _http_date(self.headers.get("date", ""))

    @property
    def retry_after(self) -> float | None:
        """The seconds in the `Retry-After` header (RFC 9110 §10.2.3), or `None`.

        A date in it is compared with the `Date` of the same response, as the local clock may be
        wrong. Without a `Date` it is ignored.
        """
        value = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(value)
        except ValueError:
            until, now = _http_date(value), self.date
            if until is None or now is None:
                return None
            seconds = (until - now).total_seconds()
        return max(seconds, 0.0) if math.isfinite(seconds) else None

    def json(self) -> Any:
        """Return the parsed body, or raise `UnreadableResponse`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise UnreadableResponse(f"not JSON ({error})") from None


def new_key() -> str:
    """Return a random idempotency key."""
    return str(uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFailure:
    """The reason why there is no response to a request that was sent at `sent_at`.

    `ended_at` is when that was noticed.
    """

    error: Exception
    sent_at: float
    ended_at: float


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class ResponseReader:
    """Collects a response's body chunk by chunk, in memory or in the request's file."""

    def __init__(self, request: Request, status: int, headers: Mapping[str, str]) -> None:
        self._status = status
        self._long_poll = request.long_poll
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._body = bytearray()
        self._failure: Exception | None = None
        self._file = request.into if status == HTTPStatus.OK else None
        length = self._headers.get("content-length", "")
        is_encoded = "content-encoding" in self._headers
        self._total = int(length) if length.isdecimal() and not is_encoded else None
        if self._file is not None:
            self._file.start()

    @property
    def writes_file(self) -> bool:
        return self._file is not None

    def add(self, chunk: bytes) -> bool:
        """Add a chunk and return whether to continue reading."""
        if self._file is None:
            self._body += chunk
            return len(self._body) <= MAX_BODY
        try:
            self._file.write(chunk, self._total)
        except Exception as error:  # noqa: BLE001  # `response` raises it, outside the handler of network errors
            self._failure = error
        return self._failure is None

    def response(self, *, sent_at: float, ended_at: float) -> Response:
        """Return the response, or raise the error that writing the file raised."""
        if self._failure is not None:
            raise self._failure
        return Response(
            status=self._status,
            headers=self._headers,
            body=bytes(self._body),
            long_poll=self._long_poll,
            sent_at=sent_at,
            ended_at=ended_at,
        )
