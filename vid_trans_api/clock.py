"""What time it is: the server's one clock, which never runs back.

It is the wall clock at one instant, the origin, plus monotonic time since then. Monotonic time is
the same for all processes of a machine, so processes with the same origin agree, whenever they
start and however the wall clock is set meanwhile. On Linux, it goes on while the machine is
suspended.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOOTTIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # of Linux


def _monotonic_ns() -> int:
    return time.monotonic_ns() if _BOOTTIME is None else time.clock_gettime_ns(_BOOTTIME)


def _read_both() -> tuple[int, int]:
    """Return how long it took to read both clocks, and wall clock minus monotonic time, in ns.

    Processes that share a database have to agree on the time: one that was suspended between the
    two readings would be behind the others for as long as it runs.
    """
    before = _monotonic_ns()
    wall = time.time_ns()
    return _monotonic_ns() - before, wall - before


_origin_ns = min(_read_both() for _ in range(10))[1]


def origin() -> int:
    """Return wall clock minus monotonic time, in nanoseconds, as this process takes it."""
    return _origin_ns


def set_origin(origin_ns: int) -> None:
    """Use the origin of another process of this machine, so that both agree on the time."""
    global _origin_ns  # noqa: PLW0603 (each process has one clock)
    _origin_ns = origin_ns


def now() -> datetime:
    """Return this instant. Setting the machine's clock does not change it."""
    return _EPOCH + timedelta(microseconds=(_origin_ns + _monotonic_ns()) // 1000)
