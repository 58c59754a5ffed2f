"""What is drawn for a plan, when its job starts and ends, and how a plan is stored."""

import json
import math
import statistics
from typing import Any

import pytest

from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import PLAUSIBLE_FAILURES, Plan, draw_plan
from vid_trans_api.snapshots import Failure, Operation

DEFAULTS = SimulationDefaults(duration=(5, 15), error_probability=0.1, noise=0.2)
RULE = Rule(
    on=Operation.ANY,
    fault=Fault.SLOW,
    times=3,
    after=1,
    every=2,
    between=(0, None),
    probability=0.5,
    seconds=2,
)


def drawn(seed: int, **options: Any) -> Plan:
    return draw_plan(SimulationOptions(**options), DEFAULTS, seed=seed)


def test_durations_are_uniform_between_their_bounds() -> None:
    durations = [drawn(seed, duration=(10, 20)).duration or 0 for seed in range(2000)]

    assert min(durations) >= 10
    assert max(durations) <= 20
    assert statistics.mean(durations) == pytest.approx(15, abs=0.3)
    assert statistics.stdev(durations) == pytest.approx(10 / math.sqrt(12), abs=0.2)


def test_share_of_failures_is_the_error_probability() -> None:
    outcomes = [drawn(seed, error_probability=0.3).outcome for seed in range(4000)]

    assert outcomes.count(Outcome.ERROR) / 4000 == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("probability", "outcome"), [(0.0, Outcome.COMPLETED), (1.0, Outcome.ERROR)]
)
def test_error_probability_of_0_or_1_is_certain(probability: float, outcome: Outcome) -> None:
    outcomes = {drawn(seed, error_probability=probability).outcome for seed in range(300)}

    assert outcomes == {outcome}


def test_failing_plan_has_the_given_failure_or_a_plausible_one() -> None:
    given = Failure(code="c", message="m", retryable=False)

    assert drawn(1, outcome=Outcome.ERROR).failure in PLAUSIBLE_FAILURES
    assert drawn(1, outcome=Outcome.ERROR, failure=given).failure == given


def test_completing_plan_has_no_failure() -> None:
    given = Failure(code="c", message="m", retryable=False)

    assert drawn(1, outcome=Outcome.COMPLETED, failure=given).failure is None


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
def test_only_a_failing_job_ends_early(
    outcome: Outcome, fails_at: float | None, ends_after: float | None
) -> None:
    plan = drawn(7, outcome=outcome, fails_at=fails_at, duration=(20, 20))

    assert plan.ends_after == ends_after
    assert plan.duration == (None if outcome is Outcome.STUCK else 20)


@pytest.mark.parametrize(
    ("options", "starts_after"),
    [
        ({}, 0),
        ({"queued": 0}, 0),
        ({"queued": 0.25}, 5),
        ({"queued": 1}, 20),
        ({"queued": 0.5, "outcome": Outcome.STUCK}, 0),
        ({"queued": 0.5, "outcome": Outcome.ERROR}, 10),
        ({"queued": 0.5, "outcome": Outcome.ERROR, "fails_at": 0.75}, 10),
        ({"queued": 0.5, "outcome": Outcome.ERROR, "fails_at": 0.25}, 5),
    ],
)
def test_job_starts_after_its_time_in_the_queue(
    options: dict[str, Any], starts_after: float
) -> None:
    plan = drawn(7, **{"duration": (20, 20), "outcome": Outcome.COMPLETED, **options})

    assert plan.starts_after == starts_after


def test_time_in_the_queue_changes_no_estimate() -> None:
    at_once, queued = drawn(7), drawn(7, queued=0.8)

    for elapsed in range(20):
        assert queued.estimate_after(elapsed) == at_once.estimate_after(elapsed)


@pytest.mark.parametrize(
    "options",
    [{"outcome": Outcome.STUCK}, {"estimate": Silence.NONE}, {"estimate": Silence.SILENT}],
)
def test_job_without_estimates_has_none_at_any_time(options: dict[str, Any]) -> None:
    assert drawn(7, **options).estimate_after(3) is None


def test_estimate_after_the_duration_is_the_one_at_its_end() -> None:
    plan = drawn(7, duration=(20, 20))

    assert plan.estimate_after(21) == plan.estimate_after(20)


@pytest.mark.parametrize(
    "options",
    [
        SimulationOptions(),
        SimulationOptions(outcome=Outcome.STUCK),
        SimulationOptions(outcome=Outcome.ERROR, estimate=Silence.NONE),
        SimulationOptions(
            outcome=Outcome.ERROR, estimate=Silence.SILENT, fails_at=0, scenario="fail"
        ),
        SimulationOptions(
            estimate=EstimateQuality(profile=EstimateProfile.FROZEN), faults=(RULE,), queued=0.5
        ),
    ],
)
def test_plan_is_equal_after_storing_it_as_json(options: SimulationOptions) -> None:
    plan = draw_plan(options, DEFAULTS, seed=1)

    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_optional_parts_are_stored_only_if_present() -> None:
    plain = drawn(7).to_json()
    queued = drawn(7, queued=0.5).to_json()

    assert list(plain) == ["seed", "outcome", "duration", "failure", "estimate_model"]
    assert list(plain["estimate_model"]) == ["noise", "bias", "initial_error", "phases"]
    assert queued == {**plain, "queued": 0.5}
