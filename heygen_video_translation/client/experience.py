"""What a client has learned about a server: how long jobs take and how far estimates are off."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from .durations import (
    NO_DURATIONS,
    NO_TRAITS,
    QUANTILE_DISTANCE,
    Durations,
    Traits,
    finite_number,
    read_durations,
)
from .regression import RETENTION

if TYPE_CHECKING:
    from collections.abc import Sequence

ASSUMED_SPREAD = 0.5
"""Standard deviation of ln(true/estimate), assumed for a server that sends no range."""

MIN_SPREAD = 0.02
"""Smallest spread by which an estimate is judged; round trips and clocks are not more precise."""

MAX_SPREAD = 1.2
"""Largest spread that a range can stand for; the table in `schedule` ends there."""

MIN_ESTIMATE = 0.5
"""Seconds below which two estimates, or two remaining times, count as equal."""

RANGE_WEIGHT = 4.0
"""Number of jobs that weigh as much as a range sent by the server."""

ASSUMED_SPREAD_WEIGHT = 0.4
"""Number of jobs that weigh as much as `ASSUMED_SPREAD`."""

BIAS_SPREAD = 0.5
"""Standard deviation of the bias of servers in general, as a logarithm: a factor of 1.65."""

MAX_ERROR = 5.0
"""Largest ln(true/estimate) that is learned, so that one absurd estimate does not dominate."""


VERSION = 1
"""The version of the documents of `Experience.to_json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A server's estimate: `seconds` left, received at `received_at`, with the spread it claims."""

    received_at: float
    seconds: float
    spread: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateErrors:
    """The mean over a job's estimates of p, p·e and p·e², where e is ln(true/estimate).

    p is 1/s², and s the spread that the server claims, or `ASSUMED_SPREAD`.
    """

    precision: float
    weighted: float
    squares: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What one finished job says about those to come.

    `duration` is in seconds, from its creation to its end. `overdue` are the seconds for which it
    continued after an estimate of 0. What is `None` says nothing.
    """

    duration: float | None = None
    traits: Traits = NO_TRAITS
    errors: EstimateErrors | None = None
    overdue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What a client learned about a server from jobs that it followed to their end.

    The model is ln(true/estimate) ~ N(shift, (scale · s)²), where s is the spread that the server
    claims, or `ASSUMED_SPREAD`. `shift` and `scale` are posterior means that start at 0 and 1. All
    estimates of one job together count as one observation, because their errors are correlated.

    `jobs` is the number of jobs, older ones counting less; `precision`, `weighted` and `squares`
    are sums over their errors; `durations` are those of whole jobs, `overdue` the times for which
    jobs continued after an estimate of 0.
    """

    jobs: float = 0.0
    precision: float = 0.0
    weighted: float = 0.0
    squares: float = 0.0
    durations: Durations = NO_DURATIONS
    overdue: Durations = NO_DURATIONS

    def after(self, lesson: Lesson) -> Experience:
        """Return the experience with one more job."""
        experience = self
        if (errors := lesson.errors) is not None:
            experience = replace(
                experience,
                jobs=self.jobs * RETENTION + 1.0,
                precision=self.precision * RETENTION + errors.precision,
                weighted=self.weighted * RETENTION + errors.weighted,
                squares=self.squares * RETENTION + errors.squares,
            )
        if lesson.duration is not None:
            durations = self.durations.after(lesson.duration, lesson.traits)
            experience = replace(experience, durations=durations)
        if lesson.overdue is not None:
            experience = replace(experience, overdue=self.overdue.after(lesson.overdue))
        return experience

    def to_json(self) -> str:
        """Return the experience as a JSON document, for `from_json`."""
        return json.dumps({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, document: str | bytes) -> Self:
        """Return the experience in a document of `to_json`.

        Raises `ValueError` for any other document, and for one of a later version.
        """
        try:
            return cls._read(json.loads(document))
        except (
            ArithmeticError,
            AttributeError,
            KeyError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            raise ValueError(f"not a document of Experience.to_json: {error!r}") from error

    @classmethod
    def _read(cls, document: Any) -> Self:
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']!r}, not {VERSION}")
        names = ("jobs", "precision", "weighted", "squares")
        return cls(
            **{name: finite_number(document[name]) for name in names},
            durations=read_durations(document["durations"]),
            overdue=read_durations(document["overdue"]),
        )

    def scale(self, *, claimed: bool) -> float:
        """Return the factor by which the true spread exceeds the claimed or the assumed one."""
        weight = RANGE_WEIGHT if claimed else ASSUMED_SPREAD_WEIGHT
        residue = self.squares
        if self.precision > 0.0:
            residue -= self.weighted**2 / self.precision
        return math.sqrt((weight + max(residue, 0.0)) / (weight + max(self.jobs - 1.0, 0.0)))

    def shift(self, *, claimed: bool) -> float:
        """Return the mean of ln(true/estimate), close to 0 while few jobs have been seen."""
        if self.precision == 0.0:
            return 0.0
        return self.weighted / (self.precision + (self.scale(claimed=claimed) / BIAS_SPREAD) ** 2)


NO_EXPERIENCE = Experience()


def errors_of(estimates: Sequence[Estimate], *, ended_at: float) -> EstimateErrors | None:
    """Return how far the estimates of a job that ended at `ended_at` were off."""
    errors = []
    for estimate in estimates:
        left = ended_at - estimate.received_at
        if estimate.seconds > 0.0 and left > 0.0:
            spread = ASSUMED_SPREAD
            if estimate.spread is not None:
                spread = max(estimate.spread, MIN_SPREAD)
            error = math.log(max(left, MIN_ESTIMATE) / max(estimate.seconds, MIN_ESTIMATE))
            errors.append((1.0 / spread**2, max(-MAX_ERROR, min(MAX_ERROR, error))))
    if not errors:
        return None
    share = 1.0 / len(errors)
    return EstimateErrors(
        precision=share * sum(p for p, _ in errors),
        weighted=share * sum(p * e for p, e in errors),
        squares=share * sum(p * e * e for p, e in errors),
    )


def claimed_spread(estimate_range: tuple[float, float] | None) -> float | None:
    """Return the standard deviation of ln(true/estimate) that a 10 % to 90 % range stands for.

    The result is `None` without a range, and 0 for a range that is a point.
    """
    if estimate_range is None:
        return None
    low, high = estimate_range
    if high - low < 1e-6:  # noqa: PLR2004  # a microsecond
        return 0.0
    return min(math.log(high / max(low, high * 1e-3)) / QUANTILE_DISTANCE, MAX_SPREAD)
