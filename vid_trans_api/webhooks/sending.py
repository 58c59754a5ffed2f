"""One attempt to send a webhook, within a time that bounds all of it."""

import io
import math
import re
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Final, cast

from vid_trans_api import clock
from vid_trans_api.webhooks.connecting import Deadline, InvalidURL, NoConnection, Target, connect

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TIMEOUT: Final = 10.0
"""Seconds that an attempt may take in all."""

_OPTIONS_TIMEOUT: Final = 1.0
_RESPONSE_LIMIT: Final = 2000
"""Bytes of the body that are read."""

_LONGEST_RETRY_AFTER: Final = 86_400.0
"""Seconds."""

_PIECES: Final = 20
"""In how many pieces a trickled body is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one attempt to send a request has led to."""

    status: int | None
    """None if there was no complete head of a response."""
    milliseconds: int
    """How long it took in all."""
    response: str
    """The beginning of the response's body, without what was not there in time."""
    retry_after: float | None
    """The seconds that `Retry-After` asks for: 0 to 86,400; None without a valid one."""
    error: str
    """Why there is no status, as a sentence; empty if there is one."""
    sent_headers: Mapping[str, str]
    """The headers of the request; empty if its URL is not valid."""
    timed_out: bool = False
    """Whether the receiver was connected to, and did not respond in time."""

    @property
    def is_success(self) -> bool:
        """Whether the receiver has accepted the request."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 (2xx)


def check_url(url: str, *, https_only: bool) -> None:
    """Raise InvalidURL if no webhook can be sent to a URL, whatever the addresses of its host."""
    Target.parse(url, https_only=https_only)


def send(
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    timeout: float = TIMEOUT,
    allow_private: bool,
    https_only: bool,
    trickle: float | None = None,
    context: ssl.SSLContext | None = None,
) -> Attempt:
    """Send a POST request and return what came of it. Redirects are not followed.

    Args:
        url: Where to.
        headers: Besides Host, Content-Length, Accept-Encoding and Connection.
        body: The bytes that were signed.
        timeout: Seconds for all of it: to resolve the host, to connect, to send, and to read.
        allow_private: Also send to addresses that are not of the public internet.
        https_only: Refuse http.
        trickle: Send the body in small pieces, over so many seconds.
        context: Which certificates to trust; by default those of usual authorities.

    """
    return _exchange(
        "POST",
        url,
        headers={"Content-Length": str(len(body)), **headers},
        body=body,
        timeout=timeout,
        allow_private=allow_private,
        https_only=https_only,
        trickle=trickle or 0.0,
        context=context,
    )


def options(
    url: str,
    *,
    timeout: float = _OPTIONS_TIMEOUT,
    allow_private: bool,
    https_only: bool,
    context: ssl.SSLContext | None = None,
) -> Attempt:
    """Send an OPTIONS request, as HeyGen's v1 does when an endpoint is registered.

    The arguments are those of `send`.
    """
    return _exchange(
        "OPTIONS",
        url,
        headers={},
        body=b"",
        timeout=timeout,
        allow_private=allow_private,
        https_only=https_only,
        trickle=0.0,
        context=context,
    )


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Read a `Retry-After` header, a number of seconds or a date; None if it is neither."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value, re.ASCII):
        seconds = float(value)  # infinite if it has hundreds of digits
    else:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    timeout: float,
    allow_private: bool,
    https_only: bool,
    trickle: float,
    context: ssl.SSLContext | None,
) -> Attempt:
    started_at = time.monotonic()
    deadline = Deadline(started_at + timeout)
    status, content, retry_after, error = None, "", None, ""
    sent: Mapping[str, str] = {}
    is_connected = timed_out = False
    try:
        target = Target.parse(url, https_only=https_only)
        sent = {
            "Host": target.authority,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        with connect(target, deadline, allow_private=allow_private, context=context) as connection:
            is_connected = True
            stream = _Stream(connection, deadline)
            _write(stream, f"{method} {target.path} HTTP/1.1", sent, body, trickle)
            with stream.response(method) as response:
                status = response.status
                retry_after = retry_after_seconds(response.getheader("Retry-After"), clock.now())
                content = _beginning(response)
    except (InvalidURL, NoConnection) as problem:
        error = str(problem)
    except TimeoutError:
        timed_out = is_connected
        error = f"There was no complete response within {timeout:g} s."
    except HTTPException:
        error = "The response is not valid HTTP."
    except ConnectionError:
        error = "The connection was closed before there was a complete response."
    except OSError as problem:
        error = f"The connection failed: {problem.strerror or problem}."
    return Attempt(
        status=status,
        milliseconds=round(1000 * (time.monotonic() - started_at)),
        response=content,
        retry_after=retry_after,
        error=error,
        sent_headers=sent,
        timed_out=timed_out,
    )


class _Stream(io.RawIOBase):
    """A connection, of which each operation takes no longer than the time that is left."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        while data:
            self._connection.settimeout(self._deadline.left())
            data = data[self._connection.send(data) :]

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, self._deadline.left()))

    def response(self, method: str) -> HTTPResponse:
        """Read the head of the response, and return the response."""
        response = HTTPResponse(cast("socket.socket", self), method=method)
        response.begin()
        return response

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what HTTPResponse reads."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._connection.settimeout(self._deadline.left())
        count = self._connection.recv_into(buffer)
        if count == 0:  # HTTPResponse would accept half a head
            raise ConnectionResetError
        return count


def _write(
    stream: _Stream, line: str, headers: Mapping[str, str], body: bytes, trickle: float
) -> None:
    lines = [line, *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    # A receiver may respond and close the connection before it has read everything.
    with suppress(BrokenPipeError, ConnectionResetError):
        if trickle == 0:
            stream.send(head + body)
            return
        stream.send(head)
        size = math.ceil(len(body) / _PIECES) or 1
        for start in range(0, len(body), size):
            stream.sleep(trickle * size / len(body))
            stream.send(body[start : start + size])


def _beginning(response: HTTPResponse) -> str:
    """Return the beginning of the body: what arrives in time and can be read."""
    content = b""
    with suppress(OSError, HTTPException):
        while len(content) < _RESPONSE_LIMIT and (
            piece := response.read1(_RESPONSE_LIMIT - len(content))
        ):
            content += piece
    # read1 returns more if a chunk has a negative length. PostgreSQL stores no NUL.
    text = content[:_RESPONSE_LIMIT].decode(errors="replace")
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
