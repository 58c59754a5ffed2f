"""Violations: what a client should not have done, and the collection of the newest ones."""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from operator import attrgetter
from typing import Final, NamedTuple

TOLERANCE_SECONDS: Final = 0.05
"""By how much a wait may be too short: no sleep and no clock is more precise."""


class ViolationKind(StrEnum):
    """What a client should not do."""

    ASKED_TOO_SOON = "asked-too-soon"
    """It repeated a request before the Retry-After of a 429 or 503, or 60 s of it, was over."""
    ASKED_AFTER_END = "asked-after-end"
    """It polled a job after a response had reported the job's end."""
    CREATED_TWICE = "created-twice"
    """It repeated a creation that may have succeeded, without the same Idempotency-Key."""
    HAMMERED = "hammered"
    """It sent three quick requests in a row for the same thing."""
    NEVER_NOTICED = "never-noticed"
    """Nothing reported a job's end to it: no response to its polls, and no event it accepted."""
    ANSWERED_LATE = "answered-late"
    """Its receiver did not respond to an event in time."""
    NEVER_ACCEPTED = "never-accepted"
    """Its receiver accepted no attempt to deliver an event."""
    ACCEPTED_FORGED = "accepted-forged"
    """Its receiver accepted an event with a signature that is wrong or too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that a client did and should not have done."""

    kind: ViolationKind
    request: int | None
    """The number of the request that is flagged; None for what a receiver did."""
    at: datetime
    """When it happened, by the workspace's clock."""
    detail: str
    """A sentence with the numbers."""
    job: str | None
    event: str | None = None
    """The id of the event that the receiver was sent."""


class Flagged(NamedTuple):
    """What is kept of a request or event that is flagged. The request itself may be large."""

    position: int
    """In the order in which the violations are listed."""
    number: int | None
    """Of the request."""
    at: datetime
    event: str | None = None


class _Group(NamedTuple):
    kind: ViolationKind
    flagged: Flagged
    jobs: Collection[str | None]
    detail: Callable[[], str]

    @property
    def position(self) -> int:
        return self.flagged.position


@dataclass(slots=True)
class Violations:
    """A count of violations, and the newest ones, of requests or of receivers.

    A request may be flagged for each of its jobs. Such violations are added together, and only
    those that are listed are written out.
    """

    most: int | None = None
    """How many of the newest violations are kept at least; None for all."""
    of_job: str | None = None
    """Violations that do not concern this job are ignored; None for all jobs."""
    count: int = 0
    _groups: list[_Group] = field(default_factory=list)
    _kept: int = 0
    """How many violations the groups have."""

    def add(
        self,
        kind: ViolationKind,
        flagged: Flagged,
        jobs: Collection[str | None],
        detail: Callable[[], str],
    ) -> None:
        """Add one violation for each job. `detail` must not keep a request alive."""
        if self.of_job is not None:
            jobs = [job for job in jobs if job == self.of_job]
        if not jobs:
            return
        self.count += len(jobs)
        self._kept += len(jobs)
        self._groups.append(_Group(kind, flagged, jobs, detail))
        if self.most is not None and self._kept > 4 * self.most:
            self._drop_oldest(self.most)

    def _drop_oldest(self, most: int) -> None:
        self._groups.sort(key=attrgetter("position"))
        sizes = accumulate(len(group.jobs) for group in reversed(self._groups))
        count = next(number for number, kept in enumerate(sizes, 1) if kept >= most)
        del self._groups[:-count]
        self._kept = sum(len(group.jobs) for group in self._groups)

    def newest(self) -> tuple[Violation, ...]:
        """Return the newest violations in the order of their requests."""
        self._groups.sort(key=attrgetter("position"))
        newest: list[Violation] = []
        for group in reversed(self._groups):
            if self.most is not None and len(newest) >= self.most:
                break
            detail = group.detail()
            newest.extend(
                Violation(
                    kind=group.kind,
                    request=group.flagged.number,
                    at=group.flagged.at,
                    detail=detail,
                    job=job,
                    event=group.flagged.event,
                )
                for job in reversed([*group.jobs])
            )
        return tuple(reversed(newest[: self.most]))


def newest_of_both(
    one: Violations, other: Violations, *, most: int | None
) -> tuple[Violation, ...]:
    """Return the newest violations of both in the order of time, or all if `most` is None."""
    in_order = tuple(heapq.merge(one.newest(), other.newest(), key=attrgetter("at")))
    return in_order if most is None else in_order[-most:]
