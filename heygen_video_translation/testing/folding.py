"""Folding of lines that repeat, once or in cycles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_LONGEST_CYCLE: Final = 10
_FEWEST_REPETITIONS: Final = 3
_INDENT: Final = " " * 14
"""Below the text after the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The lines about one event."""

    at: float
    """In seconds."""
    lines: Sequence[str]
    kind: tuple[object, ...]
    """Events repeat if these are equal."""


def fold(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the lines; of entries that repeat, only the first, and how many more there are."""
    start = 0
    while start < len(entries):
        length, count = max(
            ((length, _count(entries, start, length)) for length in range(1, _LONGEST_CYCLE + 1)),
            key=lambda cycle: (cycle[1] - 1) * cycle[0],
        )
        for entry in entries[start : start + length]:
            yield from entry.lines
        if more := (count - 1) * length:
            times = [entries[start + number * length].at for number in range(count)]
            which = f" like the last {length}" if length > 1 else ""
            yield f"{_INDENT}… {more} more{which}, every {_interval(times)}"
        start += length * count


def _count(entries: Sequence[Entry], start: int, length: int) -> int:
    """Return how often a cycle repeats from `start` on; 1 if that is too seldom to fold it."""
    kinds = [entry.kind for entry in entries[start : start + length]]
    count = 1
    while [
        entry.kind for entry in entries[start + count * length : start + (count + 1) * length]
    ] == kinds:
        count += 1
    return count if count >= _FEWEST_REPETITIONS else 1


def _interval(times: Sequence[float]) -> str:
    gaps = [f"{later - earlier:.3f}" for earlier, later in pairwise(times)]
    shortest, longest = min(gaps, key=float), max(gaps, key=float)
    return f"{shortest} s" if shortest == longest else f"{shortest} to {longest} s"
