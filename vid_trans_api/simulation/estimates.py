r"""Estimates of the time left, which are wrong in a controlled way.

Consider a job of duration T after e seconds. The time left is R = T - e. The estimate is

    R * exp(E(u))    with    u = ln(e / R),

where u is the log-odds of the true progress e / T, and the error E is a smooth function of u that
is drawn when the job is created. The reported progress is e / (e + estimate), whose log-odds are

    ln(e / estimate) = u - E(u),

so progress never decreases as long as the slope of E is at most 1. E is the sum of two parts whose
slopes have known bounds:

- the error of the first estimate, F = ln(bias) + noise * initial_error, weighted with 1 - y,
- a wander, noise * 2 * y * (1 - y) * (two sine waves), which is zero at the start and at the end.

Here y = 1 / (1 + exp(-s * u)) rises from 0 to 1 with the progress, and the waves are functions of
s * u too. The factor s is 1, or less if the slopes could otherwise add up to more than 0.95.

The wander keeps a client from computing the true end from two estimates. For the same reason, the
range (10 % to 90 %) is computed from the *reported* progress: it is as wide as the error of an
unbiased job is there on average. Computed from the true progress, its width would reveal the end.

That is the profile `converging`. The others are built from it:

- `countdown` and `frozen` use only the first estimate and the elapsed time, so they contain no
  information about the end.
- `backwards` shows the estimate and progress of half the age during a third of the time. Whether it
  does depends on the logarithm of the age, so that short and long jobs jump about as often.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vid_trans_api.snapshots import Estimate

Z90: Final = 1.2815515655446004
"""The 90 % point of the standard normal distribution."""

_WANDER: Final = 2.0
"""Size of the wander: half-way, its standard deviation is noise * _WANDER / 4."""

_FREQUENCIES: Final = (0.9, 1.7)
"""Frequencies of the two waves, in radians per unit of log-odds: a few periods per job."""

# y(1-y) is at most 1/4, and its derivative by the log-odds of y is at most 1/(6*sqrt(3)).
_WANDER_SLOPE: Final = _WANDER * (2 / (6 * math.sqrt(3)) + sum(_FREQUENCIES) / 4)
_MEAN_OF_HALF_NORMAL: Final = math.sqrt(2 / math.pi)
_STEEPEST: Final = 0.95
"""The largest slope of E by u; below 1, so that progress never decreases."""

_JUMPS: Final = 4 / 3
"""How often `backwards` jumps back while the age doubles."""
_SET_BACK: Final = 1 / 3
"""The share of the time during which `backwards` shows half the age."""


class EstimateProfile(StrEnum):
    """How a job's estimates develop after the first one."""

    CONVERGING = "converging"
    """They approach the truth."""
    COUNTDOWN = "countdown"
    """They decrease by one second per second, down to zero."""
    FROZEN = "frozen"
    """They stay as the first one."""
    BACKWARDS = "backwards"
    """They approach the truth, but sometimes jump back to those of half the age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateModel:
    """The parameters of a job's estimates: `noise`, `bias` and `profile` chosen, the rest drawn.

    The first estimate is off by the factor `bias * exp(noise * initial_error)`.
    """

    noise: float
    bias: float
    initial_error: float
    """A draw from the standard normal distribution."""
    phases: tuple[float, float]
    """Phases of the wander's two waves, in radians."""
    profile: EstimateProfile = EstimateProfile.CONVERGING


def estimate(model: EstimateModel, *, duration: float, elapsed: float) -> Estimate:
    """Return the estimate of a job of `duration` after `elapsed` seconds.

    Requires 0 <= elapsed <= duration.
    """
    match model.profile:
        case EstimateProfile.CONVERGING:
            return _converging(model, duration=duration, elapsed=elapsed)
        case EstimateProfile.COUNTDOWN:
            first = _converging(model, duration=duration, elapsed=0)
            return Estimate(
                remaining=max(0.0, first.remaining - elapsed),
                low=max(0.0, first.low - elapsed),
                high=max(0.0, first.high - elapsed),
            )
        case EstimateProfile.FROZEN:
            return _converging(model, duration=duration, elapsed=0)
        case EstimateProfile.BACKWARDS:
            return _converging(model, duration=duration, elapsed=_shown_age(model, elapsed))


def estimate_and_progress(
    model: EstimateModel, *, duration: float, elapsed: float
) -> tuple[Estimate, float]:
    """Return the estimate, and the progress from 0 to 1 that is reported with it."""
    shown = estimate(model, duration=duration, elapsed=elapsed)
    if model.profile is EstimateProfile.BACKWARDS:
        elapsed = _shown_age(model, elapsed)
    return shown, progress(elapsed, shown.remaining)


def progress(elapsed: float, remaining: float) -> float:
    """Return the progress from 0 to 1 if `remaining` seconds are estimated to be left."""
    total = elapsed + remaining
    return elapsed / total if total > 0 else 1.0


def _shown_age(model: EstimateModel, elapsed: float) -> float:
    """Return the age whose estimate the profile `backwards` shows: the true one or half of it."""
    if elapsed <= 0:
        return elapsed
    turns = _JUMPS * math.log2(elapsed) + model.phases[0] / math.tau
    return elapsed / 2 if turns % 1 < _SET_BACK else elapsed


def _converging(model: EstimateModel, *, duration: float, elapsed: float) -> Estimate:
    left = duration - elapsed
    remaining = left * math.exp(_error(model, elapsed=elapsed, left=left))
    spread = math.exp(Z90 * _deviation(model.noise, elapsed=elapsed, left=remaining))
    return Estimate(remaining=remaining, low=remaining / spread, high=remaining * spread)


def _error(model: EstimateModel, *, elapsed: float, left: float) -> float:
    """Return E, the natural logarithm of estimate over truth."""
    first = math.log(model.bias) + model.noise * model.initial_error
    if elapsed <= 0:
        return first
    if left <= 0:
        return 0.0
    log_odds = _stretch(abs(first), model.noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-log_odds))
    (slow, fast), (first_phase, second_phase) = _FREQUENCIES, model.phases
    waves = math.sin(slow * log_odds + first_phase) + math.sin(fast * log_odds + second_phase)
    return first * (1 - share) + model.noise * _WANDER * share * (1 - share) * waves


def _deviation(noise: float, *, elapsed: float, left: float) -> float:
    """Return the standard deviation of E for an unbiased job, given the estimated time left."""
    if elapsed <= 0:
        return noise
    if left <= 0:
        return 0.0
    typical = noise * _MEAN_OF_HALF_NORMAL  # the mean of abs(noise * initial_error)
    log_odds = _stretch(typical, noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-log_odds))
    return noise * math.hypot(1 - share, _WANDER * share * (1 - share))


def _stretch(first: float, noise: float) -> float:
    """Return s, the factor on u that keeps the slope of E within _STEEPEST.

    `first` is the absolute error of the first estimate.
    """
    steepness = first / 4 + noise * _WANDER_SLOPE
    return min(1.0, _STEEPEST / steepness) if steepness > 0 else 1.0
