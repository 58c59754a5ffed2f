"""Simulated clocks, which freeze, advance or speed up the time of a workspace."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The earliest time a clock can be set to, so that subtracting an age cannot overflow."""

LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""The time at which every clock stops, well before the largest `datetime`."""


class ClockState(StrEnum):
    """How the time of a workspace passes."""

    REAL = "real"
    """It is the server's time."""
    FROZEN = "frozen"
    """It changes only if a request advances it."""
    RUNNING = "running"
    """It runs at its own speed from its own start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClock:
    """A clock that showed `at` at the server time `since` and has run at `speed` from then on.

    It never runs backwards: it stands still while the server's clock is before `since`.
    """

    at: datetime
    since: datetime
    speed: float
    """Simulated seconds per second of the server; 0 if the clock is frozen."""

    def read(self, real: datetime) -> datetime:
        """Return the simulated time at the server time `real`."""
        elapsed = max(0.0, (real - self.since).total_seconds()) * self.speed
        left = (LATEST - self.at).total_seconds()
        return self.at + timedelta(seconds=elapsed) if elapsed < left else max(self.at, LATEST)

    @property
    def state(self) -> ClockState:
        return ClockState.RUNNING if self.speed else ClockState.FROZEN

    def to_json(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "since": self.since.isoformat(), "speed": self.speed}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(
            at=datetime.fromisoformat(stored["at"]),
            since=datetime.fromisoformat(stored["since"]),
            speed=stored["speed"],
        )
