"""How guesses go on from the first one, at the second before something happens and after it."""

import math
from typing import Any

import pytest

from vid_trans_api.simulation.estimates import (
    EstimateModel,
    EstimateProfile,
    estimate,
    estimate_and_progress,
)
from vid_trans_api.simulation.options import EstimateQuality, SimulationDefaults, SimulationOptions
from vid_trans_api.simulation.plans import draw_plan
from vid_trans_api.snapshots import Estimate

ODDS = SimulationDefaults(duration=(100, 100), error_probability=0, noise=0.2)


def estimate_model(profile: EstimateProfile, *, seed: int = 0, **quality: Any) -> EstimateModel:
    options = SimulationOptions(estimate=EstimateQuality(profile=profile, **quality))
    found = draw_plan(options, ODDS, seed=seed).estimate_model
    assert found is not None
    return found


def shown(guesses: EstimateModel, elapsed: float) -> tuple[Estimate, float]:
    return estimate_and_progress(guesses, duration=100, elapsed=elapsed)


@pytest.mark.parametrize("profile", EstimateProfile)
def test_every_course_begins_with_the_same_guess(profile: EstimateProfile) -> None:
    first = shown(estimate_model(EstimateProfile.CONVERGING), 0)

    assert shown(estimate_model(profile), 0) == first


@pytest.mark.parametrize(
    ("elapsed", "remaining", "progress"),
    [(0, 30, 0), (1, 29, 1 / 30), (29, 1, 29 / 30), (30, 0, 1), (31, 0, 1), (100, 0, 1)],
)
def test_a_countdown_goes_down_to_zero_and_stays_there(
    elapsed: float, remaining: float, progress: float
) -> None:
    guess, share = shown(estimate_model(EstimateProfile.COUNTDOWN, noise=0, bias=0.3), elapsed)

    assert [guess.low, guess.remaining, guess.high] == pytest.approx([remaining] * 3)
    assert share == pytest.approx(progress)


def test_a_countdowns_range_comes_down_with_it_and_ends_one_end_after_the_other() -> None:
    guesses = estimate_model(EstimateProfile.COUNTDOWN)
    first = shown(guesses, 0)[0]

    low_end, high_end = shown(guesses, first.low)[0], shown(guesses, first.high)[0]

    assert [low_end.low, low_end.high] == pytest.approx([0, first.high - first.low])
    assert (high_end.remaining, high_end.high) == (0, 0)


@pytest.mark.parametrize("elapsed", [0, 1, 50, 99, 100])
def test_a_frozen_guess_stays_as_it_was_at_first(elapsed: float) -> None:
    guesses = estimate_model(EstimateProfile.FROZEN)
    first = shown(guesses, 0)[0]

    guess, share = shown(guesses, elapsed)

    assert (guess, share) == (first, elapsed / (elapsed + first.remaining))


def changes(guesses: EstimateModel) -> list[float]:
    """Return the ages, to a thousandth, at which guesses are set back or mended."""
    converging = estimate_model(EstimateProfile.CONVERGING, noise=guesses.noise)
    ages = [100 * step / 100_000 for step in range(1, 100_001)]
    is_back = [
        estimate(guesses, duration=100, elapsed=age)
        != estimate(converging, duration=100, elapsed=age)
        for age in ages
    ]
    return [
        ages[index] for index in range(1, len(ages)) if is_back[index] is not is_back[index - 1]
    ]


def test_guesses_that_run_backwards_jump_to_half_the_age_and_return() -> None:
    guesses, converging = (
        estimate_model(EstimateProfile.BACKWARDS),
        estimate_model(EstimateProfile.CONVERGING),
    )
    jumps = [age for age in changes(guesses) if age > 1]

    for age in jumps:
        before, after = age - 0.001, age
        seen = [shown(guesses, before), shown(guesses, after)]
        true = [shown(converging, before), shown(converging, after)]
        half = [shown(converging, before / 2), shown(converging, after / 2)]
        assert seen in ([true[0], half[1]], [half[0], true[1]])
        if seen[1] == half[1]:
            assert seen[1][1] < seen[0][1]
            assert seen[1][0].remaining > seen[0][0].remaining
    assert len(jumps) == pytest.approx(2 * 4 / 3 * math.log2(100), abs=1)


@pytest.mark.parametrize("seed", range(5))
def test_guesses_run_backwards_in_a_third_of_the_time_whatever_the_duration(seed: int) -> None:
    guesses, converging = (
        estimate_model(profile, seed=seed)
        for profile in (EstimateProfile.BACKWARDS, EstimateProfile.CONVERGING)
    )
    for duration in (0.5, 60, 86_400):
        ages = [duration * 2 ** (-6 * step / 4000) for step in range(4000)]
        back = [
            estimate_and_progress(guesses, duration=duration, elapsed=age)
            != estimate_and_progress(converging, duration=duration, elapsed=age)
            for age in ages
        ]
        assert sum(back) / len(back) == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("profile", [EstimateProfile.FROZEN, EstimateProfile.COUNTDOWN])
def test_guesses_that_do_not_converge_know_nothing_of_the_end(profile: EstimateProfile) -> None:
    """Two jobs whose first guesses agree are told apart by no later answer."""
    early, late = estimate_model(profile, noise=0, bias=2), estimate_model(profile, noise=0, bias=1)

    for elapsed in range(51):
        assert estimate_and_progress(early, duration=50, elapsed=elapsed) == estimate_and_progress(
            late, duration=100, elapsed=elapsed
        )
