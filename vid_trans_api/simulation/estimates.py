r"""Estimates: what a simulated job guesses of the time it has left, and what that shows.

A job of duration T that has run for e seconds has R = T - e left and guesses R * exp(E). The error
E is a fixed function of u = ln(e / R), how far along the job truly is. The progress shown is
e / (e + guess), whose log-odds are ln(e / guess) = u - E(u): as long as E never rises faster than u
does, progress never runs back. So E is built from parts whose slopes are bounded, and where they
would add up to more than 1 it is drawn out over a longer stretch of u.

Two parts make it: the misjudgement of the first guess, which fades as the job goes on, and a
wander, zero at both ends, so that no two answers are enough to solve for the true end. The range is
as wide as that error is on average, at the progress *shown*: made from the true progress, its width
alone would give the end away.
"""

import math
from dataclasses import dataclass
from typing import Final

from vid_trans_api.simulation.plans import Guesswork

Z90: Final = 1.2815515655446004
"""The standard normal distribution's 90 % point."""

_WANDER: Final = 2.0
"""The wander's size: its standard deviation is a quarter of this, times the noise, half-way."""

_FREQUENCIES: Final = (0.9, 1.7)
"""Of the wander's two waves, in radians per unit of log-odds: a handful of turns a job."""

# y(1-y) is at most 1/4, and its slope against the log-odds of y at most 1/(6*sqrt(3)).
_WANDER_SLOPE: Final = _WANDER * (2 / (6 * math.sqrt(3)) + sum(_FREQUENCIES) / 4)
_STEEPEST: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A guess of the time left: its median and its 10 % and 90 % points, in seconds."""

    remaining: float
    low: float
    high: float


def estimate(guesswork: Guesswork, *, duration: float, elapsed: float) -> Estimate:
    """Return what a job of `duration` guesses after `elapsed` seconds, 0 <= elapsed <= duration."""
    left = duration - elapsed
    remaining = left * math.exp(_error(guesswork, elapsed=elapsed, left=left))
    spread = math.exp(Z90 * _deviation(guesswork.noise, elapsed=elapsed, left=remaining))
    return Estimate(remaining=remaining, low=remaining / spread, high=remaining * spread)


def progress(elapsed: float, remaining: float) -> float:
    """Return the share done, 0 to 1, as far as the guess of the `remaining` seconds goes."""
    total = elapsed + remaining
    return elapsed / total if total > 0 else 1.0


def _error(guesswork: Guesswork, *, elapsed: float, left: float) -> float:
    """Return the guess's error: the natural logarithm of guess over truth."""
    first = math.log(guesswork.bias) + guesswork.noise * guesswork.misjudgement
    if elapsed <= 0:
        return first
    if left <= 0:
        return 0.0
    along = _stretch(abs(first), guesswork.noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-along))
    waves = sum(
        math.sin(frequency * along + phase)
        for frequency, phase in zip(_FREQUENCIES, guesswork.phases, strict=True)
    )
    return first * (1 - share) + guesswork.noise * _WANDER * share * (1 - share) * waves


def _deviation(noise: float, *, elapsed: float, left: float) -> float:
    """Return the standard deviation of the error, for an unbiased job, by what is shown of it."""
    if elapsed <= 0:
        return noise
    if left <= 0:
        return 0.0
    typical = noise * math.sqrt(2 / math.pi)  # the mean of |misjudgement|, times the noise
    along = _stretch(typical, noise) * math.log(elapsed / left)
    share = 1 / (1 + math.exp(-along))
    return noise * math.hypot(1 - share, _WANDER * share * (1 - share))


def _stretch(first: float, noise: float) -> float:
    """Return how much slower than the log-odds an error of that first size has to move."""
    steepness = first / 4 + noise * _WANDER_SLOPE
    return min(1.0, _STEEPEST / steepness) if steepness > 0 else 1.0
