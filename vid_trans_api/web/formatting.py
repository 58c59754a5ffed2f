"""Template filters for durations and shares; live.js formats them in the same way."""

import math
from datetime import datetime
from typing import Final

from django import template

from vid_trans_api.models import Job
from vid_trans_api.snapshots import Estimate, Snapshot

register = template.Library()

_UNITS: Final = ((1, "s"), (60, "min"), (3600, "h"), (86_400, "d"))
_TWO_DIGITS: Final = 99.5
_LAST_MOMENT: Final = 0.5  # seconds
_LARGEST_PENDING: Final = 99  # per cent


CANCELED: Final = "canceled"


@register.filter
def state(snapshot: Snapshot, job: Job) -> str:
    """Return what a job is to people: its status, or `canceled`.

    The API has no status of its own for canceled jobs.
    """
    is_canceled = snapshot.status.is_terminal and job.canceled_at is not None
    return CANCELED if is_canceled else snapshot.status.value


@register.filter
def duration(seconds: float) -> str:
    """Format seconds in the smallest unit that needs at most two digits: `12 s`, `2 min`."""
    size, unit = next(
        ((size, unit) for size, unit in _UNITS if seconds / size < _TWO_DIGITS), _UNITS[-1]
    )
    return f"{math.floor(seconds / size + 0.5)} {unit}"


@register.filter
def since(end: datetime, start: datetime) -> float:
    """Return the seconds between two instants; 0 if the clock was set back."""
    return max(0.0, (end - start).total_seconds())


@register.filter
def lateness(seconds: float) -> str:
    """Format the seconds after an end: `1.50 s early`, `0.20 s late`."""
    return f"{abs(seconds):.2f} s {'early' if seconds < 0 else 'late'}"


@register.filter
def left(estimate: Estimate) -> str:
    """Format the time left: `about 12 s left`."""
    if estimate.remaining < _LAST_MOMENT:
        return "any moment now"
    return f"about {duration(estimate.remaining)} left"


@register.filter
def span(estimate: Estimate) -> str:
    """Format the range of the time left with an en dash; empty if both ends look the same."""
    low, high = duration(estimate.low), duration(estimate.high)
    if low == high:
        return ""
    low = low.removesuffix(high.partition(" ")[2]).rstrip()
    return f"{low}–{high}"  # noqa: RUF001 (an en dash)


@register.filter
def percent(progress: float) -> str:
    """Format a share in whole per cent; only a completed job has 100."""
    share = math.floor(progress * 100)
    return f"{share if progress == 1 else min(share, _LARGEST_PENDING)} %"
