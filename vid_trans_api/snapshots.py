"""What a job's facts mean at one instant."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import models

from vid_trans_api.simulation.estimates import Estimate
from vid_trans_api.simulation.plans import Failure

LONGEST_RETRY_AFTER: Final = 60
"""Seconds: no client is asked to stay away for longer."""


class Status(models.TextChoices):
    """What a job is at an instant; `completed` and `error` are terminal."""

    PENDING = "pending"
    """It has not ended yet, and it may never end."""
    COMPLETED = "completed"
    """Its translated video can be downloaded."""
    ERROR = "error"
    """It failed, or it was canceled; its failure says which."""

    @property
    def is_terminal(self) -> bool:
        return self is not Status.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a job's facts mean at one instant; computed, never stored."""

    status: Status
    age: float
    """Seconds since the job was created."""
    progress: float | None
    """Share done, 0 to 1, as far as the estimate goes; None where there is none."""
    estimate: Estimate | None
    """None where the time left is unknown, and once the job has ended."""
    finished_at: datetime | None
    failure: Failure | None
    is_silent: bool = False
    """Whether it does not even tell when to ask again."""

    @property
    def retry_after(self) -> int | None:
        """The whole seconds after which to ask again, for clients that read no body.

        None where the job is silent.

        It aims at the lower end of the estimate; without one, at an interval that grows with the
        square root of the age, the optimum where nothing is known (Barlow, Hunter, Proschan,
        Optimum checking procedures, 1963, for a scale-free prior and a second of delay that costs
        as much as a request).
        """
        if self.is_silent:
            return None
        if self.status.is_terminal:
            return 1
        seconds = math.sqrt(2 * self.age) if self.estimate is None else self.estimate.low
        return max(1, min(LONGEST_RETRY_AFTER, math.ceil(seconds)))
