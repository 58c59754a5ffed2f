"""To which requests a rule applies, and how it is stored."""

import random
from dataclasses import fields, replace
from typing import Any

import pytest

from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.snapshots import Operation

REQUESTS = [operation for operation in Operation if operation is not Operation.ANY]


def applications(rule: Rule, *, matches: int = 10, seed: int = 0, position: int = 0) -> list[int]:
    """Return to which of the matching requests the rule applies."""
    found: list[int] = []
    for match in range(1, matches + 1):
        if rule.applies(match=match, applied=len(found), seed=seed, position=position):
            found.append(match)
    return found


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"times": 2}, [1, 2]),
        ({"after": 8}, [9, 10]),
        ({"every": 3}, [3, 6, 9]),
        ({"after": 2, "every": 3}, [5, 8]),
        ({"after": 1, "times": 1}, [2]),
        ({"after": 1, "every": 2, "times": 3}, [3, 5, 7]),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"probability": 0}, []),
    ],
)
def test_rule_applies_to_the_requests_it_names(
    conditions: dict[str, Any], expected: list[int]
) -> None:
    rule = Rule(on=Operation.STATUS, fault=503, **conditions)

    assert applications(rule) == expected


@pytest.mark.parametrize(
    ("between", "age", "is_match"),
    [
        (None, 0, True),
        (None, None, True),
        ((10, 20), 9.999, False),
        ((10, 20), 10, True),
        ((10, 20), 20, True),
        ((10, 20), 20.001, False),
        ((10, None), 9.999, False),
        ((10, None), 86_400, True),
        ((0, 5), 0, True),
        ((0, None), None, False),
    ],
)
def test_rule_with_between_matches_ages_in_it(
    between: tuple[float, float | None] | None, age: float | None, is_match: bool
) -> None:
    rule = Rule(on=Operation.STATUS, fault=503, between=between)

    assert rule.matches(Operation.STATUS, age=age) is is_match


@pytest.mark.parametrize("operation", REQUESTS)
def test_rule_matches_its_operation_or_any(operation: Operation) -> None:
    matching = [on for on in Operation if Rule(on=on, fault=503).matches(operation, age=0)]

    assert matching == [operation, Operation.ANY]


@pytest.mark.parametrize(
    ("fault", "operations"),
    [
        (Fault.STALE, {"status", "list"}),
        (Fault.UNKNOWN_STATUS, {"create", "status", "list", "cancel"}),
        (Fault.LOST_RESPONSE, {*REQUESTS}),
        (400, {*REQUESTS}),
    ],
)
def test_rule_on_any_matches_what_its_fault_can_happen_to(
    fault: int | Fault, operations: set[str]
) -> None:
    rule = Rule(on=Operation.ANY, fault=fault)

    assert {each.value for each in REQUESTS if rule.matches(each, age=0)} == operations


def test_probability_depends_only_on_seed_position_and_match() -> None:
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.3)
    in_order = applications(rule, matches=1000, seed=7, position=2)

    random.seed(5)
    reversed_order = [
        match
        for match in range(1000, 0, -1)
        if rule.applies(match=match, applied=0, seed=7, position=2)
    ]

    assert reversed_order[::-1] == in_order
    assert len(in_order) / 1000 == pytest.approx(0.3, abs=0.05)


def test_other_seeds_and_positions_draw_differently() -> None:
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.5)

    first, other_position, other_seed = (
        applications(rule, matches=100, seed=seed, position=position)
        for seed, position in [(1, 1), (1, 2), (2, 1)]
    )

    assert first != other_position
    assert first != other_seed
    assert other_position != other_seed


def test_draws_of_a_seed_are_those_of_0_1_0() -> None:
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.3)

    assert applications(rule, matches=20, seed=42) == [2, 4, 12]


@pytest.mark.parametrize(
    ("fault", "seconds", "expected"),
    [
        (Fault.HANG, None, 60),
        (Fault.SLOW, None, 3),
        (Fault.DRIBBLE, None, 3),
        (Fault.SLOW, 0, 0),
        (Fault.HANG, 1.5, 1.5),
        (Fault.RESET, None, 0),
        (503, None, 0),
    ],
)
def test_fault_takes_its_usual_time_unless_given(
    fault: int | Fault, seconds: float | None, expected: float
) -> None:
    assert Rule(on=Operation.ANY, fault=fault, seconds=seconds).fault_seconds == expected


@pytest.mark.parametrize(("status", "expected"), [(None, 502), (200, 200)])
def test_page_of_a_gateway_is_a_502_unless_given(status: int | None, expected: int) -> None:
    assert Rule(on=Operation.ANY, fault=Fault.HTML, status=status).page_status == expected


@pytest.mark.parametrize(
    ("rule", "stored"),
    [
        (Rule(on=Operation.STATUS, fault=503), {"on": "status", "fault": 503}),
        (
            Rule(on=Operation.ANY, fault=Fault.HANG, times=1, seconds=0, between=(3, None)),
            {"on": "any", "fault": "hang", "times": 1, "between": (3, None), "seconds": 0},
        ),
    ],
)
def test_rule_is_stored_without_default_values(rule: Rule, stored: dict[str, Any]) -> None:
    assert rule.to_json() == stored
    assert Rule.from_json(stored) == rule


def test_rule_with_all_values_is_equal_after_storing_it() -> None:
    rule = Rule(
        on=Operation.LIST,
        fault=Fault.HTML,
        times=2,
        after=3,
        every=4,
        between=(1.5, 2.5),
        from_middle=True,
        probability=0.25,
        retry_after=9,
        status=200,
        seconds=8,
    )

    stored = rule.to_json()

    assert set(stored) == {field.name for field in fields(Rule)}
    assert Rule.from_json({**stored, "between": [1.5, 2.5]}) == rule


def test_rule_from_the_middle_depends_on_the_duration() -> None:
    rule = Rule(on=Operation.ANY, fault=404, from_middle=True)

    placed = rule.for_duration(30)

    assert placed == replace(rule, between=(15, None))
    assert placed.for_duration(8) == replace(rule, between=(4, None))


def test_other_rules_do_not_depend_on_the_duration() -> None:
    rule = Rule(on=Operation.ANY, fault=404, between=(15, None))

    assert rule.for_duration(8) is rule
