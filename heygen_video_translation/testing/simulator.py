"""A workspace of a simulating server, as a test controls it: its clock, faults and reports."""

import asyncio
import http.client
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, Final, Literal, Protocol, Self
from urllib.parse import quote, urlsplit

from heygen_video_translation.testing.errors import RefusedError
from heygen_video_translation.testing.server_process import TranslationServer, connect
from heygen_video_translation.testing.webhooks import Webhooks

_CONTROL: Final = "/vid_trans_api/simulation"
_REQUEST_TIMEOUT: Final = 60.0
"""Seconds; longer than a server with the default `LONG_POLL_LIMIT` waits for webhooks."""

_SETTLE_TIMEOUT: Final = 150.0
"""Seconds of real time; one event that always times out takes 11 attempts of 10 s."""

_SETTLE_INTERVAL: Final = 0.01

SLEEP_LIMIT: Final = 86_400.0
"""Seconds that a program may spend in `sleep`: no job takes longer."""

REQUEST_LIMIT: Final = 5_000


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


class NeverGaveUp(BaseException):
    """The program under test slept too long, or sent too many requests, to be still of use.

    It is no Exception, as a program that never gives up may catch all of these.
    """


class TranslationSimulator:
    """A workspace of its own, whose clock is frozen until the test advances it.

    Give `url` and `api_key` to the program under test. `seed` determines everything random in the
    workspace. The key is a new one unless it is given.

    A program that never gives up is stopped: after `sleep_limit` seconds in `sleep`, or
    `request_limit` requests, `sleep` raises NeverGaveUp, and requests get a 410. None: no limit.
    """

    START: Final = "2026-01-01T00:00:00Z"
    """The initial time of the workspace's clock."""

    webhooks: Webhooks
    """Receives, registers and signs the webhooks of the workspace."""

    def __init__(
        self,
        url: str,
        *,
        seed: int,
        api_key: str = "",
        sleep_limit: float | None = SLEEP_LIMIT,
        request_limit: int | None = REQUEST_LIMIT,
    ) -> None:
        self.url = url
        self.api_key = api_key or TranslationServer(url=url).new_api_key()
        self.seed = seed
        self.sleep_limit = sleep_limit
        self.request_limit = request_limit
        self._slept = 0.0
        self._clock_lock = threading.RLock()
        self._advance_count = 0
        self._connection = _Connection(url)
        try:
            self.reset(seed)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def heygen_url(self) -> str:
        """What a program for HeyGen's API has instead of `https://api.heygen.com`."""
        return self.url

    def reset(self, seed: int) -> None:
        """Delete the workspace's jobs, faults and defaults, and start again with this seed."""
        self._request("POST", "/reset", {"seed": seed})
        self.freeze(self.START)
        self.defaults(requests_left=self.request_limit)
        self.webhooks = Webhooks(self._send)
        self._slept = 0.0
        self.seed = seed

    def clock(self) -> float:
        """Return the seconds since START by the workspace's clock."""
        return (self._now() - datetime.fromisoformat(self.START)).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Advance the workspace's clock instead of waiting.

        Threads that sleep at the same time share that time: it is not added up. Raises ValueError
        for a negative number, as `time.sleep` does, and NeverGaveUp beyond the limits.
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._sleep_from(self._advance_count, self._now(), seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Do as `sleep` does, for asyncio; a negative number is 0, as for `asyncio.sleep`."""
        count, now = self._advance_count, self._now()
        await asyncio.sleep(0)  # lets other tasks that are about to sleep start at the same time
        await asyncio.to_thread(self._sleep_from, count, now, seconds)

    def _sleep_from(self, advance_count: int, start: datetime, seconds: float) -> None:
        """Sleep until `seconds` after `start`, which was read at this count of advances."""
        with self._clock_lock:
            if advance_count != self._advance_count:  # another sleeper advanced the clock
                seconds -= (self._now() - start).total_seconds()
            if seconds <= 0:
                return
            if self.sleep_limit is not None and self._slept + seconds > self.sleep_limit:
                self.defaults(requests_left=0)
                limit = f"{self.sleep_limit:,g} s of sleep"
                raise NeverGaveUp(f"Your program never gave up within {limit}.")
            try:
                self.advance(seconds)
            except RefusedError as error:
                if error.status != http.HTTPStatus.GONE:
                    raise
                limit = f"{self.request_limit or 0:,} requests"
                raise NeverGaveUp(f"Your program never gave up within {limit}.") from None
            self._slept += seconds

    def advance(self, by: float | Literal["next"], *, settle: bool = False) -> None:
        """Advance the workspace's clock by seconds, or to the next end of a job or webhook.

        With `settle`, return once the webhooks that have fallen due have been tried. Raises
        TimeoutError if that takes more than 150 s of real time.
        """
        with self._clock_lock:
            self._request("POST", "/clock", {"advance": by})
            self._advance_count += 1
        if settle:
            self._settle()

    def _settle(self) -> None:
        """Wait for webhooks, without the lock: their handlers may read or advance the clock.

        The server itself waits for `LONG_POLL_LIMIT` seconds at most, which may be 0.
        """
        deadline = time.monotonic() + _SETTLE_TIMEOUT
        with closing(_Connection(self.url)) as connection:
            path, document = f"{_CONTROL}/clock", {"advance": 0, "settle": True}
            while waiting := self._send("POST", path, document, connection=connection)["waiting"]:
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"{waiting} webhooks were not tried within {_SETTLE_TIMEOUT:g} s."
                    )
                time.sleep(_SETTLE_INTERVAL)

    def freeze(self, at: str | None = None) -> None:
        """Freeze the workspace's clock, at an instant if there is no job yet."""
        self._request("POST", "/clock", {"freeze": at or True})

    def speed(self, factor: float) -> None:
        """Let the workspace's clock run, this many times as fast as real time."""
        self._request("POST", "/clock", {"speed": factor})

    def defaults(self, **options: Any) -> Mapping[str, Any]:
        """Set defaults for every job and request; None restores one. Return all of them."""
        return self._request("PATCH", "/defaults", options)

    def verdict(self, job: str | _Identified | None = None) -> Mapping[str, Any]:
        """Return the server's report on the client, for a job or for the whole workspace."""
        if job is None:
            return self._request("GET", "/report")
        job_id = job if isinstance(job, str) else job.id
        return self._request("GET", f"/jobs/{quote(job_id, safe='')}")

    def journal(self) -> list[Mapping[str, Any]]:
        """Return the workspace's logged requests, oldest first."""
        requests: list[Mapping[str, Any]] = self.verdict()["requests"]
        return requests

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._request("GET", "/clock")["now"])

    def _request(self, method: str, path: str, document: object = None) -> Mapping[str, Any]:
        """Send a request to a control endpoint."""
        __tracebackhide__ = True  # pytest shows the test's own line instead
        return self._send(method, _CONTROL + path, document)

    def _send(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        connection: "_Connection | None" = None,
    ) -> Mapping[str, Any]:
        """Send a request to the server, unaffected by mocks of HTTP libraries."""
        __tracebackhide__ = True
        body = None if document is None else json.dumps(document)
        headers = {"X-Api-Key": self.api_key, "Content-Type": "application/json"}
        status, text = (connection or self._connection).request(method, path, body, headers)
        if status not in {http.HTTPStatus.OK, http.HTTPStatus.CREATED}:
            message = f"{method} {path} {body or ''}: {status} {text}"
            raise RefusedError(message, status=status)
        response: Mapping[str, Any] = json.loads(text)
        return response


class _Connection:
    """A keep-alive connection; threads use it in turn, and a forked process opens its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._prefix = urlsplit(url).path
        self._open()

    def _open(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._connection = connect(self._url, timeout=_REQUEST_TIMEOUT)

    def request(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        """Return the response's status and text."""
        if self._owner != os.getpid():
            self._open()
        with self._lock:
            try:
                self._connection.request(method, self._prefix + path, body, headers)
                with self._connection.getresponse() as response:
                    return response.status, response.read().decode()
            except BaseException:
                self._connection.close()  # the next request must not read this one's response
                raise

    def close(self) -> None:
        if self._owner == os.getpid():
            self._connection.close()
