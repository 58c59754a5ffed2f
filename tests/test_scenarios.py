"""What each scenario makes of a plan, and whose option counts where several sides have one."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vid_trans_api.simulation.estimates import EstimateProfile, estimate_and_progress
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import Plan, draw_plan
from vid_trans_api.simulation.scenarios import NAMES, SCENARIOS, merge_options
from vid_trans_api.snapshots import Failure, Operation

ODDS = SimulationDefaults(duration=(20, 20), error_probability=1, noise=0.5)


def dealt(name: str, seed: int = 0, **options: Any) -> Plan:
    return draw_plan(merge_options([SimulationOptions(scenario=name, **options)]), ODDS, seed=seed)


def faults_of(plan: Plan) -> list[dict[str, Any]]:
    return [rule.to_json() for rule in plan.faults]


MADE: dict[str, dict[str, Any]] = {
    "ok": {},
    "instant": {"ends_after": 0},
    "slow": {"ends_after": 200},
    "fail": {"outcome": Outcome.ERROR, "ends_after": 2},
    "fail-late": {"outcome": Outcome.ERROR, "ends_after": 19},
    "stuck": {"outcome": Outcome.STUCK, "ends_after": None},
    "lost": {"faults": [{"on": "any", "fault": 404, "between": (10, None), "from_middle": True}]},
    "amnesia": {"faults": [{"on": "create", "fault": "lost-response", "times": 1}]},
    "optimist": {"guesses": (0, 0.3, EstimateProfile.COUNTDOWN)},
    "pessimist": {"guesses": (0, 3, EstimateProfile.COUNTDOWN)},
    "silent": {"guesses": None, "is_silent": True},
    "frozen": {"guesses": (0.5, 1, EstimateProfile.FROZEN)},
    "backwards": {"guesses": (0.5, 1, EstimateProfile.BACKWARDS)},
    "stale": {"faults": [{"on": "status", "fault": "stale", "probability": 0.3}]},
    "flaky": {"faults": [{"on": "status", "fault": 503, "every": 3}]},
    "throttled": {"faults": [{"on": "status", "fault": 429, "retry_after": 2, "times": 2}]},
    "broken": {
        "faults": [
            {"on": "status", "fault": "garbage", "times": 1},
            {"on": "status", "fault": "truncate", "times": 1},
            {"on": "status", "fault": "reset", "times": 1},
        ]
    },
    "slowpoke": {
        "faults": [{"on": on, "fault": "dribble", "seconds": 2} for on in ("create", "any")]
    },
}
"""What each makes of a job of 20 seconds that would have failed, where that is not the usual."""

USUAL = {
    "outcome": Outcome.COMPLETED,
    "ends_after": 20,
    "guesses": (0.5, 1, EstimateProfile.CONVERGING),
    "is_silent": False,
    "faults": [],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_makes_its_plan(name: str) -> None:
    plan = dealt(name)

    estimate_model = plan.estimate_model
    made = {
        "outcome": plan.outcome,
        "ends_after": plan.ends_after,
        "guesses": estimate_model
        and (estimate_model.noise, estimate_model.bias, estimate_model.profile),
        "is_silent": plan.is_silent,
        "faults": faults_of(plan),
    }
    expected = USUAL | MADE[name]
    if name == "stuck":
        expected["guesses"] = None
    assert (plan.scenario, made) == (name, expected)


def test_every_scenario_is_named_once_and_told_in_one_sentence() -> None:
    assert list(MADE) == list(NAMES)
    for scenario in SCENARIOS:
        assert scenario.description.endswith(".")
        assert ". " not in scenario.description


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_leaves_the_draws_alone(name: str) -> None:
    plans = [
        draw_plan(merge_options([SimulationOptions(scenario=each)]), ODDS, seed=7)
        for each in ("ok", name)
    ]

    drawn = [
        plan.estimate_model and (plan.estimate_model.initial_error, plan.estimate_model.phases)
        for plan in plans
    ]
    assert drawn[1] in {drawn[0], None}


def actual(plan: Plan, elapsed: float) -> tuple[float, float]:
    assert plan.estimate_model is not None
    assert plan.duration is not None
    guess, share = estimate_and_progress(
        plan.estimate_model, duration=plan.duration, elapsed=elapsed
    )
    return guess.remaining, share


def test_no_wishes_are_none_at_all() -> None:
    assert merge_options([]) == SimulationOptions()
    assert merge_options([SimulationOptions(), SimulationOptions()]) == SimulationOptions()


def test_what_is_said_beside_a_scenario_counts_before_it() -> None:
    fault = Rule(on=Operation.STATUS, fault=Fault.EMPTY)

    plan = dealt(
        "broken",
        duration=(5, 5),
        outcome=Outcome.ERROR,
        fails_at=0.5,
        faults=(fault,),
        estimate=Silence.NONE,
    )

    assert (plan.outcome, plan.ends_after, plan.faults) == (Outcome.ERROR, 2.5, (fault,))
    assert (plan.estimate_model, plan.is_silent) == (None, False)


def test_only_the_first_scenario_counts_but_what_lower_levels_say_does() -> None:
    levels = [
        SimulationOptions(scenario="flaky"),
        SimulationOptions(scenario="silent", duration=(3, 3)),
        SimulationOptions(scenario="fail", error_probability=1, seed=5, duration=(4, 4)),
    ]

    plan = draw_plan(merge_options(levels), ODDS, seed=0)

    assert (plan.scenario, plan.outcome, plan.ends_after, plan.seed) == (
        "flaky",
        Outcome.COMPLETED,
        3,
        5,
    )
    assert (faults_of(plan), plan.is_silent) == (MADE["flaky"]["faults"], False)


@pytest.mark.parametrize(
    ("levels", "seconds"),
    [
        ([SimulationOptions(scenario="slow")], 200),
        ([SimulationOptions(scenario="slow", duration=(7, 7))], 7),
        ([SimulationOptions(duration=(7, 7)), SimulationOptions(scenario="slow")], 7),
        ([SimulationOptions(scenario="slow"), SimulationOptions(duration=(7, 7))], 70),
        (
            [
                SimulationOptions(),
                SimulationOptions(scenario="slow"),
                SimulationOptions(duration=(7, 7)),
            ],
            70,
        ),
        ([SimulationOptions(scenario="slow"), SimulationOptions(scenario="instant")], 200),
        ([SimulationOptions(scenario="ok"), SimulationOptions(scenario="slow")], 20),
    ],
)
def test_slow_is_ten_times_the_duration_that_comes_from_below(
    levels: list[SimulationOptions], seconds: float
) -> None:
    assert draw_plan(merge_options(levels), ODDS, seed=0).duration == seconds


@pytest.mark.parametrize(
    ("levels", "outcome"),
    [
        ([SimulationOptions(scenario="ok", error_probability=1)], Outcome.ERROR),
        (
            [SimulationOptions(error_probability=1), SimulationOptions(outcome=Outcome.COMPLETED)],
            Outcome.ERROR,
        ),
        (
            [SimulationOptions(error_probability=0), SimulationOptions(scenario="fail")],
            Outcome.COMPLETED,
        ),
        (
            [SimulationOptions(outcome=Outcome.STUCK), SimulationOptions(error_probability=1)],
            Outcome.STUCK,
        ),
        ([SimulationOptions(outcome=Outcome.STUCK, error_probability=1)], Outcome.STUCK),
        (
            [SimulationOptions(scenario="ok"), SimulationOptions(error_probability=1)],
            Outcome.COMPLETED,
        ),
    ],
)
def test_odds_that_are_asked_for_above_are_not_cut_short_from_below(
    levels: list[SimulationOptions], outcome: Outcome
) -> None:
    assert draw_plan(merge_options(levels), ODDS, seed=0).outcome is outcome


KEYS: dict[str, st.SearchStrategy[Any]] = {
    "duration": st.tuples(st.just(0), st.integers(0, 9)),
    "failure": st.builds(Failure, code=st.text(), message=st.just(""), retryable=st.booleans()),
    "fails_at": st.floats(0, 1),
    "estimate": st.sampled_from([EstimateQuality(noise=0), EstimateQuality(bias=2), *Silence]),
    "faults": st.lists(st.builds(Rule, on=st.just(Operation.ANY), fault=st.just(503))).map(tuple),
    "seed": st.integers(),
    "outcome": st.sampled_from(Outcome),
}
LEVELS = st.lists(
    st.builds(
        SimulationOptions,
        scenario=st.none() | st.sampled_from(NAMES),
        **{name: st.none() | values for name, values in KEYS.items()},
    ),
    max_size=4,
)


@given(LEVELS)
def test_each_key_comes_from_the_first_that_says_it(levels: list[SimulationOptions]) -> None:
    resolved = merge_options(levels)

    for name in KEYS:
        assert getattr(resolved, name) == first_said(levels, name), name
    assert resolved.scenario == next((level.scenario for level in levels if level.scenario), None)


def first_said(levels: Sequence[SimulationOptions], name: str) -> Any:
    """Walk down the levels: each one's own word, then that of its scenario, if it is the first."""
    has_scenario = False
    for level in levels:
        sides = [level]
        if level.scenario is not None and not has_scenario:
            has_scenario = True
            sides.append(SCENARIOS[NAMES.index(level.scenario)].options)
        for side in sides:
            if getattr(side, name) is not None:
                return getattr(side, name)
    return None


@given(LEVELS)
def test_levels_that_say_nothing_change_nothing(levels: list[SimulationOptions]) -> None:
    padded = [
        SimulationOptions(),
        *itertools.chain.from_iterable((level, SimulationOptions()) for level in levels),
    ]

    assert merge_options(padded) == merge_options(levels)


def test_a_thousand_jobs_are_what_their_seeds_say_however_often_they_are_looked_at() -> None:
    options = [SimulationOptions(scenario=NAMES[seed % len(NAMES)]) for seed in range(1000)]
    first = [
        draw_plan(merge_options([option]), ODDS, seed=seed) for seed, option in enumerate(options)
    ]
    for plan in first:
        if plan.estimate_model and plan.duration:
            for step in range(20):
                actual(plan, plan.duration * step / 20)

    again = {
        seed: draw_plan(merge_options([options[seed]]), ODDS, seed=seed)
        for seed in reversed(range(1000))
    }

    assert [again[seed] for seed in range(1000)] == first
    assert len({str(plan) for plan in first}) == 1000
