"""Sending a request until there is a usable response: retries, pauses and redirects."""

from __future__ import annotations

import contextlib
import logging
import math
import re
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

from .errors import Conflict, PollingTimeout, RateLimited, UnexpectedResponse, WaitStopped
from .jobs import TranslationClientError
from .messages import Response
from .responses import RetryableError, read_response
from .schedule import DEADLINE_PRECISION
from .steps import Sleep
from .urls import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .dialects.base import Dialect
    from .jobs import Job
    from .long_polls import LongPolls
    from .messages import Request, TransportFailure
    from .steps import Steps

T = TypeVar("T")

logger = logging.getLogger(__package__)

SAME_METHOD_REDIRECTS = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
REDIRECTS = SAME_METHOD_REDIRECTS | {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
}
MAX_REDIRECTS = 5
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of a header (RFC 9110 §5.6.2)."""

MAX_PAUSE = 30.0
"""Longest pause before a retry, in seconds, unless the server requests a longer one."""


SLOWEST_UPLOAD = 2**17
"""Bytes per second that a request with a large body is expected to make at least."""


class Pointless(Exception):
    """There is no reason for a retry any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends requests to one server.

    `request_timeout` bounds a response, without the time of a long poll, `min_interval` and
    `max_interval` bound pauses, both in seconds. `random` draws from 0 to 1. `headers`, with names
    in lower case, go with every request to this server, in place of others with the same names, and
    to no other server.
    """

    dialect: Dialect
    base_url: str
    long_polls: LongPolls
    max_retries: int
    min_interval: float
    max_interval: float
    request_timeout: float
    random: Callable[[], float]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.max_retries < 0:
            raise ValueError(f"max_retries must be at least 0, not {self.max_retries!r}")
        if not 0 < self.request_timeout < math.inf:
            raise ValueError(
                f"request_timeout must be a number of seconds above 0, not {self.request_timeout!r}"
            )
        for name, value in self.headers.items():
            is_value = value.isascii() and value.isprintable() and value == value.strip()
            if not (HEADER_NAME.fullmatch(name) and is_value):
                raise ValueError(
                    "the name of a header must be a token, and its value printable ASCII characters"
                    f" without spaces around them, not {name!r}: {value!r}"
                )

    def send(
        self,
        request: Request,
        read: Callable[[Response], T],
        *,
        deadline: float = math.inf,
        job: Job | None = None,
        max_retries: int | None = None,
        is_over: Callable[[], bool] | None = None,
        waits_for_room: bool = False,
    ) -> Steps[T]:
        """Send a request until `read` returns something for its response, and return that.

        Arguments:
            request: the request.
            read: reads a successful response; raises `UnreadableResponse` if it cannot.
            deadline: instant on the client's clock after which there are no more retries.
            job: the job that the request is about, as last seen, for errors.
            max_retries: number of retries, if not that of the client.
            is_over: whether a retry has become pointless.
            waits_for_room: whether a 429, or a 409 that may pass, does not count as a failure.

        Raises the error of the last response, `PollingTimeout` at the deadline, or `Pointless`.

        """
        max_retries = self.max_retries if max_retries is None else max_retries
        request = self._with_timeout(request)
        failures = redirects = refusals = 0
        while True:
            outcome: Response | TransportFailure = yield self._with_headers(request)
            if isinstance(outcome, Response) and outcome.status in REDIRECTS:
                redirects += 1
                request = self._redirected(request, outcome, redirects, job=job)
                continue
            try:
                return read_response(
                    request, outcome, read, dialect=self.dialect, job=job, is_retry=failures > 0
                )
            except RetryableError as failure:
                error = failure.error
            if request.long_poll and self.long_polls.was_cut_off(outcome):
                pause = self.min_interval
            elif waits_for_room and isinstance(error, RateLimited | Conflict):
                refusals += 1
                pause = max(self.pause(refusals), self.min_interval)
            else:
                failures += 1
                if failures > max_retries:
                    raise error
                pause = self.pause(failures)
            left = deadline - outcome.ended_at
            pause = self.pause_after(error, pause, left=left, job=job)
            if is_over is None:
                yield Sleep(seconds=pause)
            else:
                yield Sleep(seconds=pause, is_over=is_over)
                if is_over():
                    raise Pointless
            if request.long_poll:
                request = self._with_timeout(self.dialect.without_long_poll(request))

    def create(
        self, request: Request, read: Callable[[Response], T], *, deadline: float
    ) -> Steps[T]:
        """Send a request that creates something, and return what `read` makes of the response.

        A server that limits how many jobs run at once refuses one that would be too many, and one
        that still works on an earlier attempt refuses the next. In both cases the request is sent
        again, as often as it takes, until the deadline.
        """
        if not self.dialect.waits_for_room:
            return (yield from self.send(request, read))
        try:
            return (yield from self.send(request, read, deadline=deadline, waits_for_room=True))
        except PollingTimeout as late:
            cause = late.__cause__
            raise (cause if isinstance(cause, TranslationClientError) else late) from None

    def pause_after(
        self, error: TranslationClientError, pause: float, *, left: float, job: Job | None
    ) -> float:
        """Return the pause in seconds before a retry, and log it.

        Arguments:
            error: why there is a retry.
            pause: seconds to wait, unless the server requested more.
            left: seconds until the deadline.
            job: the job that the request is about, as last seen.

        Raises `PollingTimeout` if the deadline leaves no time for a retry.

        """
        retry_after = min(error.retry_after or 0.0, self.max_interval)
        if left < DEADLINE_PRECISION or retry_after > left:
            raise timed_out(job, error) from error
        pause = min(max(pause, retry_after), left)
        logger.warning("%s; retrying in %.2f s", error, pause)
        return pause

    def pause(self, failures: int) -> float:
        """Return the pause in seconds after that number of failures in a row.

        Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And
        Jitter", 2015): from 0 to min(30, 2^(failures - 1)), at most the longest interval.
        """
        longest = min(MAX_PAUSE, 2.0 ** min(failures - 1, 16))
        return min(self.random() * longest, self.max_interval)

    def _with_timeout(self, request: Request) -> Request:
        sending = len(request.body or b"") // SLOWEST_UPLOAD
        return replace(request, timeout=self.request_timeout + request.long_poll + sending)

    def _with_headers(self, request: Request) -> Request:
        if request.is_foreign or not self.headers:
            return request
        own = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in self.headers
        }
        return replace(request, headers={**own, **self.headers})

    def _redirected(
        self, request: Request, response: Response, redirects: int, *, job: Job | None
    ) -> Request:
        """Return the request to the new address, without credentials if on another host."""
        location = response.headers.get("location", "")
        keeps_method = response.status in SAME_METHOD_REDIRECTS or request.method == "GET"
        origin = None
        with contextlib.suppress(ValueError):
            url = urljoin(request.url, location)
            origin = origin_of(url)
        if redirects > MAX_REDIRECTS or not (keeps_method and location and origin):
            raise UnexpectedResponse(
                f"{request.method} {request.url} was redirected ({response.status})"
                f" to {location!r}, which cannot be followed",
                job=job,
            )
        if request.is_foreign or origin != origin_of(self.base_url):
            request = replace(self.dialect.without_credentials(request), is_foreign=True)
        return replace(request, url=url)


def timed_out(job: Job | None, reason: object) -> PollingTimeout:
    """Return the error of a wait that ends at its deadline."""
    return PollingTimeout(f"gave up waiting for {job or 'the job'}: {reason}", job=job)


def stopped(job: Job | None = None, *, name: str = "the job") -> WaitStopped:
    """Return the error of a wait whose stop event was set; `name` is that of an unseen job."""
    return WaitStopped(f"the wait for {job or name} was stopped", job=job)
