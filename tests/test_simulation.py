"""What a job is dealt, how its guesses err, and that they give nothing true away."""

import json
import math
import random
import statistics
from typing import Any

import pytest

from vid_trans_api.simulation.estimates import (
    Z90,
    EstimateModel,
    EstimateProfile,
    estimate,
    progress,
)
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import PLAUSIBLE_FAILURES, Plan, draw_plan
from vid_trans_api.snapshots import Estimate, Failure, Operation

ODDS = SimulationDefaults(duration=(5, 15), error_probability=0.1, noise=0.2)


EVERY_SO_OFTEN = Rule(
    on=Operation.ANY,
    fault=Fault.SLOW,
    times=3,
    after=1,
    every=2,
    between=(0, None),
    probability=0.5,
    seconds=2,
)


def dealt(seed: int, **options: Any) -> Plan:
    return draw_plan(SimulationOptions(**options), ODDS, seed=seed)


def guess(plan: Plan, elapsed: float) -> Estimate:
    assert plan.estimate_model is not None
    assert plan.duration is not None
    return estimate(plan.estimate_model, duration=plan.duration, elapsed=elapsed)


def test_the_same_seed_is_dealt_the_same_plan() -> None:
    assert dealt(7) == dealt(7)
    assert dealt(7) != dealt(8)


def test_a_seed_that_is_wished_for_counts_before_the_one_given() -> None:
    plan = draw_plan(SimulationOptions(seed=8), ODDS, seed=7)

    assert (plan.seed, plan) == (8, dealt(8))


def test_fixing_one_thing_changes_nothing_else() -> None:
    free = dealt(7)
    fixed = dealt(7, duration=(30, 30))

    assert fixed.duration == 30
    assert (fixed.outcome, fixed.estimate_model) == (free.outcome, free.estimate_model)


def test_durations_are_drawn_evenly_between_the_bounds() -> None:
    drawn = [dealt(seed, duration=(10, 20)).duration or 0 for seed in range(2000)]

    assert min(drawn) >= 10
    assert max(drawn) <= 20
    assert statistics.mean(drawn) == pytest.approx(15, abs=0.3)
    assert statistics.stdev(drawn) == pytest.approx(10 / math.sqrt(12), abs=0.2)


def test_as_many_fail_as_the_odds_say() -> None:
    outcomes = [dealt(seed, error_probability=0.3).outcome for seed in range(4000)]

    assert outcomes.count(Outcome.ERROR) / 4000 == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("probability", "outcome"), [(0.0, Outcome.COMPLETED), (1.0, Outcome.ERROR)]
)
def test_an_error_probability_at_its_end_leaves_no_choice(
    probability: float, outcome: Outcome
) -> None:
    outcomes = {dealt(seed, error_probability=probability).outcome for seed in range(300)}

    assert outcomes == {outcome}


def test_a_plan_that_fails_has_a_plausible_reason_unless_told_one() -> None:
    actual = Failure(code="c", message="m", retryable=False)

    drawn = dealt(1, outcome=Outcome.ERROR).failure
    given = dealt(1, outcome=Outcome.ERROR, failure=actual).failure
    unused = dealt(1, outcome=Outcome.COMPLETED, failure=actual).failure

    assert drawn in PLAUSIBLE_FAILURES
    assert (given, unused) == (actual, None)


def test_a_plan_comes_back_from_json_as_it_was() -> None:
    for options in (
        SimulationOptions(),
        SimulationOptions(outcome=Outcome.STUCK),
        SimulationOptions(outcome=Outcome.ERROR, estimate=Silence.NONE),
        SimulationOptions(
            outcome=Outcome.ERROR, estimate=Silence.SILENT, fails_at=0, scenario="fail"
        ),
        SimulationOptions(
            estimate=EstimateQuality(profile=EstimateProfile.FROZEN), faults=(EVERY_SO_OFTEN,)
        ),
    ):
        plan = draw_plan(options, ODDS, seed=1)
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plan_stored_before_there_were_scenarios_is_read() -> None:
    plan = dealt(7, outcome=Outcome.ERROR, duration=(8, 8))

    stored = plan.to_json()

    assert list(stored) == ["seed", "outcome", "duration", "failure", "estimate_model"]
    assert list(stored["estimate_model"]) == ["noise", "bias", "initial_error", "phases"]
    assert Plan.from_json(stored) == plan


@pytest.mark.parametrize(
    ("outcome", "fails_at", "ends_after"),
    [
        (Outcome.ERROR, 0.25, 5),
        (Outcome.ERROR, 0, 0),
        (Outcome.ERROR, None, 20),
        (Outcome.COMPLETED, 0.25, 20),
        (Outcome.STUCK, 0.25, None),
    ],
)
def test_only_a_job_that_fails_does_so_before_its_time(
    outcome: Outcome, fails_at: float | None, ends_after: float | None
) -> None:
    plan = dealt(7, outcome=outcome, fails_at=fails_at, duration=(20, 20))

    assert plan.ends_after == ends_after
    assert plan.duration == (None if outcome is Outcome.STUCK else 20)


def test_what_is_new_to_plans_changes_nothing_of_what_was_drawn_before() -> None:
    """The draws of a seed as they were before there were scenarios."""
    assert dealt(7) == Plan(
        seed=7,
        outcome=Outcome.COMPLETED,
        duration=8.238327648331623,
        failure=None,
        estimate_model=EstimateModel(
            noise=0.2,
            bias=1.0,
            initial_error=1.112914852545535,
            phases=(2.297691229743574, 0.3644179919766519),
        ),
    )


@pytest.mark.parametrize(("noise", "bias"), [(0.1, 1.0), (0.3, 0.5), (0.6, 2.0)])
def test_the_first_guess_is_off_by_bias_and_noise(noise: float, bias: float) -> None:
    quality = EstimateQuality(noise=noise, bias=bias)
    errors = []
    for seed in range(3000):
        plan = dealt(seed, duration=(60, 60), estimate=quality)
        errors.append(math.log(guess(plan, 0).remaining / 60))

    assert statistics.mean(errors) == pytest.approx(math.log(bias), abs=4 * noise / math.sqrt(3000))
    assert statistics.stdev(errors) == pytest.approx(noise, rel=0.06)


def test_an_exact_guess_is_the_truth_and_its_range_a_point() -> None:
    plan = dealt(1, duration=(60, 60), estimate=EstimateQuality(noise=0))

    for elapsed in (0, 0.001, 30, 59.999):
        actual = guess(plan, elapsed)
        assert [actual.low, actual.remaining, actual.high] == pytest.approx([60 - elapsed] * 3)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.97])
def test_the_range_holds_the_truth_four_times_out_of_five(noise: float, share: float) -> None:
    held = below = 0
    for seed in range(2000):
        plan = dealt(seed, duration=(60, 60), estimate=EstimateQuality(noise=noise))
        actual = guess(plan, 60 * share)
        left = 60 * (1 - share)
        held += actual.low <= left <= actual.high
        below += actual.remaining < left

    assert held / 2000 == pytest.approx(0.8, abs=0.04)
    assert below / 2000 == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("bias", [0.001, 0.3, 1.0, 4.0, 1000.0])
@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0, 5.0])
def test_progress_never_runs_back_however_wrong_the_guess(noise: float, bias: float) -> None:
    quality = EstimateQuality(noise=noise, bias=bias)
    for seed in range(20):
        plan = dealt(seed, duration=(60, 60), estimate=quality)
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
        plans = [dealt(seed, duration=(60, 60), estimate=quality) for seed in range(500)]
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
        plan = dealt(seed, duration=(60, 60), estimate=quality)
        actual = guess(plan, 30)
        shown = round(progress(30, actual.remaining), 2)
        widths.setdefault(shown, []).append(math.log(actual.high / actual.low) / (2 * Z90))

    for shown, seen in widths.items():
        assert max(seen) - min(seen) < 0.02, shown


def test_two_answers_do_not_give_the_end_away() -> None:
    """Were the error a fixed factor, two guesses would be two equations for two unknowns."""
    quality = EstimateQuality(noise=0.3)
    solved = []
    for seed in range(300):
        plan = dealt(seed, duration=(60, 60), estimate=quality)
        first, second = guess(plan, 20).remaining, guess(plan, 30).remaining
        factor = (first - second) / 10
        solved.append(abs(20 + first / factor - 60) / 60 if factor > 0 else 1.0)

    assert statistics.median(solved) > 0.05


def test_dealing_leaves_the_programs_own_randomness_alone() -> None:
    random.seed(1)
    before = random.getstate()

    dealt(7)

    assert random.getstate() == before
