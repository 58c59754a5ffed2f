"""What SQL cannot say by itself: the time of a workspace that has a clock of its own."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Value

from vid_trans_api.simulation.clocks import SimulatedClock

_NAME: Final = "workspace_now"


def as_stored(instant: datetime) -> str:
    """Write an instant as Django does in SQLite."""
    return str(instant.astimezone(UTC).replace(tzinfo=None))


def as_it_runs(clock: SimulatedClock) -> SimulatedClock:
    """Return a workspace's clock as it runs; with the simulation off, none stands still or is slow.

    Nobody could set it going again.
    """
    if settings.SIMULATION or clock.speed >= 1:
        return clock
    return replace(clock, speed=1.0)


class WorkspaceNow(Func):
    """The time by a workspace's clock, so long ago, when the server's clock reads `real`."""

    function = _NAME
    output_field = models.DateTimeField()

    def __init__(self, clock: str, real: datetime, *, ago: timedelta = timedelta(0)) -> None:
        super().__init__(
            clock,
            Value(real, output_field=models.DateTimeField()),
            Value(ago.total_seconds(), output_field=models.FloatField()),
        )


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Make them known to a connection; a receiver of the signal that it was made."""
    connection.connection.create_function(_NAME, 3, _workspace_now, deterministic=True)


def _workspace_now(clock: str, real: str, ago: float) -> str:
    """Return an instant as Django stores it; the arguments are as they are stored."""
    instant = datetime.fromisoformat(real).replace(tzinfo=UTC)
    known = as_it_runs(SimulatedClock.from_json(json.loads(clock)))
    return as_stored(known.read(instant) - timedelta(seconds=ago))
