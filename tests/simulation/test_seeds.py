"""Equal seeds give equal plans, also those that version 0.1.0 drew."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import Plan, draw_plan, updated_plan
from vid_trans_api.simulation.scenarios import NAMES, merge_options
from vid_trans_api.simulation.seeds import random_seed, seed_of_creation, seed_of_job

DEFAULTS = SimulationDefaults(duration=(5, 15), error_probability=0.1, noise=0.2)
DRAWN_BY_0_1_0 = json.loads(Path(__file__).with_name("drawn_by_0_1_0.json").read_text())
OPTIONS_OF_0_1_0 = {
    7: SimulationOptions(),
    8: SimulationOptions(scenario="fail-late", duration=(30, 60)),
    9: SimulationOptions(scenario="lost"),
    10: SimulationOptions(scenario="backwards"),
    11: SimulationOptions(scenario="slow"),
    12: SimulationOptions(outcome=Outcome.STUCK),
    13: SimulationOptions(outcome=Outcome.ERROR, estimate=EstimateQuality(noise=0.6, bias=0.5)),
}
"""The options of each stored plan, by its seed."""


def drawn(seed: int, **options: Any) -> Plan:
    return draw_plan(SimulationOptions(**options), DEFAULTS, seed=seed)


@pytest.mark.parametrize("stored", DRAWN_BY_0_1_0, ids=lambda stored: stored["plan"]["seed"])
def test_plan_is_as_0_1_0_drew_it(stored: dict[str, Any]) -> None:
    seed = stored["plan"]["seed"]

    plan = draw_plan(merge_options([OPTIONS_OF_0_1_0[seed]]), DEFAULTS, seed=seed)

    assert json.loads(json.dumps(plan.to_json())) == stored["plan"]


@pytest.mark.parametrize("stored", DRAWN_BY_0_1_0, ids=lambda stored: stored["plan"]["seed"])
def test_estimates_of_a_plan_are_those_of_0_1_0(stored: dict[str, Any]) -> None:
    plan = Plan.from_json(stored["plan"])

    for expected in stored["estimates"]:
        shown = plan.estimate_after(expected["elapsed"])
        assert shown is not None
        estimate, progress = shown
        assert [estimate.remaining, estimate.low, estimate.high, progress] == pytest.approx(
            [expected[name] for name in ("remaining", "low", "high", "progress")]
        )


def test_failures_of_updated_plans_are_those_of_0_1_0() -> None:
    plans = [drawn(seed, outcome=Outcome.COMPLETED) for seed in range(5)]

    failures = [updated_plan(plan, outcome=Outcome.ERROR).failure for plan in plans]

    assert [failure and failure.code for failure in failures] == [
        "internal_error",
        "rendering_failed",
        "internal_error",
        "rendering_failed",
        "rendering_failed",
    ]


def test_seeds_of_jobs_and_creations_are_those_of_0_1_0() -> None:
    seeds = [seed_of_job(42, 1), seed_of_job(42, 2), seed_of_job(43, 1), seed_of_creation(42, 1)]

    assert seeds == [64878673, 3455414167, 1637446000, 2085816784]


def test_random_seeds_differ() -> None:
    assert random_seed() != random_seed()


def test_equal_seeds_give_equal_plans() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_seed_of_the_options_replaces_the_given_one() -> None:
    plan = draw_plan(SimulationOptions(seed=8), DEFAULTS, seed=7)

    assert plan == drawn(8)
    assert plan.seed == 8


@pytest.mark.parametrize(
    "options", [{"duration": (30, 30)}, {"queued": 0.5}, {"outcome": Outcome.COMPLETED}]
)
def test_fixing_one_option_changes_no_other_draw(options: dict[str, Any]) -> None:
    free, fixed = drawn(7), drawn(7, **options)

    assert fixed.estimate_model == free.estimate_model
    assert fixed.outcome == free.outcome
    assert (fixed.duration == free.duration) is ("duration" not in options)


@pytest.mark.parametrize("name", NAMES)
def test_scenario_leaves_the_draws_of_estimates_alone(name: str) -> None:
    ok, plan = (
        draw_plan(merge_options([SimulationOptions(scenario=each)]), DEFAULTS, seed=7)
        for each in ("ok", name)
    )

    assert ok.estimate_model is not None
    if plan.estimate_model is not None:
        assert plan.estimate_model.initial_error == ok.estimate_model.initial_error
        assert plan.estimate_model.phases == ok.estimate_model.phases


def test_thousand_plans_are_equal_in_any_order() -> None:
    options = [
        merge_options([SimulationOptions(scenario=NAMES[seed % len(NAMES)])])
        for seed in range(1000)
    ]
    first = [draw_plan(option, DEFAULTS, seed=seed) for seed, option in enumerate(options)]
    for plan in first:
        for step in range(20):
            plan.estimate_after(step)

    again = {seed: draw_plan(options[seed], DEFAULTS, seed=seed) for seed in reversed(range(1000))}

    assert [again[seed] for seed in range(1000)] == first
    assert len({str(plan) for plan in first}) == 1000


def test_drawing_a_plan_leaves_the_global_random_state_alone() -> None:
    random.seed(1)
    before = random.getstate()

    drawn(7)

    assert random.getstate() == before
