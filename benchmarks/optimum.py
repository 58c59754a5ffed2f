"""The least cost of following a job whose duration has a known distribution."""

from __future__ import annotations

import itertools
import math

STEPS_A_MEDIAN = 300
MEDIANS = 16
"""How far the calculation reaches, in medians; hardly any job takes longer."""


def least_cost(*, median: float, sigma: float, longest: float) -> float:
    """Return the least mean of polls plus seconds late, for lognormal durations.

    The best instants of polls follow from dynamic programming over the job's age: the next one, at
    most `longest` seconds later, minimizes one poll, the delay and what follows.

    Arguments:
        median: of the durations, in seconds.
        sigma: the standard deviation of their logarithms.
        longest: the longest interval in seconds.

    """
    step, last = median / STEPS_A_MEDIAN, STEPS_A_MEDIAN * MEDIANS
    survival = [_survival(n * step / median, sigma) for n in range(last + 1)]
    survived = [0.0]  # the integral of the survival
    for before, after in itertools.pairwise(survival):
        survived.append(survived[-1] + step * (before + after) / 2.0)
    furthest = max(int(longest / step), 1)
    costs = [0.0] * (last + 1)
    for n in reversed(range(last)):
        costs[n] = math.inf
        for poll in range(n + 1, min(n + furthest, last) + 1):
            late = (poll - n) * step - (survived[poll] - survived[n]) / max(survival[n], 1e-300)
            if late > costs[n]:
                break
            left = survival[poll] / max(survival[n], 1e-300)
            costs[n] = min(costs[n], 1.0 + late + left * costs[poll])
    return costs[0]


def _survival(age: float, sigma: float) -> float:
    """Return the probability that a job takes longer than `age`, in medians."""
    if not age:
        return 1.0
    return math.erfc(math.log(age) / sigma / math.sqrt(2.0)) / 2.0
