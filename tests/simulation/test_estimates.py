"""How far estimates are off, how wide their range is, and that they do not reveal the end."""

import math
import statistics

import pytest

from vid_trans_api.simulation.estimates import Z90, estimate, progress
from vid_trans_api.simulation.options import (
    EstimateQuality,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import Plan, draw_plan
from vid_trans_api.snapshots import Estimate

DEFAULTS = SimulationDefaults(duration=(60, 60), error_probability=0, noise=0.2)


def drawn(seed: int, *, noise: float, bias: float = 1.0) -> Plan:
    options = SimulationOptions(estimate=EstimateQuality(noise=noise, bias=bias))
    return draw_plan(options, DEFAULTS, seed=seed)


def estimate_of(plan: Plan, elapsed: float) -> Estimate:
    assert plan.estimate_model is not None
    return estimate(plan.estimate_model, duration=60, elapsed=elapsed)


@pytest.mark.parametrize(("noise", "bias"), [(0.1, 1.0), (0.3, 0.5), (0.6, 2.0)])
def test_first_estimate_is_off_by_bias_and_noise(noise: float, bias: float) -> None:
    plans = [drawn(seed, noise=noise, bias=bias) for seed in range(3000)]

    errors = [math.log(estimate_of(plan, 0).remaining / 60) for plan in plans]

    assert statistics.mean(errors) == pytest.approx(math.log(bias), abs=4 * noise / math.sqrt(3000))
    assert statistics.stdev(errors) == pytest.approx(noise, rel=0.06)


@pytest.mark.parametrize("elapsed", [0, 0.001, 30, 59.999])
def test_exact_estimate_is_the_truth_without_a_range(elapsed: float) -> None:
    exact = estimate_of(drawn(1, noise=0), elapsed)

    assert [exact.low, exact.remaining, exact.high] == pytest.approx([60 - elapsed] * 3)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.97])
def test_range_contains_the_truth_in_80_percent_of_jobs(noise: float, share: float) -> None:
    estimates = [estimate_of(drawn(seed, noise=noise), 60 * share) for seed in range(2000)]
    left = 60 * (1 - share)

    contain_it = sum(each.low <= left <= each.high for each in estimates)
    are_below_it = sum(each.remaining < left for each in estimates)

    assert contain_it / 2000 == pytest.approx(0.8, abs=0.04)
    assert are_below_it / 2000 == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("bias", [0.001, 0.3, 1.0, 4.0, 1000.0])
@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0, 5.0])
def test_progress_never_decreases(noise: float, bias: float) -> None:
    ages = [60 * step / 500 for step in range(501)]

    for seed in range(20):
        plan = drawn(seed, noise=noise, bias=bias)
        shown = [progress(age, estimate_of(plan, age).remaining) for age in ages]
        assert shown == sorted(shown)
        assert (shown[0], shown[-1]) == (0.0, 1.0)


def test_estimates_converge_to_the_truth() -> None:
    plans = [drawn(seed, noise=0.5) for seed in range(500)]

    errors = [
        statistics.mean(abs(estimate_of(plan, age).remaining - (60 - age)) for plan in plans)
        for age in (0, 30, 54, 59.4)
    ]

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.1


def test_range_is_as_wide_for_all_jobs_with_equal_progress() -> None:
    """The width must not reveal which of two jobs with equal reported progress ends first."""
    widths: dict[float, list[float]] = {}

    for seed in range(400):
        shown = estimate_of(drawn(seed, noise=0.4), 30)
        width = math.log(shown.high / shown.low) / (2 * Z90)
        widths.setdefault(round(progress(30, shown.remaining), 2), []).append(width)

    for shown_progress, of_jobs in widths.items():
        assert max(of_jobs) - min(of_jobs) < 0.02, shown_progress


def test_two_estimates_do_not_reveal_the_end() -> None:
    """If the error were a constant factor, two estimates would give the end exactly."""
    errors = []

    for seed in range(300):
        plan = drawn(seed, noise=0.3)
        first, second = estimate_of(plan, 20).remaining, estimate_of(plan, 30).remaining
        factor = (first - second) / 10
        errors.append(abs(20 + first / factor - 60) / 60 if factor > 0 else 1.0)

    assert statistics.median(errors) > 0.05
