"""What time it is: the one clock of the server, which never runs back."""

import time
from datetime import UTC, datetime, timedelta

_STARTED_AT = datetime.now(UTC)
_STARTED_NS = time.monotonic_ns()


def now() -> datetime:
    """Return this instant: the wall clock at the start of the process plus monotonic time.

    Setting the machine's clock moves it only at the next start.
    """
    elapsed_us = (time.monotonic_ns() - _STARTED_NS) // 1000
    return _STARTED_AT + timedelta(microseconds=elapsed_us)
