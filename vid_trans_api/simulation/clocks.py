"""Clocks: what time it is in a workspace whose time has been stopped, moved on or sped up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Where no such clock can be set before, so that there is always time to look back on."""

LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Where every such clock stops, short of the end of what instants can say."""


class ClockState(StrEnum):
    """How a workspace's time goes."""

    REAL = "real"
    """With the server's own."""
    FROZEN = "frozen"
    """Not at all, but for being moved on."""
    RUNNING = "running"
    """At a speed, from an instant of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClock:
    """A clock that read `at` when the server's clock read `since`, and runs at `speed` from there.

    It never runs back: where the server's clock reads less than `since`, it stands still.
    """

    at: datetime
    since: datetime
    speed: float
    """Its seconds for each of the server's; 0 is frozen."""

    def read(self, real: datetime) -> datetime:
        """Return what it reads when the server's clock reads `real`."""
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
