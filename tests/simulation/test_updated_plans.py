"""What an update changes in a plan, and what it leaves."""

from typing import Any

import pytest

from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import Outcome, SimulationDefaults, SimulationOptions
from vid_trans_api.simulation.plans import PLAUSIBLE_FAILURES, Plan, draw_plan, updated_plan
from vid_trans_api.snapshots import Failure, Operation

DEFAULTS = SimulationDefaults(duration=(20, 20), error_probability=0, noise=0.2)
FAILURE = Failure(code="c", message="m", retryable=False)


def drawn(**options: Any) -> Plan:
    return draw_plan(SimulationOptions(**options), DEFAULTS, seed=7)


def test_update_without_changes_returns_an_equal_plan() -> None:
    plan = drawn(outcome=Outcome.ERROR, fails_at=0.5)

    assert updated_plan(plan) == plan


def test_new_duration_replaces_the_early_failure() -> None:
    plan = updated_plan(drawn(outcome=Outcome.ERROR, fails_at=0.5), duration=30)

    assert (plan.duration, plan.fails_at, plan.ends_after) == (30, None, 30)


def test_new_duration_moves_its_middle() -> None:
    plan = drawn(faults=(Rule(on=Operation.ANY, fault=404, from_middle=True),))

    updated = updated_plan(plan, duration=30)

    assert [rule.between for rule in plan.faults] == [(10, None)]
    assert [rule.between for rule in updated.faults] == [(15, None)]


def test_new_duration_keeps_the_share_of_the_queue() -> None:
    plan = updated_plan(drawn(queued=0.5), duration=30)

    assert plan.starts_after == 15


def test_stuck_plan_has_neither_duration_nor_failure() -> None:
    plan = updated_plan(drawn(outcome=Outcome.ERROR), outcome=Outcome.STUCK)

    assert (plan.outcome, plan.duration, plan.failure) == (Outcome.STUCK, None, None)


def test_completing_plan_loses_its_failure() -> None:
    plan = updated_plan(drawn(outcome=Outcome.ERROR, fails_at=0.5), outcome=Outcome.COMPLETED)

    assert (plan.failure, plan.ends_after) == (None, 20)


@pytest.mark.parametrize("before", [Outcome.COMPLETED, Outcome.ERROR])
def test_failing_plan_has_the_failure_given(before: Outcome) -> None:
    plan = updated_plan(drawn(outcome=before), outcome=Outcome.ERROR, failure=FAILURE)

    assert plan.failure == FAILURE


def test_failing_plan_keeps_the_failure_it_had() -> None:
    plan = drawn(outcome=Outcome.ERROR, failure=FAILURE)

    assert updated_plan(plan, outcome=Outcome.ERROR).failure == FAILURE


def test_failing_plan_without_a_failure_gets_a_plausible_one() -> None:
    plan = updated_plan(drawn(outcome=Outcome.COMPLETED), outcome=Outcome.ERROR)

    assert plan.failure in PLAUSIBLE_FAILURES
