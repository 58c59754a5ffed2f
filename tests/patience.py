"""How tests get along with machines of any speed: what is awaited may come late, never not."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 60.0
"""Seconds within which even a busy machine has got round to something."""

_LOOKING_EVERY: Final = 0.02
_ROUNDS: Final = 10


def eventually(question: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """Ask until the answer is true, or patience is over; return the last answer."""
    deadline = time.monotonic() + patience
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(_LOOKING_EVERY)
    return answer


def soonest(measure: Callable[[], float], *, enough: float) -> float:
    """Measure how long something takes until that is little enough; return the shortest time.

    A busy machine makes some rounds slow and none fast: the best of a few tells what the code does.
    """
    shortest = measure()
    for _ in range(_ROUNDS - 1):
        if shortest < enough:
            break
        shortest = min(shortest, measure())
    return shortest


def ever_longer(seconds: float) -> Iterator[float]:
    """Give that time first, and then longer ones, up to a minute.

    The slower the machine, the longer has to last what is to be seen while it lasts.
    """
    while seconds <= PATIENCE:
        yield seconds
        seconds *= 3
