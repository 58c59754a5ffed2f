"""What time it is: the server's one clock, which never runs back.

It is monotonic time plus an offset that follows the wall clock slowly: for each minute, it is
decided at its beginning how much the clock gains or loses within it. So it does not drift from the
wall clock, and does not jump with it. All processes of a machine that share these decisions
(`share`) agree on the time, as monotonic time is the same for all of them. On Linux, it goes on
while the machine is suspended.

On PostgreSQL, responses have the database's time, so that machines agree. There, this clock follows
the database's (`follow`) and says only when requests were received and responded to.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOOTTIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # of Linux

_SECOND: Final = 10**9  # nanoseconds
_MINUTE: Final = 60 * _SECOND
_SLOWEST_GAIN: Final = 100
"""Within this many seconds, the clock gains or loses one second at most."""

_READING_AGE: Final = 10 * _SECOND
"""For how long a quick reading of the database's clock is preferred to slower ones."""


class Stretch(NamedTuple):
    """What the clock shows for a while. All values are nanoseconds."""

    begins_at: int
    """In monotonic time, as the end."""
    ends_at: int
    shows: int
    """At the beginning, since 1970."""
    gain: int = 0
    """How much more it shows at the end than monotonic time would add."""

    def at(self, monotonic: int) -> int:
        """Return what the clock shows at an instant of monotonic time, not before the beginning.

        After the end, it neither gains nor loses anything.
        """
        elapsed, length = monotonic - self.begins_at, self.ends_at - self.begins_at
        return self.shows + elapsed + self.gain * min(elapsed, length) // length


Share = Callable[[Callable[[Stretch | None], Stretch]], Stretch]
"""Replaces the stretch that processes share by what a function makes of it, and returns the result.

Only one process at a time does this. The function gets None if the machine has started since.
"""


def monotonic_ns() -> int:
    return time.monotonic_ns() if _BOOTTIME is None else time.clock_gettime_ns(_BOOTTIME)


def now() -> datetime:
    """Return this instant. Setting the machine's clock does not change it."""
    monotonic, stretch = monotonic_ns(), _stretch
    if monotonic >= stretch.ends_at:
        stretch = _renew()
        monotonic = monotonic_ns()
    return _EPOCH + timedelta(microseconds=stretch.at(monotonic) // 1000)


def share(share: Share) -> None:
    """Agree from now on with the processes that share their decisions in this way."""
    global _share  # noqa: PLW0603 (each process has one clock)
    with _deciding:
        _share = share
    _renew(is_forced=True)


def follow(instant: datetime, *, asked_at: int) -> datetime:
    """Follow the database's clock, which was read since `asked_at`, and return its instant.

    `asked_at` is in monotonic time. The quicker a reading was, the more exact is this clock.
    """
    global _stretch, _quickest, _quick_until  # noqa: PLW0603 (each process has one clock)
    answered_at = monotonic_ns()
    took = answered_at - asked_at
    if took <= _quickest or answered_at >= _quick_until:
        shows = (instant - _EPOCH) // timedelta(microseconds=1) * 1000
        begins_at = asked_at + took // 2
        _stretch = Stretch(begins_at, begins_at + 10**9 * _MINUTE, shows)
        _quickest, _quick_until = took, answered_at + _READING_AGE
    return instant


def _renew(*, is_forced: bool = False) -> Stretch:
    global _stretch  # noqa: PLW0603 (each process has one clock)
    with _deciding:
        if is_forced or monotonic_ns() >= _stretch.ends_at:
            _stretch = _share(_next)
        return _stretch


def _next(last: Stretch | None) -> Stretch:
    """Return what the clock shows in the next minute; `last` if that is not over."""
    offset = min(_read_both() for _ in range(10))[1]
    monotonic = monotonic_ns()
    if last is None or monotonic < last.begins_at:
        return Stretch(monotonic, monotonic + _MINUTE, monotonic + offset)
    if monotonic < last.ends_at:
        return last
    shows = last.at(monotonic)
    most = _MINUTE // _SLOWEST_GAIN
    gain = max(-most, min(most, monotonic + offset - shows))
    return Stretch(monotonic, monotonic + _MINUTE, shows, gain)


def _read_both() -> tuple[int, int]:
    """Return how long it took to read both clocks, and wall clock minus monotonic time, in ns."""
    before = monotonic_ns()
    wall = time.time_ns()
    return monotonic_ns() - before, wall - before


def _share_with_none(decide: Callable[[Stretch | None], Stretch]) -> Stretch:
    return decide(_stretch)


_deciding: Final = threading.Lock()
_share: Share = _share_with_none
_stretch: Stretch = _next(None)
_quickest, _quick_until = 0, 0
