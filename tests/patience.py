"""Waiting for events with a deadline, and measuring durations on a busy machine."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 60.0
"""Seconds within which an event must happen, also on a busy machine."""

PROGRAM_TIMEOUT: Final = 300.0
"""Seconds until a program that hangs is killed, such as a run of pytest that starts a server."""

_INTERVAL: Final = 0.02


def eventually(condition: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """Wait until the condition is true or the time is over; return its last value."""
    deadline = time.monotonic() + patience
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(_INTERVAL)
    return value


def shortest_of(count: int, measure: Callable[[], float]) -> float:
    """Measure a duration several times and return the shortest.

    A busy machine makes some of the measurements longer and none shorter, so the shortest is
    closest to what the code needs.
    """
    return min(measure() for _ in range(count))
