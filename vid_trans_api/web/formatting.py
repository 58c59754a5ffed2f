"""How templates write times and shares; live.js writes them the same between two answers."""

import math
from datetime import datetime
from typing import Final

from django import template

from vid_trans_api.snapshots import Estimate

register = template.Library()

_UNITS: Final = ((1, "s"), (60, "min"), (3600, "h"), (86_400, "d"))
_MOST_OF_A_UNIT: Final = 99.5
_LAST_MOMENT: Final = 0.5  # seconds
_MOST_WHILE_PENDING: Final = 99  # per cent


def _in_unit(seconds: float) -> tuple[int, str]:
    """Return how many, and of what: the smallest unit that needs two digits at most."""
    size, unit = next(
        ((size, unit) for size, unit in _UNITS if seconds / size < _MOST_OF_A_UNIT), _UNITS[-1]
    )
    return math.floor(seconds / size + 0.5), unit


@register.filter
def duration(seconds: float) -> str:
    """Write seconds as a person would say them: `12 s`, `2 min`."""
    count, unit = _in_unit(seconds)
    return f"{count} {unit}"


@register.filter
def since(end: datetime, start: datetime) -> float:
    """Return the seconds from one instant to another, 0 where the clock was set back."""
    return max(0.0, (end - start).total_seconds())


@register.filter
def against(lateness: float) -> str:
    """Write seconds from an end to something: `1.50 s early`, `0.20 s late`."""
    return f"{abs(lateness):.2f} s {'early' if lateness < 0 else 'late'}"


@register.filter
def left(estimate: Estimate) -> str:
    """Write the time left: `about 12 s left`."""
    if estimate.remaining < _LAST_MOMENT:
        return "any moment now"
    return f"about {duration(estimate.remaining)} left"


@register.filter
def span(estimate: Estimate) -> str:
    """Write the range of the time left, `9-16 s` with a dash; nothing where it is a point."""
    low, high = duration(estimate.low), duration(estimate.high)
    if low == high:
        return ""
    shared = low.removesuffix(high.partition(" ")[2]).rstrip()
    return f"{shared}–{high}"  # noqa: RUF001 (an en dash stands between numbers)


@register.filter
def percent(progress: float) -> str:
    """Write a share in whole per cent; only what has ended has all of them."""
    share = math.floor(progress * 100)
    return f"{share if progress == 1 else min(share, _MOST_WHILE_PENDING)} %"
