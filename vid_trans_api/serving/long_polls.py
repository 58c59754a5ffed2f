"""Long polls: requests that wait in this process until their job ends."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any, Final

from vid_trans_api.models import Job
from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.models.database import release_connection

POLL_INTERVAL: Final = 1.0
"""Seconds between two reads of a job, because another process may change it.

It is also how late a client that has left is noticed.
"""

_MARGIN: Final = 0.001
"""Seconds added to a wait, so that rounding cannot end it just before the job ends."""


_SHARES: Final = 8
"""The slots are divided by this into the shares that owners have in any case."""


class LongPolls:
    """The long polls of one process: their number, what they wait for, and how to wake them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, set[threading.Event]] = {}
        self._counts: Counter[str] = Counter()
        """How many slots each owner has."""
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

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def stop(self) -> None:
        """End all long polls and accept no more.

        Takes no lock, because signal handlers call it: they may interrupt a thread that holds it.
        """
        self._is_stopping = True
        for events in list(self._events.values()):
            for event in list(events):
                event.set()


def workspace_name(pk: int) -> str:
    """Return the name that wakes the long polls for all jobs of a workspace."""
    return f"workspace {pk}"


long_polls = LongPolls()


def subscribe() -> None:
    """Wake long polls when a job or a workspace changes."""
    job_changed.connect(_wake_job)
    workspace_changed.connect(_wake_workspace)


def _wake_job(*, job_id: str, **_: Any) -> None:
    long_polls.wake(job_id)


def _wake_workspace(*, workspace_id: int, **_: Any) -> None:
    long_polls.wake(workspace_name(workspace_id))


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
    event: threading.Event,
    seconds: float,
    has_left: Callable[[], bool],
) -> tuple[Job | None, datetime]:
    """Wait until the job has ended, is deleted, or the time is over; return the last reading.

    `read` returns the job and the current instant of its workspace. `seconds` are real seconds,
    independent of the workspace's clock. The wait ends within a second if the client `has_left`.
    """
    deadline = time.monotonic() + seconds
    while True:
        job, now = read()
        left = deadline - time.monotonic()
        is_over = left <= 0 or long_polls.is_stopping or has_left()
        if job is None or job.at(now).status.is_terminal or is_over:
            return job, now
        release_connection()
        event.wait(min(POLL_INTERVAL, _until_end(job, now), left))
        event.clear()


def _until_end(job: Job, now: datetime) -> float:
    """Return the real seconds until a pending job ends, or the poll interval if that is unknown."""
    speed = job.workspace.speed
    if job.finishes_at is None or speed == 0:
        return POLL_INTERVAL
    return (job.finishes_at - now).total_seconds() / speed + _MARGIN
