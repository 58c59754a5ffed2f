"""What time it is: the one clock of the server, which never runs back."""

import time
from datetime import UTC, datetime, timedelta


def _read_both() -> tuple[int, datetime, int]:
    """Return the wall clock and monotonic time, after how long it took to read both, in ns.

    Processes that share a store have to agree on the time: one that was suspended between the two
    readings would be behind the others for as long as it runs.
    """
    before = time.monotonic_ns()
    wall = datetime.now(UTC)
    return time.monotonic_ns() - before, wall, before


_, _STARTED_AT, _STARTED_NS = min(_read_both() for _ in range(10))


def now() -> datetime:
    """Return this instant: the wall clock at the start of the process plus monotonic time.

    Setting the machine's clock moves it only at the next start.
    """
    elapsed_us = (time.monotonic_ns() - _STARTED_NS) // 1000
    return _STARTED_AT + timedelta(microseconds=elapsed_us)
