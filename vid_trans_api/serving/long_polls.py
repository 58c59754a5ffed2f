"""LongPolls: status requests that wait in this process until their job ends."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any, Final

from vid_trans_api.models import Job, Workspace

LONGEST_NAP: Final = 1.0
"""Seconds between two looks at a held job, which another process may cancel or delete."""

_ROUNDING: Final = 0.001
"""Seconds added to a nap, so that it does not end a hair before the instant it is meant for."""


class LongPolls:
    """The holds of one process: how many there are, whom they wait for, and what wakes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wakers: dict[str, set[threading.Event]] = {}
        self._count = 0
        self._is_stopping = False

    @contextmanager
    def place(self, *names: str, limit: int) -> Iterator[threading.Event | None]:
        """Take one of `limit` places: gives what wakes the hold, or None where all are taken.

        It is woken by each of these names: its job's id, and what stands for the workspace.
        """
        with self._lock:
            is_free = self._count < limit and not self._is_stopping
            if is_free:
                waker = threading.Event()
                self._count += 1
                for name in names:
                    self._wakers.setdefault(name, set()).add(waker)
        if not is_free:
            yield None
            return
        try:
            yield waker
        finally:
            with self._lock:
                self._count -= 1
                for name in names:
                    self._wakers[name].discard(waker)
                    if not self._wakers[name]:
                        del self._wakers[name]

    def wake(self, name: str) -> None:
        """Let whoever waits under that name look at their job now."""
        with self._lock:
            for waker in self._wakers.get(name, ()):
                waker.set()

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def stop(self) -> None:
        """Have every hold answered now, and hold nothing from here on.

        Takes no lock, as it is called from signal handlers: they interrupt whoever may hold it.
        """
        self._is_stopping = True
        for wakers in list(self._wakers.values()):
            for waker in list(wakers):
                waker.set()


def everyone_in(workspace: Workspace) -> str:
    """Return the name that wakes all who wait for a job of that workspace."""
    return f"workspace {workspace.pk}"


long_polls = LongPolls()


def answer_when_told_to_stop() -> None:
    """Have the holds of this process answered as soon as its server is told to stop.

    The server's own signal handlers run as before, after that. Where this is not the main thread,
    or the server has none, whoever starts it has to see to that.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, partial(_stop_and_go_on, handler))


def _stop_and_go_on(
    handler: Callable[[int, FrameType | None], Any], number: int, frame: FrameType | None
) -> None:
    long_polls.stop()
    handler(number, frame)


def wait_for_end(
    look: Callable[[], tuple[Job | None, datetime]],
    *,
    waker: threading.Event,
    seconds: float,
) -> tuple[Job | None, datetime]:
    """Wait until the job has ended or is gone, or the time is over.

    `look` reads the job, and the instant of its workspace at which it is seen; `seconds` are real
    ones, however time goes there. Returns what it saw last.
    """
    deadline = time.monotonic() + seconds
    while True:
        job, now = look()
        left = deadline - time.monotonic()
        if job is None or job.at(now).status.is_terminal or left <= 0 or long_polls.is_stopping:
            return job, now
        waker.wait(min(LONGEST_NAP, _until_end(job, now), left))
        waker.clear()


def _until_end(job: Job, now: datetime) -> float:
    """Return the real seconds until a pending job is to end, as far as that is known."""
    speed = job.workspace.speed
    if job.finishes_at is None or speed == 0:
        return LONGEST_NAP
    return (job.finishes_at - now).total_seconds() / speed + _ROUNDING
