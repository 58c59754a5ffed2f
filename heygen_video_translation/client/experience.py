"""What a client has learned about a server: how long jobs take and how far estimates are off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RETENTION = 0.99
"""Share of what was learned that is kept per further job: about the last hundred jobs count."""

ASSUMED_SPREAD = 0.5
"""Standard deviation of ln(true/estimate), assumed for a server that sends no range."""

MIN_SPREAD = 0.02
"""Smallest spread by which an estimate is judged; round trips and clocks are not more precise."""

MAX_SPREAD = 1.2
"""Largest spread that a range can stand for; the table in `schedule` ends there."""

MIN_ESTIMATE = 0.5
"""Seconds below which two estimates, or two remaining times, count as equal."""

QUANTILE_DISTANCE = 2.563
"""Standard deviations between the 10 % and the 90 % point of a normal distribution."""

RANGE_WEIGHT = 4.0
"""Number of jobs that weigh as much as a range sent by the server."""

ASSUMED_SPREAD_WEIGHT = 0.4
"""Number of jobs that weigh as much as `ASSUMED_SPREAD`."""

BIAS_SPREAD = 0.5
"""Standard deviation of the bias of servers in general, as a logarithm: a factor of 1.65."""

MIN_DURATION = 0.05
"""Shortest duration in seconds that is learned; the logarithm of 0 is infinite."""

MAX_ERROR = 5.0
"""Largest ln(true/estimate) that is learned, so that one absurd estimate does not dominate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """A lognormal distribution of durations, learned one by one.

    `count` is the number of durations, older ones counting less; `mean` is the mean of their
    logarithms and `squares` the sum of the squared deviations from it.
    """

    count: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    def after(self, seconds: float) -> Durations:
        """Return the distribution with one more duration.

        The update is West's for weighted data (Communications of the ACM 22 (1979) 532).
        """
        value = math.log(max(seconds, MIN_DURATION))
        count = self.count * RETENTION + 1.0
        deviation = value - self.mean
        mean = self.mean + deviation / count
        return Durations(
            count=count,
            mean=mean,
            squares=self.squares * RETENTION + deviation * (value - mean),
        )

    @property
    def spread(self) -> float:
        """The standard deviation of the logarithm of the next duration; always above 0."""
        variance = (self.squares + 0.25) / max(self.count, 1.0)
        return math.sqrt(variance * (1.0 + 1.0 / max(self.count, 1.0)))

    def hazard(self, age: float) -> float:
        """Return the probability per second that something of this age, in seconds, ends now.

        The distribution is a mixture of the learned lognormal and, with the weight of one
        observation, a scale-free one with survival 1 / (1 + age / median). The latter prevents that
        a job which outlives everything seen so far is expected to end at any moment.
        """
        if self.count == 0.0:
            return 1.0 / max(age, 1e-3)
        spread, median = self.spread, math.exp(self.mean)
        z = (math.log(max(age, 1e-3)) - self.mean) / spread
        density = math.exp(-z * z / 2.0) / (max(age, 1e-3) * spread * math.sqrt(2.0 * math.pi))
        survival = math.erfc(z / math.sqrt(2.0)) / 2.0
        scale_free = 1.0 / (1.0 + age / median)
        weight = self.count / (self.count + 1.0)
        ending = weight * density + (1.0 - weight) * scale_free * scale_free / median
        return ending / (weight * survival + (1.0 - weight) * scale_free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A server's estimate: `seconds` left, received at `received_at`, with the spread it claims."""

    received_at: float
    seconds: float
    spread: float | None = None


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
    durations: Durations = Durations()
    overdue: Durations = Durations()

    def after_estimates(self, estimates: Sequence[Estimate], *, ended_at: float) -> Experience:
        """Return the experience with the estimates of a job that ended at `ended_at`."""
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
            return self
        share = 1.0 / len(errors)
        return replace(
            self,
            jobs=self.jobs * RETENTION + 1.0,
            precision=self.precision * RETENTION + share * sum(p for p, _ in errors),
            weighted=self.weighted * RETENTION + share * sum(p * e for p, e in errors),
            squares=self.squares * RETENTION + share * sum(p * e * e for p, e in errors),
        )

    def after_duration(self, seconds: float) -> Experience:
        """Return the experience with a job that took `seconds` from its creation to its end."""
        return replace(self, durations=self.durations.after(seconds))

    def after_overdue(self, seconds: float) -> Experience:
        """Return the experience with a job that continued for `seconds` after an estimate of 0."""
        return replace(self, overdue=self.overdue.after(seconds))

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
