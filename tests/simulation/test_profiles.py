"""How estimates develop after the first one, for each profile."""

import itertools
import math
from typing import Any

import pytest

from vid_trans_api.simulation.estimates import (
    EstimateModel,
    EstimateProfile,
    estimate_and_progress,
)
from vid_trans_api.simulation.options import (
    EstimateQuality,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import draw_plan
from vid_trans_api.snapshots import Estimate

DEFAULTS = SimulationDefaults(duration=(100, 100), error_probability=0, noise=0.2)


def model_with(profile: EstimateProfile, *, seed: int = 0, **quality: Any) -> EstimateModel:
    options = SimulationOptions(estimate=EstimateQuality(profile=profile, **quality))
    model = draw_plan(options, DEFAULTS, seed=seed).estimate_model
    assert model is not None
    return model


def shown(model: EstimateModel, elapsed: float) -> tuple[Estimate, float]:
    return estimate_and_progress(model, duration=100, elapsed=elapsed)


@pytest.mark.parametrize("profile", EstimateProfile)
def test_first_estimate_is_equal_for_all_profiles(profile: EstimateProfile) -> None:
    first = shown(model_with(EstimateProfile.CONVERGING), 0)

    assert shown(model_with(profile), 0) == first


@pytest.mark.parametrize(
    ("elapsed", "remaining", "progress"),
    [(0, 30, 0), (1, 29, 1 / 30), (29, 1, 29 / 30), (30, 0, 1), (31, 0, 1), (100, 0, 1)],
)
def test_countdown_reaches_zero_and_stays_there(
    elapsed: float, remaining: float, progress: float
) -> None:
    model = model_with(EstimateProfile.COUNTDOWN, noise=0, bias=0.3)

    estimate, share = shown(model, elapsed)

    assert [estimate.low, estimate.remaining, estimate.high] == pytest.approx([remaining] * 3)
    assert share == pytest.approx(progress)


def test_bounds_of_a_countdown_reach_zero_one_after_the_other() -> None:
    model = model_with(EstimateProfile.COUNTDOWN)
    first = shown(model, 0)[0]

    low_is_zero, high_is_zero = shown(model, first.low)[0], shown(model, first.high)[0]

    assert [low_is_zero.low, low_is_zero.high] == pytest.approx([0, first.high - first.low])
    assert (high_is_zero.remaining, high_is_zero.high) == (0, 0)


@pytest.mark.parametrize("elapsed", [0, 1, 50, 99, 100])
def test_frozen_estimate_stays_as_the_first(elapsed: float) -> None:
    model = model_with(EstimateProfile.FROZEN)
    first = shown(model, 0)[0]

    assert shown(model, elapsed) == (first, elapsed / (elapsed + first.remaining))


def ages_of_jumps(model: EstimateModel) -> list[float]:
    """Return the ages, to a millisecond, at which the estimates jump back or forth."""
    converging = model_with(EstimateProfile.CONVERGING)
    ages = [step / 1000 for step in range(1001, 100_001)]
    is_set_back = [shown(model, age) != shown(converging, age) for age in ages]
    changes = zip(ages[1:], itertools.pairwise(is_set_back), strict=True)
    return [age for age, (before, after) in changes if before is not after]


def test_backwards_jumps_to_half_the_age_and_back() -> None:
    model = model_with(EstimateProfile.BACKWARDS)
    converging = model_with(EstimateProfile.CONVERGING)

    jumps = ages_of_jumps(model)

    assert len(jumps) == pytest.approx(2 * 4 / 3 * math.log2(100), abs=1)
    for after in jumps:
        before = after - 0.001
        is_back = shown(model, after) == shown(converging, after / 2)
        if is_back:
            assert shown(model, before) == shown(converging, before)
            assert shown(model, after)[1] < shown(model, before)[1]
            assert shown(model, after)[0].remaining > shown(model, before)[0].remaining
        else:
            assert shown(model, before) == shown(converging, before / 2)
            assert shown(model, after) == shown(converging, after)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("duration", [0.5, 60, 86_400])
def test_backwards_is_set_back_a_third_of_the_time(duration: float, seed: int) -> None:
    model, converging = (
        model_with(profile, seed=seed)
        for profile in (EstimateProfile.BACKWARDS, EstimateProfile.CONVERGING)
    )
    ages = [duration * 2 ** (-6 * step / 4000) for step in range(4000)]

    set_back = sum(
        estimate_and_progress(model, duration=duration, elapsed=age)
        != estimate_and_progress(converging, duration=duration, elapsed=age)
        for age in ages
    )

    assert set_back / 4000 == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("profile", [EstimateProfile.FROZEN, EstimateProfile.COUNTDOWN])
def test_profiles_without_convergence_do_not_depend_on_the_end(profile: EstimateProfile) -> None:
    """Two jobs with equal first estimates stay equal, although one ends after half the time."""
    short, long = (model_with(profile, noise=0, bias=bias) for bias in (2, 1))

    for elapsed in range(51):
        assert estimate_and_progress(short, duration=50, elapsed=elapsed) == estimate_and_progress(
            long, duration=100, elapsed=elapsed
        )
