"""The waits of one client, and what other calls know of their jobs: ends, and events."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .jobs import Job

T = TypeVar("T")

REMEMBERED = 10_000
"""Most jobs, and most batches, that are remembered for waits that begin later."""


class Wait:
    """One wait. `ended` are its jobs whose ends other calls have seen, by id.

    `notified` are the ids of jobs that an event was about and that have not been polled since. An
    event counts once, so that whoever sends it again causes no further request.
    """

    __slots__ = ("_events", "ended", "job_ids", "notified")

    def __init__(self, job_ids: Iterable[str] = ()) -> None:
        self.job_ids = set(job_ids)
        self.ended: dict[str, Job] = {}
        self.notified: set[str] = set()
        self._events: dict[str, set[str]] = {}

    def notify(self, job_ids: Iterable[str], event_id: str | None) -> None:
        """Note that an event was about jobs, some of which this wait may be for."""
        concerned = {
            job_id
            for job_id in job_ids
            if job_id in self.job_ids and event_id not in self._events.get(job_id, ())
        }
        if event_id is not None:
            for job_id in concerned:
                self._events.setdefault(job_id, set()).add(event_id)
        self.notified |= concerned

    def take_notified(self) -> set[str]:
        """Return the jobs that are going to be polled because of an event, and forget these."""
        taken = self.notified.copy()
        self.notified -= taken
        return taken

    def forget(self, job_id: str) -> None:
        """Forget everything about a job."""
        self.job_ids.discard(job_id)
        self.notified.discard(job_id)
        self.ended.pop(job_id, None)
        self._events.pop(job_id, None)


class Waits:
    """The waits that are in progress. All threads that use a client share one instance."""

    def __init__(self) -> None:
        self._waits: list[Wait] = []
        self._last_events: dict[str, str | None] = {}
        self._batches: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def add(self, job_ids: Iterable[str]) -> Iterator[Wait]:
        """Add a wait for jobs, so that it receives what other calls learn about them.

        An event that came before its wait counts: a job may end before its creator waits for it.
        """
        wait = Wait()
        with self._lock:
            self._waits.append(wait)
        self.join(wait, job_ids)
        try:
            yield wait
        finally:
            with self._lock:
                self._waits = [other for other in self._waits if other is not wait]

    def join(self, wait: Wait, job_ids: Iterable[str]) -> None:
        """Add jobs to a wait in progress."""
        with self._lock:
            new = set(job_ids) - wait.job_ids
            wait.job_ids |= new
            for job_id in self._last_events.keys() & new:
                wait.notify([job_id], self._last_events[job_id])

    def leave(self, wait: Wait, job_id: str) -> None:
        """Take a job that needs no wait any more out of a wait in progress."""
        with self._lock:
            wait.forget(job_id)

    def report(self, job: Job) -> None:
        """Let all waits for a job know that it has ended."""
        with self._lock:
            for wait in self._waits:
                if job.id in wait.job_ids:
                    wait.ended[job.id] = job

    def notify(self, job_ids: Iterable[str], *, event_id: str | None = None) -> None:
        """Let all waits for jobs know that an event was about them, also those that begin later."""
        job_ids = list(job_ids)
        with self._lock:
            for job_id in job_ids:
                _remember(self._last_events, job_id, event_id)
            for wait in self._waits:
                wait.notify(job_ids, event_id)

    def add_batch(self, batch_id: str, job_ids: Iterable[str]) -> None:
        """Remember which jobs an event about a batch is about."""
        with self._lock:
            _remember(self._batches, batch_id, tuple(job_ids))

    def jobs_of_batch(self, batch_id: str) -> tuple[str, ...]:
        """Return the ids of a batch's jobs; none if this client has not seen the batch."""
        with self._lock:
            return self._batches.get(batch_id, ())


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    """Put a value into a dictionary as the newest; drop the oldest if there are too many."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > REMEMBERED:
        del memory[next(iter(memory))]
