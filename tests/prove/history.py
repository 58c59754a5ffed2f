"""Everything that servers said about jobs and the time, and the contradictions in it."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class Statement:
    """What one response said about a job."""

    requested_at: float
    received_at: float
    job: Any
    """The job's document; None if the response said only that the job has ended."""

    @property
    def is_terminal(self) -> bool:
        return self.job is None or self.job["status"] != "pending"


class History:
    """The statements about each job; may be shared between threads."""

    def __init__(self) -> None:
        self._statements: dict[str, list[Statement]] = defaultdict(list)
        self._times: list[tuple[float, float, str]] = []
        """When each was requested and received, and the instant in the response."""
        self._lock = Lock()

    def add(self, requested_at: float, jobs: Iterable[Any]) -> None:
        """Add what a response that has just arrived says about these jobs."""
        received_at = time.monotonic()
        with self._lock:
            for job in jobs:
                self._statements[job["id"]].append(Statement(requested_at, received_at, job))

    def add_end(self, requested_at: float, job_id: str) -> None:
        """Add a response that said that a job has ended, but not how."""
        received_at = time.monotonic()
        with self._lock:
            self._statements[job_id].append(Statement(requested_at, received_at, None))

    def add_time(self, requested_at: float, now: str) -> None:
        """Add the current instant that a response has just reported."""
        received_at = time.monotonic()
        with self._lock:
            self._times.append((requested_at, received_at, now))

    @property
    def job_ids(self) -> list[str]:
        with self._lock:
            return [*self._statements]

    def last_statuses(self) -> dict[str, str]:
        """Return each job's status in the last document."""
        return {
            job_id: max((s for s in statements if s.job), key=lambda s: s.received_at).job["status"]
            for job_id, statements in self._statements.items()
        }

    def contradictions(self) -> list[tuple[Statement, Statement]]:
        """Return pairs of statements that contradict each other.

        All terminal documents of a job must be equal. No request sent after the first terminal
        response may return a pending job.
        """
        found = []
        for statements in self._statements.values():
            ends = [s for s in statements if s.is_terminal]
            if not ends:
                continue
            first = min(ends, key=lambda s: s.received_at)
            document = next((s for s in ends if s.job), first)
            found += [
                (first, s)
                for s in statements
                if not s.is_terminal and s.requested_at > first.received_at
            ]
            found += [(document, s) for s in ends if s.job not in (None, document.job)]
        return found

    def steps_backwards(self) -> list[tuple[str, str]]:
        """Return pairs of instants: one that arrived, and an earlier one requested after that."""
        received = sorted((received_at, now) for _, received_at, now in self._times)
        latest = [*accumulate((now for _, now in received), max)]
        found = []
        for requested_at, _, now in self._times:
            count = bisect_left(received, (requested_at, ""))
            if count and now < latest[count - 1]:
                found.append((latest[count - 1], now))
        return found
