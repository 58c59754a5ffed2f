"""What a simulated clock shows."""

from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api.simulation.clocks import LATEST, ClockState, SimulatedClock

SOME_DAY = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_clock_runs_at_its_speed_from_its_start() -> None:
    since = SOME_DAY + timedelta(days=9)
    clock = SimulatedClock(at=SOME_DAY, since=since, speed=60)

    assert clock.read(since + timedelta(seconds=2)) == SOME_DAY + timedelta(minutes=2)


def test_frozen_clock_stands_still() -> None:
    clock = SimulatedClock(at=SOME_DAY, since=SOME_DAY, speed=0)

    assert clock.read(SOME_DAY + timedelta(days=9)) == SOME_DAY


def test_clock_stands_still_if_the_servers_clock_is_set_back() -> None:
    clock = SimulatedClock(at=SOME_DAY, since=SOME_DAY, speed=60)

    assert clock.read(SOME_DAY - timedelta(hours=1)) == SOME_DAY


def test_clock_stops_at_the_latest_time() -> None:
    clock = SimulatedClock(at=SOME_DAY, since=SOME_DAY, speed=100_000)

    assert clock.read(SOME_DAY + timedelta(days=30 * 365)) == LATEST


@pytest.mark.parametrize(("speed", "state"), [(0, ClockState.FROZEN), (2.5, ClockState.RUNNING)])
def test_state_of_a_clock_follows_from_its_speed(speed: float, state: ClockState) -> None:
    assert SimulatedClock(at=SOME_DAY, since=SOME_DAY, speed=speed).state is state


def test_clock_is_equal_after_storing_it_as_json() -> None:
    clock = SimulatedClock(at=SOME_DAY, since=SOME_DAY + timedelta(days=9), speed=2.5)

    assert SimulatedClock.from_json(clock.to_json()) == clock
