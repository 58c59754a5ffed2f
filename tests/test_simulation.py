"""What a job is dealt, how its guesses err, and that they give nothing true away."""

import math
import random
import statistics

import pytest

from vid_trans_api.simulation.estimates import Z90, Estimate, estimate, progress
from vid_trans_api.simulation.plans import (
    PLAUSIBLE_FAILURES,
    EstimateQuality,
    Failure,
    Odds,
    Outcome,
    Plan,
    Wishes,
    deal,
)

ODDS = Odds(duration=(5, 15), error_probability=0.1, noise=0.2)


def guess(plan: Plan, elapsed: float) -> Estimate:
    assert plan.guesswork is not None
    assert plan.duration is not None
    return estimate(plan.guesswork, duration=plan.duration, elapsed=elapsed)


def test_the_same_seed_is_dealt_the_same_plan() -> None:
    assert deal(Wishes(seed=7), ODDS) == deal(Wishes(seed=7), ODDS)
    assert deal(Wishes(seed=7), ODDS) != deal(Wishes(seed=8), ODDS)


def test_a_plan_without_a_seed_keeps_the_one_it_was_drawn_with() -> None:
    plan = deal(Wishes(), ODDS)

    assert deal(Wishes(seed=plan.seed), ODDS) == plan


def test_fixing_one_thing_changes_nothing_else() -> None:
    free = deal(Wishes(seed=7), ODDS)
    fixed = deal(Wishes(seed=7, duration=(30, 30)), ODDS)

    assert fixed.duration == 30
    assert (fixed.outcome, fixed.guesswork) == (free.outcome, free.guesswork)


def test_durations_are_drawn_evenly_between_the_bounds() -> None:
    drawn = [deal(Wishes(seed=seed, duration=(10, 20)), ODDS).duration or 0 for seed in range(2000)]

    assert min(drawn) >= 10
    assert max(drawn) <= 20
    assert statistics.mean(drawn) == pytest.approx(15, abs=0.3)
    assert statistics.stdev(drawn) == pytest.approx(10 / math.sqrt(12), abs=0.2)


def test_as_many_fail_as_the_odds_say() -> None:
    outcomes = [
        deal(Wishes(seed=seed, error_probability=0.3), ODDS).outcome for seed in range(4000)
    ]

    assert outcomes.count(Outcome.ERROR) / 4000 == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("probability", "outcome"), [(0.0, Outcome.COMPLETED), (1.0, Outcome.ERROR)]
)
def test_an_error_probability_at_its_end_leaves_no_choice(
    probability: float, outcome: Outcome
) -> None:
    outcomes = {
        deal(Wishes(seed=seed, error_probability=probability), ODDS).outcome for seed in range(300)
    }

    assert outcomes == {outcome}


def test_a_plan_that_fails_has_a_plausible_reason_unless_told_one() -> None:
    told = Failure(code="c", message="m", retryable=False)

    drawn = deal(Wishes(seed=1, outcome=Outcome.ERROR), ODDS).failure
    given = deal(Wishes(seed=1, outcome=Outcome.ERROR, failure=told), ODDS).failure
    unused = deal(Wishes(seed=1, outcome=Outcome.COMPLETED, failure=told), ODDS).failure

    assert drawn in PLAUSIBLE_FAILURES
    assert (given, unused) == (told, None)


def test_a_plan_comes_back_from_json_as_it_was() -> None:
    for wishes in (
        Wishes(seed=1),
        Wishes(seed=1, outcome=Outcome.STUCK),
        Wishes(seed=1, outcome=Outcome.ERROR, is_silent=True),
    ):
        plan = deal(wishes, ODDS)
        assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(("noise", "bias"), [(0.1, 1.0), (0.3, 0.5), (0.6, 2.0)])
def test_the_first_guess_is_off_by_bias_and_noise(noise: float, bias: float) -> None:
    quality = EstimateQuality(noise=noise, bias=bias)
    errors = []
    for seed in range(3000):
        plan = deal(Wishes(seed=seed, duration=(60, 60), estimate=quality), ODDS)
        errors.append(math.log(guess(plan, 0).remaining / 60))

    assert statistics.mean(errors) == pytest.approx(math.log(bias), abs=4 * noise / math.sqrt(3000))
    assert statistics.stdev(errors) == pytest.approx(noise, rel=0.06)


def test_an_exact_guess_is_the_truth_and_its_range_a_point() -> None:
    plan = deal(Wishes(seed=1, duration=(60, 60), estimate=EstimateQuality(noise=0)), ODDS)

    for elapsed in (0, 0.001, 30, 59.999):
        told = guess(plan, elapsed)
        assert [told.low, told.remaining, told.high] == pytest.approx([60 - elapsed] * 3)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.97])
def test_the_range_holds_the_truth_four_times_out_of_five(noise: float, share: float) -> None:
    held = below = 0
    for seed in range(2000):
        plan = deal(
            Wishes(seed=seed, duration=(60, 60), estimate=EstimateQuality(noise=noise)), ODDS
        )
        told = guess(plan, 60 * share)
        left = 60 * (1 - share)
        held += told.low <= left <= told.high
        below += told.remaining < left

    assert held / 2000 == pytest.approx(0.8, abs=0.04)
    assert below / 2000 == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("bias", [0.001, 0.3, 1.0, 4.0, 1000.0])
@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0, 5.0])
def test_progress_never_runs_back_however_wrong_the_guess(noise: float, bias: float) -> None:
    quality = EstimateQuality(noise=noise, bias=bias)
    for seed in range(20):
        plan = deal(Wishes(seed=seed, duration=(60, 60), estimate=quality), ODDS)
        shown = [
            progress(elapsed, guess(plan, elapsed).remaining)
            for elapsed in (60 * step / 500 for step in range(501))
        ]
        assert shown == sorted(shown)
        assert (shown[0], shown[-1]) == (0.0, 1.0)


def test_the_guess_converges_on_the_truth() -> None:
    quality = EstimateQuality(noise=0.5)
    off_by = []
    for share in (0.0, 0.5, 0.9, 0.99):
        plans = [
            deal(Wishes(seed=seed, duration=(60, 60), estimate=quality), ODDS)
            for seed in range(500)
        ]
        off_by.append(
            statistics.mean(
                abs(guess(plan, 60 * share).remaining - 60 * (1 - share)) for plan in plans
            )
        )

    assert off_by == sorted(off_by, reverse=True)
    assert off_by[-1] < 0.1


def test_the_width_of_the_range_follows_from_what_is_shown_and_not_from_the_truth() -> None:
    """Of two jobs that show the same progress, the one nearer to its end looks no surer."""
    quality = EstimateQuality(noise=0.4)
    widths: dict[float, list[float]] = {}
    for seed in range(400):
        plan = deal(Wishes(seed=seed, duration=(60, 60), estimate=quality), ODDS)
        told = guess(plan, 30)
        shown = round(progress(30, told.remaining), 2)
        widths.setdefault(shown, []).append(math.log(told.high / told.low) / (2 * Z90))

    for shown, seen in widths.items():
        assert max(seen) - min(seen) < 0.02, shown


def test_two_answers_do_not_give_the_end_away() -> None:
    """Were the error a fixed factor, two guesses would be two equations for two unknowns."""
    quality = EstimateQuality(noise=0.3)
    solved = []
    for seed in range(300):
        plan = deal(Wishes(seed=seed, duration=(60, 60), estimate=quality), ODDS)
        first, second = guess(plan, 20).remaining, guess(plan, 30).remaining
        factor = (first - second) / 10
        solved.append(abs(20 + first / factor - 60) / 60 if factor > 0 else 1.0)

    assert statistics.median(solved) > 0.05


def test_dealing_leaves_the_programs_own_randomness_alone() -> None:
    random.seed(1)
    before = random.getstate()

    deal(Wishes(), ODDS)

    assert random.getstate() == before
