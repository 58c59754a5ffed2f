"""Long polls: requests that wait in this process until their job ends."""

import math
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any, Final

from vid_trans_api.models import Job, JobVersion
from vid_trans_api.models.changes import anything_changed, job_changed, workspace_changed
from vid_trans_api.models.database import release_connection
from vid_trans_api.serving.watching import second_passed, watcher

_MARGIN: Final = 0.001
"""Seconds added to a wait, so that rounding cannot end it just before the job ends."""


_SHARES: Final = 8
"""The slots are divided by this into the shares that owners have in any case."""


@dataclass(eq=False, slots=True, kw_only=True)
class Wait:
    """What one request waits for."""

    job_id: str
    event: threading.Event
    has_left: Callable[[], bool]
    version: JobVersion | None = None
    """Of the job, as the request has read it; None until then."""


class LongPolls:
    """The long polls of one process: their number, what they wait for, and how to wake them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = {}
        self._counts: Counter[str] = Counter()
        """How many slots each owner has."""
        self._waits: set[Wait] = set()
        self._is_stopping = False

    @contextmanager
    def slot(self, *names: str, owner: str, limit: int) -> Iterator[threading.Event | None]:
        """Take one of `limit` slots; yield the event to wait for, or None if there is none.

        `wake()` with the owner, a workspace, or any of the names sets the event. The last eighth of
        the slots is for owners that have less than an eighth, so that nobody can take all of them.
        """
        names = (owner, *names)
        with self._lock:
            is_free = self._is_free(owner, limit)
            if is_free:
                event = threading.Event()
                self._counts[owner] += 1
                for name in names:
                    self._events.setdefault(name, set()).add(event)
        if not is_free:
            yield None
            return
        try:
            yield event
        finally:
            with self._lock:
                self._counts[owner] -= 1
                self._counts += Counter()  # drops owners that have none
                for name in names:
                    self._events[name].discard(event)
                    if not self._events[name]:
                        del self._events[name]

    def _is_free(self, owner: str, limit: int) -> bool:
        free, share = limit - self._counts.total(), limit // _SHARES
        has_its_share = self._counts[owner] >= share
        return free > (share if has_its_share else 0) and not self._is_stopping

    @property
    def count(self) -> int:
        """How many slots are taken: by requests that wait, and by faults with a duration."""
        with self._lock:
            return self._counts.total()

    def wake(self, name: str) -> None:
        """Make the requests that wait under this name read their job again."""
        with self._lock:
            for event in self._events.get(name, ()):
                event.set()

    @contextmanager
    def waiting(self, wait: Wait) -> Iterator[None]:
        """Set the event also when another process changes the job, or the client leaves."""
        with self._lock:
            self._waits.add(wait)
        try:
            with watcher.running():
                yield
        finally:
            with self._lock:
                self._waits.discard(wait)

    def wake_changed(self) -> None:
        """Wake the requests whose job is not as they have read it, by one query for all."""
        with self._lock:
            waits = [*self._waits]
        if not waits:
            return
        versions = Job.objects.versions({wait.job_id for wait in waits})
        for wait in waits:
            if wait.version is None or wait.version != versions.get(wait.job_id):
                wait.event.set()

    def wake_disconnected(self) -> None:
        """Wake the requests whose client has left."""
        with self._lock:  # so that no server closes the connection meanwhile
            for wait in self._waits:
                if wait.has_left():
                    wait.event.set()

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def stop(self) -> None:
        """End all long polls and accept no more.

        Takes no lock, because signal handlers call it: they may interrupt a thread that holds it.
        A second signal may interrupt the first one's call while it holds the lock of an event.
        """
        if self._is_stopping:
            return
        self._is_stopping = True
        for events in list(self._events.values()):
            for event in list(events):
                event.set()


def workspace_name(pk: int | None) -> str:
    """Return the name that wakes the long polls for all jobs of a workspace."""
    return f"workspace {pk}"


long_polls = LongPolls()


def subscribe() -> None:
    """Wake long polls when a job or a workspace changes, or a client leaves."""
    job_changed.connect(_wake_job)
    workspace_changed.connect(_wake_workspace)
    anything_changed.connect(_wake_changed)
    second_passed.connect(_wake_disconnected)


def _wake_job(*, job_id: str, **_: Any) -> None:
    long_polls.wake(job_id)


def _wake_workspace(*, workspace_id: int, **_: Any) -> None:
    long_polls.wake(workspace_name(workspace_id))


def _wake_changed(**_: Any) -> None:
    long_polls.wake_changed()


def _wake_disconnected(**_: Any) -> None:
    long_polls.wake_disconnected()


def stop_on_signals() -> None:
    """End this process's long polls when its server receives SIGTERM, SIGINT or SIGQUIT.

    The server's own signal handlers run afterwards. Does nothing outside the main thread or if the
    server has no handlers; then whoever starts the process must call `long_polls.stop()`.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in {signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT)}:
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, partial(_stop_and_continue, handler))


def _stop_and_continue(
    handler: Callable[[int, FrameType | None], Any], number: int, frame: FrameType | None
) -> None:
    long_polls.stop()
    handler(number, frame)


def wait_for_end(
    read: Callable[[], tuple[Job | None, datetime]],
    *,
    wait: Wait,
    seconds: float,
) -> tuple[Job | None, datetime]:
    """Wait until the job has ended, is deleted, or the time is over; return the last reading.

    `read` returns the job and the current instant of its workspace. `seconds` are real seconds,
    independent of the workspace's clock. The wait ends within about a second if the client leaves.
    """
    deadline = time.monotonic() + seconds
    with long_polls.waiting(wait):
        while True:
            wait.event.clear()
            job, now = read()
            left = deadline - time.monotonic()
            is_over = left <= 0 or long_polls.is_stopping or wait.has_left()
            if job is None or job.at(now).status.is_terminal or is_over:
                return job, now
            wait.version = job.version
            release_connection()
            wait.event.wait(min(_until_end(job, now), left))


def _until_end(job: Job, now: datetime) -> float:
    """Return the real seconds until a pending job ends; infinity if that is unknown."""
    speed = job.workspace.speed
    if job.finishes_at is None or speed == 0:
        return math.inf
    return (job.finishes_at - now).total_seconds() / speed + _MARGIN
