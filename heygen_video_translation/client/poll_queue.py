"""The queue of polls that are due, and which of them share a request."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeAlias

from .schedule import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tracker import Tracker

MAX_CHARACTERS = 6000
"""Most characters of all ids in one request, so that its URL is not too long."""

MAX_GATHERING = 1.0
"""Seconds that a due poll waits for others, unless a share of its sleep is longer."""

GATHERING_SHARE = 0.1
"""Share of its sleep that a due poll waits for others."""


AT_ONCE = Decision(seconds=0.0, reason="an event was about the job")

_Entry: TypeAlias = "tuple[float, int, Decision, Tracker]"


class PollQueue:
    """The polls of jobs that have not ended, by when they are due.

    `max_interval` is the longest interval between two polls of a job, in seconds; `max_batch` is
    the largest number of jobs that can share a request.
    """

    def __init__(self, *, max_interval: float, max_batch: int) -> None:
        self._max_interval = max_interval
        self._max_batch = max_batch
        self._entries: dict[str, _Entry] = {}
        self._heap: list[_Entry] = []
        """The entries by when they are due, and some that were replaced or removed."""
        self._added = 0
        self._popped: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, tracker: Tracker, decision: Decision, *, at: float) -> None:
        """Add the poll of a job that was decided on at `at`."""
        self._added += 1
        self._push((at + decision.seconds, self._added, decision, tracker))

    def pop(self, *, can_share: bool) -> tuple[float, int, list[Tracker]]:
        """Remove the next request; return when it is due, its long poll, and its jobs.

        A due poll is delayed a little so that later ones can share its request, but no longer than
        each of them allows.
        """
        entry = self._pop_first()
        self._popped = [entry]
        due, _, decision, tracker = entry
        group, characters = [tracker], len(tracker.id)
        latest = due + self._longest_delay(decision)
        while (
            can_share
            and not tracker.is_polled_alone
            and self._entries
            and len(group) < self._max_batch
        ):
            next_due, _, next_decision, tracker = self._first()
            characters += len(tracker.id) + 1
            if next_due > latest or tracker.is_polled_alone or characters > MAX_CHARACTERS:
                break
            self._popped.append(self._pop_first())
            group.append(tracker)
            due = next_due
            latest = min(latest, next_due + self._longest_delay(next_decision))
        return due, decision.long_poll if len(group) == 1 else 0, group

    def put_back(self) -> None:
        """Undo the last `pop`."""
        for entry in self._popped:
            self._push(entry)
        self._popped = []

    def hasten(self, job_ids: Iterable[str], *, now: float) -> None:
        """Let the polls of jobs be due now, without a delay for others to share their requests.

        A poll that is a retry keeps its pause, which the server may have requested.
        """
        entries = [self._entries[job_id] for job_id in job_ids if job_id in self._entries]
        for *_, tracker in sorted(entries):
            if not tracker.failures:
                tracker.notified_at = now
                self.add(tracker, AT_ONCE, at=now)

    def pop_ended(self, job_ids: Iterable[str]) -> list[Tracker]:
        """Remove the polls of jobs whose ends other calls have seen; return the jobs."""
        entries = [self._entries[job_id] for job_id in job_ids if job_id in self._entries]
        for *_, tracker in entries:
            del self._entries[tracker.id]
        return [tracker for *_, tracker in entries]

    def pop_witness(self) -> Tracker | None:
        """Remove the next poll of a job that can share requests; return the job, or `None`."""
        entries = [entry for entry in self._entries.values() if not entry[-1].is_polled_alone]
        if not entries:
            return None
        *_, tracker = min(entries)
        del self._entries[tracker.id]
        return tracker

    def _push(self, entry: _Entry) -> None:
        """Add the poll of a job, in place of the one that the job has."""
        self._entries[entry[-1].id] = entry
        heappush(self._heap, entry)

    def _first(self) -> _Entry:
        """Return the poll that is due first; there must be one."""
        while self._entries.get(self._heap[0][-1].id) is not self._heap[0]:
            heappop(self._heap)
        return self._heap[0]

    def _pop_first(self) -> _Entry:
        """Remove the poll that is due first and return it."""
        entry = self._first()
        heappop(self._heap)
        del self._entries[entry[-1].id]
        return entry

    def _longest_delay(self, decision: Decision) -> float:
        """Return for how many seconds a due poll may wait for others."""
        if decision == AT_ONCE:
            return 0.0
        longest = max(MAX_GATHERING, decision.seconds * GATHERING_SHARE)
        return max(min(longest, self._max_interval - decision.seconds), 0.0)
