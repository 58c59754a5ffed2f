"""Reading a response, or raising the error that it stands for."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

import requests

from .errors import JobNotFound, ServerUnavailable
from .jobs import Observation
from .messages import TransportFailure, UnreadableResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .dialects.base import Dialect
    from .jobs import Job, TranslationClientError
    from .messages import Request, Response

T = TypeVar("T")

LASTING = (
    *("title", "video_url", "target_language", "created_at"),
    *("video_duration", "mode", "is_audio_only"),
)
"""The fields of a job that do not change while a client waits for it."""


class RetryableError(Exception):
    """A failure that a retry may mend; `error` is what to raise if it does not."""

    def __init__(self, error: TranslationClientError) -> None:
        super().__init__(str(error))
        self.error = error


def read_response(
    request: Request,
    outcome: Response | TransportFailure,
    read: Callable[[Response], T],
    *,
    dialect: Dialect,
    job: Job | None,
    is_retry: bool,
) -> T:
    """Return what `read` makes of the response, or raise the error that it stands for.

    Arguments:
        request: the request that was sent.
        outcome: its response, or the reason why there is none.
        read: reads a successful response; raises `UnreadableResponse` if it cannot.
        dialect: the dialect of the response.
        job: the job that the request is about, as last seen, for the error.
        is_retry: whether the request had been sent before.

    Raises `RetryableError` if sending the request again may help, and any other error if not.

    """
    if isinstance(outcome, TransportFailure):
        unreachable = ServerUnavailable(_describe_failure(request, outcome.error), job=job)
        unreachable.__cause__ = outcome.error
        raise RetryableError(unreachable)
    outcome = dialect.unmasked(outcome)
    if not outcome.is_success:
        kind = dialect.error_type(outcome)
        if kind is JobNotFound and is_retry and request.method == "DELETE":
            return read(outcome)  # the first attempt succeeded, only its response was lost
        error = _error(kind, request, outcome, dialect=dialect, job=job)
        raise RetryableError(error) if dialect.is_retryable(outcome) else error
    try:
        return read(outcome)
    except UnreadableResponse as unreadable:
        detail = f"unreadable response: {unreadable}"
        message = f"{request.method} {request.url}: {detail}"
        raise RetryableError(
            ServerUnavailable(
                message, job=job, detail=detail, status=outcome.status, headers=outcome.headers
            )
        ) from None


def observe(
    job: Job,
    response: Response,
    *,
    dialect: Dialect,
    previous: Job | None = None,
    is_creation: bool = False,
    may_be_replay: bool = False,
) -> Job:
    """Return the job with the observation that the response was.

    What the response leaves out and cannot change is that of the job before.

    Arguments:
        job: the job in the response.
        response: the response.
        dialect: the dialect of the response.
        previous: the job as last seen, if it was.
        is_creation: whether the response is that to the job's creation.
        may_be_replay: whether the job may have been created by an earlier request. It then counts
            as not polled yet.

    """
    is_replay = may_be_replay or dialect.is_replay(response)
    seen = previous.observation if previous else None
    created_at = seen.job_created_at if seen else None
    if is_creation and not is_replay:
        created_at = response.ended_at
    if created_at is None and job.created_at is not None and (now := response.date) is not None:
        age = max((now - job.created_at).total_seconds(), 0.0)
        created_at = response.ended_at - age
    known = {} if previous is None else {name: getattr(previous, name) for name in LASTING}
    return replace(
        job,
        **{name: value for name, value in known.items() if getattr(job, name) in (None, "")},
        observation=Observation(
            received_at=response.ended_at,
            first_seen_at=seen.first_seen_at if seen else response.ended_at,
            job_created_at=created_at,
            is_replay=is_replay,
            retry_after=response.retry_after,
            headers=response.headers,
        ),
    )


def _error(
    kind: type[TranslationClientError],
    request: Request,
    response: Response,
    *,
    dialect: Dialect,
    job: Job | None,
) -> TranslationClientError:
    """Return an error with what the response says went wrong."""
    # A signed address is as good as a key, and errors end up in logs.
    url = request.url if not request.is_foreign else _origin(request.url)
    message = f"{request.method} {url}: {response.status}"
    detail = dialect.error_detail(response)
    return kind(
        f"{message} | {detail}" if detail else message,
        job=job,
        detail=detail or None,
        status=response.status,
        retry_after=response.retry_after,
        headers=response.headers,
    )


def _describe_failure(request: Request, error: Exception) -> str:
    """Return a sentence that says why there was no response, without any password."""
    return f"{_origin(request.url)} did not respond{_cause(error, timeout=request.timeout)}"


def _origin(url: str) -> str:
    """Return the server's part of an address, without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _cause(error: Exception, *, timeout: float) -> str:
    """Return the root cause of a transport library's error, as the end of a sentence."""
    root = error
    for root in _chain(error):
        if isinstance(root, ssl.SSLError | socket.gaierror) and root.strerror:
            return f": {root.strerror}"
        if type(root).__module__ == "builtins" and isinstance(root, OSError) and root.errno:
            return f": {os.strerror(root.errno).lower()}"
        if isinstance(root, TimeoutError | requests.Timeout):
            return f" within {timeout:g} s"
        if isinstance(root, ConnectionError | http.client.IncompleteRead):
            return ": the connection was closed too early"
    message = " ".join(str(getattr(root, "message", "") or root).split())
    return f": {type(root).__name__}: {message}".rstrip(".: ")


def _chain(error: Exception) -> Iterator[Exception]:
    """Iterate over an error and its causes, without errors that the caller is handling."""
    handled, link = sys.exception(), cast("BaseException | None", error)
    while isinstance(link, Exception) and link is not handled:
        yield link
        cause = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        link = cause or _wrapped(link)


def _wrapped(error: Exception) -> BaseException | None:
    """Return the error that another one was made of; that is how httpx passes on the cause."""
    parts = error.exceptions if isinstance(error, ExceptionGroup) else error.args
    return parts[0] if parts and isinstance(parts[0], Exception) else None
