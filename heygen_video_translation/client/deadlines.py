"""Connections of requests and urllib3 that bound the time of a whole response.

A socket's own timeout starts again at every read, so a server that sends a byte now and then could
keep a request open for ever.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import time
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import wait_for_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

T = TypeVar("T")


CHECK_INTERVAL = 0.1
"""Seconds after which a thread that waits for bytes or for a stop event looks for other signs."""


class ResponseDeadline:
    """The instant, on `time.monotonic`'s clock, at which the response being read must be there.

    Reading ends early if `is_interrupted` becomes true.
    """

    __slots__ = ("at", "is_interrupted")

    def __init__(self, seconds: float, is_interrupted: Callable[[], bool]) -> None:
        self.at = time.monotonic() + seconds
        self.is_interrupted = is_interrupted

    def extend(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now."""
        self.at = time.monotonic() + seconds


_current: ContextVar[ResponseDeadline | None] = ContextVar("_current", default=None)


@contextlib.contextmanager
def response_within(
    seconds: float, *, is_interrupted: Callable[[], bool]
) -> Iterator[ResponseDeadline]:
    """Bound the time of the response that is requested in this context."""
    deadline = ResponseDeadline(seconds, is_interrupted)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


def bound_responses(session: requests.Session) -> None:
    """Make a session's connections, including those through proxies, observe the deadline."""
    for adapter in session.adapters.values():
        _bound_manager(getattr(adapter, "poolmanager", None))
        if isinstance(adapter, HTTPAdapter) and "proxy_manager_for" not in vars(adapter):
            original = adapter.proxy_manager_for
            vars(adapter)["proxy_manager_for"] = partial(_bounded_proxy_manager, original)


def _bounded_proxy_manager(original: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return _bound_manager(original(*args, **kwargs))


def _bound_manager(manager: T) -> T:
    """Make the connections that a pool manager will open observe the deadline; return it."""
    if isinstance(manager, urllib3.PoolManager):
        pools = {name: _bounded(pool) for name, pool in manager.pool_classes_by_scheme.items()}
        if pools != manager.pool_classes_by_scheme:
            manager.clear()
            manager.pool_classes_by_scheme = pools
    return manager


def _bounded(pool: Any) -> Any:
    """Return a subclass of a connection pool whose connections observe the deadline."""
    original = pool.ConnectionCls
    if getattr(original, "response_class", None) is not http.client.HTTPResponse:
        return pool
    connection = type(original.__name__, (original,), {"response_class": _BoundedResponse})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


class _BoundedReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: Any, deadline: ResponseDeadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        while True:
            left = self._deadline.at - time.monotonic()
            if left <= 0.0:
                raise TimeoutError("the response was not complete in time")
            if self._deadline.is_interrupted():
                raise ConnectionAbortedError("the request was interrupted")
            if not self._is_readable(min(left, CHECK_INTERVAL)):
                continue
            # The bytes on a TLS connection may not be part of the response, such as a ticket.
            self._sock.settimeout(0.0 if isinstance(self._sock, ssl.SSLSocket) else left)
            with contextlib.suppress(ssl.SSLWantReadError):
                return self._raw.readinto(buffer)

    def _is_readable(self, seconds: float) -> bool:
        """Whether there are bytes within so many seconds, or nobody can tell."""
        if not isinstance(self._sock, socket.socket):
            return True
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        return wait_for_read(self._sock, seconds)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        deadline = _current.get()
        if deadline is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedReader(raw, sock, deadline))
