"""The server's clock: it never goes back, whatever happens to the machine's."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api import clock


def test_clock_starts_at_the_machines_time() -> None:
    difference = clock.now() - datetime.now(UTC)

    assert abs(difference) < timedelta(seconds=5)


def test_clock_goes_on_if_the_machines_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    elapsed = clock.now() - before

    assert timedelta(0) <= elapsed < timedelta(seconds=5)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has this clock")
def test_clock_goes_on_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    a_day_later = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 86_400 * 10**9
    readings = {time.CLOCK_BOOTTIME: a_day_later}
    before = clock.now()
    monkeypatch.setattr(time, "clock_gettime_ns", readings.__getitem__)

    elapsed = clock.now() - before

    assert timedelta(days=1) - timedelta(seconds=1) < elapsed <= timedelta(days=1)
