"""Which option counts if several levels have one."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

DEFAULTS = SimulationDefaults(duration=(20, 20), error_probability=1, noise=0.5)


def drawn(*levels: SimulationOptions) -> Plan:
    return draw_plan(merge_options(levels), DEFAULTS, seed=0)


def test_levels_without_options_merge_to_none() -> None:
    assert merge_options([]) == SimulationOptions()
    assert merge_options([SimulationOptions(), SimulationOptions()]) == SimulationOptions()


def test_own_options_of_a_level_come_before_its_scenario() -> None:
    rule = Rule(on=Operation.STATUS, fault=Fault.EMPTY)

    plan = drawn(
        SimulationOptions(
            scenario="broken",
            duration=(5, 5),
            outcome=Outcome.ERROR,
            fails_at=0.5,
            faults=(rule,),
            estimate=Silence.NONE,
        )
    )

    assert (plan.outcome, plan.ends_after, plan.faults) == (Outcome.ERROR, 2.5, (rule,))
    assert (plan.estimate_model, plan.is_silent) == (None, False)


def test_lower_levels_contribute_options_but_no_scenario() -> None:
    plan = drawn(
        SimulationOptions(scenario="flaky"),
        SimulationOptions(scenario="silent", duration=(3, 3)),
        SimulationOptions(scenario="fail", error_probability=1, seed=5, duration=(4, 4)),
    )

    assert (plan.scenario, plan.outcome) == ("flaky", Outcome.COMPLETED)
    assert (plan.ends_after, plan.seed) == (3, 5)
    assert (plan.faults, plan.is_silent) == (
        (Rule(on=Operation.STATUS, fault=503, every=3),),
        False,
    )


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
def test_slow_multiplies_only_a_duration_from_a_lower_level(
    levels: list[SimulationOptions], seconds: float
) -> None:
    assert drawn(*levels).duration == seconds


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
def test_error_probability_overrides_a_lower_outcome(
    levels: list[SimulationOptions], outcome: Outcome
) -> None:
    assert drawn(*levels).outcome is outcome


KEYS: dict[str, st.SearchStrategy[Any]] = {
    "duration": st.tuples(st.just(0), st.integers(0, 9)),
    "failure": st.builds(Failure, code=st.text(), message=st.just(""), retryable=st.booleans()),
    "fails_at": st.floats(0, 1),
    "queued": st.floats(0, 1),
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
def test_option_comes_from_the_first_level_that_has_it(levels: list[SimulationOptions]) -> None:
    merged = merge_options(levels)

    for name in KEYS:
        assert getattr(merged, name) == first_with(levels, name), name
    assert merged.scenario == next((level.scenario for level in levels if level.scenario), None)


def first_with(levels: Sequence[SimulationOptions], name: str) -> Any:
    """Return the first value: of a level, then of its scenario if it is the first scenario."""
    has_scenario = False
    for level in levels:
        sources = [level]
        if level.scenario is not None and not has_scenario:
            has_scenario = True
            sources.append(SCENARIOS[NAMES.index(level.scenario)].options)
        for source in sources:
            if getattr(source, name) is not None:
                return getattr(source, name)
    return None


@given(LEVELS)
def test_levels_without_options_change_nothing(levels: list[SimulationOptions]) -> None:
    padded = [
        SimulationOptions(),
        *itertools.chain.from_iterable((level, SimulationOptions()) for level in levels),
    ]

    assert merge_options(padded) == merge_options(levels)
