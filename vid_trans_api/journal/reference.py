"""The reference: what a job would have cost if it had been polled at intervals of √(2·age)."""

import math
from dataclasses import dataclass
from typing import Final

FIRST_POLL: Final = 1.0
"""Seconds after the creation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The polls that a job would have taken, the last of which finds that it has ended."""

    polls: int
    late: float
    """Seconds from the job's end to the last poll."""


def reference_of(duration: float) -> Reference:
    """Return the reference of a job that ended `duration` seconds after its creation.

    Each poll follows √(2·age) seconds after the one before, as `Snapshot.retry_after` says without
    an estimate: the optimum if nothing is known about the duration and a second of delay costs as
    much as a request (Barlow, Hunter, Proschan, Optimum checking procedures, 1963, with a
    scale-free prior).
    """
    age, polls = FIRST_POLL, 1
    while age < duration:
        age += math.sqrt(2 * age)
        polls += 1
    return Reference(polls=polls, late=age - duration)
