"""Performing the client's steps with requests, in the thread that calls."""

from __future__ import annotations

import contextlib
import inspect
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

import requests
import urllib3

from .base_client import CLOSED
from .deadlines import CHECK_INTERVAL, bound_responses, response_within
from .messages import CHUNK, Request, Response, ResponseReader, TransportFailure
from .retries import stopped
from .steps import ShowJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .jobs import Job
    from .steps import Sleep, Step, Steps

T = TypeVar("T")

SLEEP = time.sleep
"""The default sleep, in place of which the driver waits for what may end the sleep early."""


CLOSE_PATIENCE = 2.0
"""Most seconds that `close` waits for the thread of started jobs, such as for a slow callback."""


class _StoppedError(Exception):
    """The stop event of a wait is set."""


class BlockingDriver:
    """Performs steps. Threads share one instance, so that `close` and `wake_all` reach all."""

    def __init__(
        self,
        session: requests.Session,
        *,
        sleep: Callable[[float], object],
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._sleep = sleep
        self._clock = clock
        self._awake = threading.Condition()
        self._is_closed = False
        self._spawned: threading.Thread | None = None
        bound_responses(session)

    def close(self) -> None:
        """End all steps in progress with a `RuntimeError`, and wait for the thread of `spawn`."""
        self._is_closed = True
        self.wake_all()
        if self._spawned is not None and self._spawned is not threading.current_thread():
            self._spawned.join(CLOSE_PATIENCE)

    def run(
        self,
        steps: Steps[T],
        *,
        on_update: Callable[[Job], object] | None = None,
        stop: threading.Event | None = None,
    ) -> T:
        """Perform all steps and return what they return."""
        if inspect.iscoroutinefunction(on_update):
            raise TypeError(
                "on_update must be a plain function, because TranslationClient cannot await;"
                " AsyncTranslationClient takes a coroutine function"
            )
        with contextlib.closing(steps):
            try:
                step = next(steps)
                while True:
                    if isinstance(step, ShowJob) and on_update is not None:
                        on_update(step.job)
                    step = self._advance(steps, step, stop)
            except StopIteration as end:
                return cast("T", end.value)

    def iterate(self, steps: Steps[Any], *, stop: threading.Event | None = None) -> Iterator[Job]:
        """Perform all steps and yield the jobs that they show."""
        with contextlib.closing(steps):
            step = next(steps, None)
            while step is not None:
                if isinstance(step, ShowJob):
                    yield step.job
                try:
                    step = self._advance(steps, step, stop)
                except StopIteration:
                    return

    def _advance(self, steps: Steps[Any], step: Step, stop: threading.Event | None) -> Step:
        """Perform a step and return the next one; `StopIteration` after the last one."""
        try:
            result = self._perform(step, stop)
        except _StoppedError:
            return steps.throw(stopped())
        return steps.send(result)

    def _perform(
        self, step: Step, stop: threading.Event | None
    ) -> Response | TransportFailure | float:
        if isinstance(step, ShowJob):
            return self._clock()
        if isinstance(step, Request):
            return self._send(step, stop)
        if step.seconds > 0.0:
            self._pause(step, stop)
        return self._clock()

    def _pause(self, step: Sleep, stop: threading.Event | None) -> None:
        """Sleep until the time is over, or something ends the sleep early."""
        self._check_running(stop)
        if self._sleep is not SLEEP:
            if not step.is_over():
                self._sleep(step.seconds)
        elif stop is None:
            self.wait(step.is_over, step.seconds)
        else:
            until = time.monotonic() + step.seconds
            while (left := until - time.monotonic()) > 0.0 and not step.is_over():
                stop.wait(min(left, CHECK_INTERVAL))
                self._check_running(stop)
        self._check_running(stop)

    def wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Wait until the time is over, or `is_over` becomes true; only `wake_all` has it checked.

        Raises `RuntimeError` if the client is closed meanwhile.
        """
        with self._awake:
            self._awake.wait_for(
                lambda: self._is_closed or is_over(), min(seconds, threading.TIMEOUT_MAX)
            )
        self._check_running(None)

    def spawn(self, function: Callable[[], None]) -> None:
        """Run a function, which raises no errors, in a thread that does not keep the program.

        The function of the call before must have returned, or be about to.
        """
        thread = threading.Thread(target=function, name="translation-client", daemon=True)
        thread.start()
        self._spawned = thread

    def wake_all(self) -> None:
        """Let sleeping threads check whether their sleep is over."""
        with self._awake:
            self._awake.notify_all()

    def _is_interrupted(self, stop: threading.Event | None) -> bool:
        return self._is_closed or (stop is not None and stop.is_set())

    def _check_running(self, stop: threading.Event | None) -> None:
        """Raise an error if the client is closed, or the stop event is set."""
        if self._is_closed:
            raise RuntimeError(CLOSED)
        if stop is not None and stop.is_set():
            raise _StoppedError

    def _send(self, request: Request, stop: threading.Event | None) -> Response | TransportFailure:
        """Send a request and read the response, both within the request's timeout."""
        self._check_running(stop)
        session = _without_credentials(self._session) if request.is_foreign else self._session
        sent_at = self._clock()
        try:
            with (
                response_within(
                    request.timeout, is_interrupted=lambda: self._is_interrupted(stop)
                ) as deadline,
                session.request(
                    request.method,
                    request.url,
                    headers=dict(request.headers),
                    data=request.body,
                    timeout=request.timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                reader = ResponseReader(request, response.status_code, response.headers)
                for chunk in response.iter_content(CHUNK):
                    if not reader.add(chunk):
                        break
                    if reader.writes_file:
                        deadline.extend(request.timeout)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,  # requests parses the Location of a redirect that it does not follow
        ) as error:
            self._check_running(stop)
            return TransportFailure(error=error, sent_at=sent_at, ended_at=self._clock())
        return reader.response(sent_at=sent_at, ended_at=self._clock())


def _without_credentials(session: requests.Session) -> requests.Session:
    """Return a session with the same connections, but no headers, cookies and credentials."""
    bare = requests.Session()
    bare.adapters = session.adapters
    bare.proxies, bare.verify = session.proxies, session.verify
    bare.trust_env = session.trust_env
    return bare
