"""The server's clock: it never runs back, whatever becomes of the machine's."""

import time
from datetime import UTC, datetime

from vid_trans_api import clock


def test_the_clock_is_the_wall_clocks_to_begin_with() -> None:
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5


def test_the_clock_goes_on_where_the_machines_is_set_back(monkeypatch) -> None:
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "monotonic_ns", lambda: clock._STARTED_NS + 86_400 * 10**9)

    assert (clock.now() - clock._STARTED_AT).total_seconds() == 86_400
    assert clock.now() > before
