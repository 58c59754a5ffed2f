"""The server's clock: it never goes back, whatever happens to the machine's."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api import clock


def test_clock_starts_at_the_machines_time() -> None:
    difference = clock.now() - datetime.now(UTC)

    assert abs(difference) < timedelta(seconds=5)


def test_clock_goes_on_if_the_machines_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    a_day_later = time.monotonic_ns() + 86_400 * 10**9
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "monotonic_ns", lambda: a_day_later)

    elapsed = clock.now() - before

    assert timedelta(days=1) - timedelta(seconds=1) < elapsed <= timedelta(days=1)
