"""How long jobs take, learned from those that have ended, given what is known of their videos."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from .regression import NO_OBSERVATIONS, RETENTION, Prior, Regression, StudentT, Vector

MIN_DURATION = 0.05
"""Shortest duration and length in seconds that is learned; the logarithm of 0 is infinite."""

REFERENCE_LENGTH = 180.0
"""Length of a video in seconds to which what is published about durations refers."""

QUANTILE_DISTANCE = 2.563
"""Standard deviations between the 10 % and the 90 % point of a normal distribution."""

SHAPE = 1.0
SPREAD = 0.6
"""Standard deviation of ln(duration) that is assumed, with a weight of two jobs."""

SPREAD_BY_LENGTH = 0.3
"""The same of jobs whose videos have the same length."""

VAGUE, PUBLISHED = 0.01, 1.0
"""Number of jobs that weigh as much as what is assumed about the typical duration."""

SLOPE, SLOPE_WEIGHT = 1.0, 4.0
"""Assumed change of ln(duration) per ln(length), and the number of jobs that weigh as much.

That is a duration in proportion to the length.
"""

EFFECT_WEIGHT = 1.0
"""Number of jobs of a mode that weigh as much as the assumption that it has no effect."""

LANGUAGE_WEIGHT = 4.0
"""The same for a language."""

CAUTION = 2.0
"""Logarithm of the odds that are assumed against a dependence on the length."""

OUTLIERS = 0.01
"""Assumed share of jobs that are unlike all others, such as those that never end.

Without it, a job that outlives all others would be expected to end at any moment.
"""

PRECISION = 1e-3
"""Largest error of the logarithm of a quantile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known at a job's start of how long it takes.

    `video_duration` is in seconds. `is_precise` says whether the slower of two modes is used.
    `language` is the one to translate into.
    """

    video_duration: float | None = None
    language: str | None = None
    is_precise: bool = False
    is_audio_only: bool = False


NO_TRAITS = Traits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The distribution of a job's duration in seconds.

    Its logarithm has each of the distributions `parts` with a weight; the weights add up to 1.
    """

    parts: tuple[tuple[float, StudentT], ...]

    def survival(self, age: float) -> float:
        """Return the probability that the job takes longer than `age`, in seconds."""
        value = math.log(max(age, MIN_DURATION))
        return sum(weight * part.survival(value) for weight, part in self.parts)

    def hazard(self, age: float) -> float:
        """Return the probability per second that a job of this age, in seconds, ends now."""
        age = max(age, MIN_DURATION)
        value = math.log(age)
        density = sum(weight * part.density(value) for weight, part in self.parts) / age
        return density / max(self.survival(age), 1e-300)

    @property
    def width(self) -> float:
        """Seconds within which the distribution does not change much."""
        return min(math.exp(part.center) * min(part.scale, 1.0) for _, part in self.parts)

    def quantile(self, survival: float) -> float:
        """Return the duration in seconds that is exceeded with this probability, above 0."""
        low, high = math.log(MIN_DURATION), 50.0
        while high - low > PRECISION:
            middle = (low + high) / 2.0
            low, high = (
                (middle, high) if self.survival(math.exp(middle)) > survival else (low, middle)
            )
        return math.exp((low + high) / 2.0)

    def remaining(self, age: float) -> tuple[float, float, float]:
        """Return the 10 %, 50 % and 90 % point of the seconds left to a job of this age."""
        survival = self.survival(age)
        low, median, high = (
            max(self.quantile(share * survival) - age, 0.0) for share in (0.9, 0.5, 0.1)
        )
        return low, median, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """The durations of jobs that have ended, as far as they help to forecast further ones.

    There are two models, `plain` by mode and language, and `by_length`, which knows only jobs with
    videos of known length. A forecast averages them by how well each has predicted these jobs
    (Hoeting et al., Bayesian model averaging, Statistical Science 14 (1999) 382): `evidence` is the
    logarithm of the ratio of their predictive likelihoods. So a length that says nothing does no
    harm. `published` are the 10 % and the 90 % point of what is published about durations.
    """

    published: tuple[float, float] | None = None
    plain: Regression = NO_OBSERVATIONS
    by_length: Regression = NO_OBSERVATIONS
    evidence: float = 0.0

    @property
    def count(self) -> float:
        """The number of jobs, older ones counting less."""
        return self.plain.count

    def after(self, seconds: float, traits: Traits = NO_TRAITS) -> Durations:
        """Return the durations with that of one more job."""
        value = math.log(max(seconds, MIN_DURATION))
        durations = replace(self, plain=self.plain.after(_mode(traits), value, traits.language))
        x = _length_and_mode(traits)
        if x is None:
            return durations
        by_length = self._predict_by_length(x, traits).density(value)
        ratio = math.log(max(by_length, 1e-9) / max(self._predict(traits).density(value), 1e-9))
        return replace(
            durations,
            by_length=self.by_length.after(x, value, traits.language),
            evidence=self.evidence * RETENTION + ratio,
        )

    def forecast(self, traits: Traits = NO_TRAITS) -> Forecast | None:
        """Return how long a job is going to take, or `None` if nothing is known about that."""
        if not self.count and self.published is None:
            return None
        plain, x = self._predict(traits), _length_and_mode(traits)
        count = self.by_length.count
        usual, outlier = 1.0 - OUTLIERS, StudentT(freedom=1.0, center=plain.center, scale=1.0)
        if x is None or not count:
            return Forecast(parts=((usual, plain), (OUTLIERS, outlier)))
        odds = max(min(self.evidence - CAUTION, 50.0), -50.0)
        weight = 1.0 / (1.0 + math.exp(-odds))
        parts = (
            (usual * (1.0 - weight), plain),
            (usual * weight, self._predict_by_length(x, traits)),
            (OUTLIERS, outlier),
        )
        return Forecast(parts=parts)

    def _predict(self, traits: Traits) -> StudentT:
        center, weight = self._typical
        prior = Prior(
            means=(center, 0.0, 0.0),
            weights=(weight, EFFECT_WEIGHT, EFFECT_WEIGHT),
            shape=SHAPE,
            spread=SPREAD,
            group_weight=LANGUAGE_WEIGHT,
        )
        return self.plain.predict(_mode(traits), prior, traits.language)

    def _predict_by_length(self, x: tuple[float, ...], traits: Traits) -> StudentT:
        center, weight = self._typical
        prior = Prior(
            means=(center, SLOPE, 0.0, 0.0),
            weights=(weight, SLOPE_WEIGHT, EFFECT_WEIGHT, EFFECT_WEIGHT),
            shape=SHAPE,
            spread=SPREAD_BY_LENGTH,
            group_weight=LANGUAGE_WEIGHT,
        )
        return self.by_length.predict(x, prior, traits.language)

    @property
    def _typical(self) -> tuple[float, float]:
        """The mean of ln(duration) that is assumed, and its weight in jobs."""
        if self.published is None:
            return math.log(60.0), VAGUE
        return math.log(self.published[0] * self.published[1]) / 2.0, PUBLISHED


NO_DURATIONS = Durations()


def read_durations(document: Any) -> Durations:
    """Return the durations in a parsed JSON document; any exception if it is not one."""
    published = document["published"]
    durations = Durations(
        published=None if published is None else _numbers(published, 2),
        plain=_read_regression(document["plain"], size=3),
        by_length=_read_regression(document["by_length"], size=4),
        evidence=finite_number(document["evidence"]),
    )
    durations.forecast(Traits(video_duration=REFERENCE_LENGTH))
    return durations


def _read_regression(document: Any, *, size: int) -> Regression:
    if not document["count"]:
        return NO_OBSERVATIONS
    products = tuple(_numbers(row, size) for row in document["products"])
    if len(products) != size:
        raise ValueError(f"{len(products)} rows in place of {size}")
    return Regression(
        count=finite_number(document["count"]),
        products=products,
        moments=_numbers(document["moments"], size),
        squares=finite_number(document["squares"]),
        groups={name: _read_group(sums, size) for name, sums in document["groups"].items()},
    )


def _read_group(values: Any, size: int) -> Vector:
    count, *sums = _numbers(values, size + 2)
    if count < 0.0:
        raise ValueError(f"{count} is below 0")
    return count, *sums


def _numbers(values: Any, size: int) -> Any:
    if len(values) != size:
        raise ValueError(f"{len(values)} numbers in place of {size}")
    return tuple(map(finite_number, values))


def finite_number(value: Any) -> float:
    """Return a JSON number; `ValueError` for anything else, and for NaN and infinities."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _mode(traits: Traits) -> tuple[float, float, float]:
    return 1.0, float(traits.is_precise), float(traits.is_audio_only)


def _length_and_mode(traits: Traits) -> tuple[float, ...] | None:
    """Return the regressors of a job with a video of known length."""
    length = traits.video_duration
    if length is None or not 0.0 < length < math.inf:
        return None
    constant, *mode = _mode(traits)
    return constant, math.log(max(length, MIN_DURATION) / REFERENCE_LENGTH), *mode
