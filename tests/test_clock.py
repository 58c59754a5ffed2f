"""The server's clock: it never goes back, whatever happens to the machine's."""

import importlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from vid_trans_api import clock as server_clock
from vid_trans_api.clock import Stretch
from vid_trans_api.sqlite.clock_file import ClockFile

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Machine:
    """A machine whose clocks are set by the test."""

    def __init__(self) -> None:
        self.wall = int(START.timestamp()) * 10**9
        self.monotonic = 5 * 10**9

    def wait(self, seconds: float) -> None:
        self.wall += int(seconds * 10**9)
        self.monotonic += int(seconds * 10**9)

    def set_ahead(self, seconds: float) -> None:
        self.wall += int(seconds * 10**9)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr("time.time_ns", lambda: machine.wall)
    monkeypatch.setattr("time.monotonic_ns", lambda: machine.monotonic)
    monkeypatch.setattr("time.clock_gettime_ns", lambda _: machine.monotonic)
    return machine


@pytest.fixture
def clock(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The clock of a process that has just started on the machine."""
    yield importlib.reload(server_clock)
    monkeypatch.undo()
    importlib.reload(server_clock)


def test_clock_starts_at_the_machines_time(clock: ModuleType) -> None:
    assert clock.now() == START


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has this clock")
def test_clock_goes_on_while_the_machine_is_suspended() -> None:
    assert server_clock.monotonic_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert server_clock.monotonic_ns() >= time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 10**9


@pytest.mark.parametrize("seconds", [1, -1])
def test_clock_follows_the_machines_slowly(
    machine: Machine, clock: ModuleType, seconds: int
) -> None:
    machine.set_ahead(seconds)
    shown = []
    for _ in range(4 * 60):
        shown.append(clock.now())
        machine.wait(1)

    passed = [later - earlier for earlier, later in pairwise(shown)]
    assert all(0.99 * SECOND <= each <= 1.01 * SECOND for each in passed)
    assert clock.now() == START + (4 * 60 + seconds) * SECOND


def test_clock_goes_on_if_the_machines_is_set_back_far(machine: Machine, clock: ModuleType) -> None:
    machine.set_ahead(-86_400)

    machine.wait(600)

    assert START < clock.now() <= START + 600 * SECOND


def test_clock_follows_the_databases(machine: Machine, clock: ModuleType) -> None:
    asked_at = clock.monotonic_ns()
    machine.wait(0.2)
    clock.follow(START + 60 * SECOND, asked_at=asked_at)
    machine.wait(1000)

    assert clock.now() == START + 1060.1 * SECOND


def test_slow_reading_of_the_databases_clock_counts_less(
    machine: Machine, clock: ModuleType
) -> None:
    clock.follow(START + 60 * SECOND, asked_at=clock.monotonic_ns())
    asked_at = clock.monotonic_ns()
    machine.wait(2)
    clock.follow(START + 60 * SECOND, asked_at=asked_at)

    assert clock.now() == START + 62 * SECOND


def test_processes_that_share_a_file_agree(
    machine: Machine, clock: ModuleType, tmp_path: Path
) -> None:
    clock.share(ClockFile(tmp_path / "db").share)
    machine.wait(30)
    machine.set_ahead(-3600)

    other = importlib.reload(clock)
    alone = other.now()
    other.share(ClockFile(tmp_path / "db").share)

    assert alone == START - 3570 * SECOND
    assert other.now() == START + 30 * SECOND


def test_file_of_an_earlier_boot_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot_id = tmp_path / "boot_id"
    monkeypatch.setattr("vid_trans_api.sqlite.clock_file.BOOT_ID", boot_id)
    file, known = ClockFile(tmp_path / "db"), []

    def decide(last: Stretch | None) -> Stretch:
        known.append(last)
        return Stretch(len(known), 60, 0)

    for boot in ("one", "one", "two"):
        boot_id.write_text(boot)
        file.share(decide)

    assert known == [None, Stretch(1, 60, 0), None]
