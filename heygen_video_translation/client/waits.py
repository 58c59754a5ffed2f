"""The waits of one client, and the ends of their jobs that other calls have seen."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from .jobs import Job


class Waits:
    """The waits that are in progress. All threads that use a client share one instance."""

    def __init__(self) -> None:
        self._waits: list[tuple[Container[str], dict[str, Job]]] = []
        self._lock = threading.Lock()

    @contextmanager
    def add(self, job_ids: Container[str]) -> Iterator[dict[str, Job]]:
        """Add a wait for jobs; yield a dictionary to which `report` adds those that end.

        `job_ids` may change meanwhile.
        """
        wait = job_ids, dict[str, "Job"]()
        with self._lock:
            self._waits.append(wait)
        try:
            yield wait[1]
        finally:
            with self._lock:
                self._waits = [other for other in self._waits if other is not wait]

    def report(self, job: Job) -> None:
        """Let all waits for a job know that it has ended."""
        with self._lock:
            for job_ids, ended in self._waits:
                if job.id in job_ids:
                    ended[job.id] = job
