"""What a job's facts mean at one instant, and the words for what can be done with jobs."""

import math
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from django.db import models

UNKNOWN_STATUS: Final = "reviewing"
"""What the fault unknown-status reports: a status that no API here has."""

LONGEST_RETRY_AFTER: Final = 60
"""Seconds. The largest Retry-After of a pending job."""


class Operation(StrEnum):
    """What a request does."""

    CREATE = "create"
    STATUS = "status"
    """Reads one job, or several by their ids."""
    LIST = "list"
    CANCEL = "cancel"
    RESULT = "result"
    DELETE = "delete"
    """No rule can name it, but rules on ANY match it."""
    UPDATE = "update"
    """Changes a job's title. No rule can name it, but rules on ANY match it."""
    UPLOAD = "upload"
    """Uploads a file. No rule can name it, but rules on ANY match it."""
    ANY = "any"
    """Not an operation of a request: rules on it match all of them."""


class Status(models.TextChoices):
    """What a job is at an instant; `completed` and `error` are terminal."""

    PENDING = "pending"
    """It has not ended yet, and it may never end."""
    COMPLETED = "completed"
    """Its translated video can be downloaded."""
    ERROR = "error"
    """It failed, or it was canceled."""

    @property
    def is_terminal(self) -> bool:
        return self is not Status.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate of the time left: its median and its 10 % and 90 % points, in seconds."""

    remaining: float
    low: float
    high: float

    def later(self, seconds: float) -> Self:
        """Return the estimate of a job that begins after so many seconds."""
        return replace(
            self,
            remaining=self.remaining + seconds,
            low=self.low + seconds,
            high=self.high + seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ended in error."""

    code: str
    message: str
    retryable: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)


CANCELED: Final = Failure(code="canceled", message="The job was canceled.", retryable=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a job's facts mean at one instant; computed, never stored."""

    status: Status
    age: float
    """Seconds since the job was created."""
    progress: float | None
    """The share done, 0 to 1, according to the estimate; None if there is none."""
    estimate: Estimate | None
    """None if the time left is unknown, and once the job has ended."""
    finished_at: datetime | None
    failure: Failure | None
    has_started: bool = True
    """Whether it has left the queue."""
    has_result: bool = False
    """Whether its result can be downloaded."""
    is_silent: bool = False
    """Whether it does not say when to poll next."""
    has_unknown_status: bool = False
    """Whether a simulated fault reports a status that no API documents."""

    @property
    def is_final(self) -> bool:
        """Whether a later one of this job says the same."""
        return self.status.is_terminal and (self.has_result or self.status is Status.ERROR)

    @property
    def retry_after(self) -> int | None:
        """The whole seconds after which to poll again; None if the job is silent.

        For clients that do not read the body. It is the lower end of the estimate's range. Without
        an estimate it grows with the square root of the age: the optimum if nothing is known about
        the duration and a second of delay costs as much as a request (Barlow, Hunter, Proschan,
        Optimum checking procedures, 1963, with a scale-free prior).
        """
        if self.is_silent:
            return None
        if self.status.is_terminal:
            return 1
        seconds = math.sqrt(2 * self.age) if self.estimate is None else self.estimate.low
        return max(1, min(LONGEST_RETRY_AFTER, math.ceil(seconds)))
