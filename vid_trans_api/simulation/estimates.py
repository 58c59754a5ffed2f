r"""Estimates: what a simulated job guesses of the time it has left, and what that shows.

A job of duration T that has run for e seconds has R = T - e left and guesses R * exp(E). The error
E is a fixed function of u = ln(e / R), how far along the job truly is. The progress shown is
e / (e + guess), whose log-defaults are ln(e / guess) = u - E(u): as long as E never rises faster than u
does, progress never runs back. So E is built from parts whose slopes are bounded, and where they
would add up to more than 1 it is drawn out over a longer stretch of u.

Two parts make it: the initial_error of the first guess, which fades as the job goes on, and a
wander, zero at both ends, so that no two answers are enough to solve for the true end. The range is
as wide as that error is on average, at the progress *shown*: made from the true progress, its width
alone would give the end away.

That is how good estimates go. Bad ones take another profile: a countdown and a frozen guess follow
from the first guess and the time gone, and so know nothing of the end. One that runs backwards is,
in a third of the time, as it was at half the age. When that is follows from the age alone, in
stretches that grow with it, so that short jobs and long ones jump about as often.
"""

import math
from typing import Final

from vid_trans_api.simulation.plans import EstimateModel, EstimateProfile
from vid_trans_api.snapshots import Estimate

Z90: Final = 1.2815515655446004
"""The standard normal distribution's 90 % point."""

_WANDER: Final = 2.0
"""The wander's size: its standard deviation is a quarter of this, times the noise, half-way."""

_FREQUENCIES: Final = (0.9, 1.7)
"""Of the wander's two waves, in radians per unit of log-defaults: a handful of turns a job."""

# y(1-y) is at most 1/4, and its slope against the log-defaults of y at most 1/(6*sqrt(3)).
_WANDER_SLOPE: Final = _WANDER * (2 / (6 * math.sqrt(3)) + sum(_FREQUENCIES) / 4)
_STEEPEST: Final = 0.95

_JUMPS: Final = 4 / 3
"""How often guesses that run backwards do so while the age doubles."""
_SET_BACK: Final = 1 / 3
"""In which share of the time they are set back."""


def estimate(estimate_model: EstimateModel, *, duration: float, elapsed: float) -> Estimate:
    """Return what a job of `duration` guesses after `elapsed` seconds, 0 <= elapsed <= duration."""
    match estimate_model.profile:
        case EstimateProfile.CONVERGING:
            return _converging(estimate_model, duration=duration, elapsed=elapsed)
        case EstimateProfile.COUNTDOWN:
            first = _converging(estimate_model, duration=duration, elapsed=0)
            return Estimate(
                remaining=max(0.0, first.remaining - elapsed),
                low=max(0.0, first.low - elapsed),
                high=max(0.0, first.high - elapsed),
            )
        case EstimateProfile.FROZEN:
            return _converging(estimate_model, duration=duration, elapsed=0)
        case EstimateProfile.BACKWARDS:
            elapsed = _set_back(estimate_model, elapsed)
            return _converging(estimate_model, duration=duration, elapsed=elapsed)


def outlook(
    estimate_model: EstimateModel, *, duration: float, elapsed: float
) -> tuple[Estimate, float]:
    """Return what `estimate` does, and the share done that is shown beside it."""
    guess = estimate(estimate_model, duration=duration, elapsed=elapsed)
    if estimate_model.profile is EstimateProfile.BACKWARDS:
        elapsed = _set_back(estimate_model, elapsed)
    return guess, progress(elapsed, guess.remaining)


def progress(elapsed: float, remaining: float) -> float:
    """Return the share done, 0 to 1, as far as the guess of the `remaining` seconds goes."""
    total = elapsed + remaining
    return elapsed / total if total > 0 else 1.0


def _set_back(estimate_model: EstimateModel, elapsed: float) -> float:
    """Return the age that guesses which run backwards show at that age."""
    if elapsed <= 0:
        return elapsed
    turns = _JUMPS * math.log2(elapsed) + estimate_model.phases[0] / math.tau
    return elapsed / 2 if turns % 1 < _SET_BACK else elapsed


def _converging(estimate_model: EstimateModel, *, duration: float, elapsed: float) -> Estimate:
    left = duration - elapsed
    remaining = left * math.exp(_error(estimate_model, elapsed=elapsed, left=left))
    spread = math.exp(Z90 * _deviation(estimate_model.noise, elapsed=elapsed, left=remaining))
    return Estimate(remaining=remaining, low=remaining / spread, high=remaining * spread)


def _error(estimate_model: EstimateModel, *, elapsed: float, left: float) -> float:
    """Return the guess's error: the natural logarithm of guess over truth."""
    first = math.log(estimate_model.bias) + estimate_model.noise * estimate_model.initial_error
    if elapsed <= 0:
        return first
    if left <= 0:
        return 0.0
    along = _stretch(abs(first), estimate_model.noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-along))
    waves = sum(
        math.sin(frequency * along + phase)
        for frequency, phase in zip(_FREQUENCIES, estimate_model.phases, strict=True)
    )
    return first * (1 - share) + estimate_model.noise * _WANDER * share * (1 - share) * waves


def _deviation(noise: float, *, elapsed: float, left: float) -> float:
    """Return the standard deviation of the error, for an unbiased job, by what is shown of it."""
    if elapsed <= 0:
        return noise
    if left <= 0:
        return 0.0
    typical = noise * math.sqrt(2 / math.pi)  # the mean of |initial_error|, times the noise
    along = _stretch(typical, noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-along))
    return noise * math.hypot(1 - share, _WANDER * share * (1 - share))


def _stretch(first: float, noise: float) -> float:
    """Return how much slower than the log-defaults an error of that first size has to move."""
    steepness = first / 4 + noise * _WANDER_SLOPE
    return min(1.0, _STEEPEST / steepness) if steepness > 0 else 1.0
