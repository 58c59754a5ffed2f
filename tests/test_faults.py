"""When a rule strikes: at the call before a change and the call of it."""

import random
from dataclasses import fields, replace
from typing import Any

import pytest

from vid_trans_api.simulation.faults import (
    Fault,
    Rule,
    can_apply,
    needs_socket,
    replaces_request,
)
from vid_trans_api.snapshots import Operation

REQUESTS = [operation for operation in Operation if operation is not Operation.ANY]


def struck(rule: Rule, *, calls: int = 10, seed: int = 0, place: int = 0) -> list[int]:
    """Return which of so many calls the rule strikes."""
    found: list[int] = []
    for call in range(1, calls + 1):
        if rule.applies(match=call, applied=len(found), seed=seed, position=place):
            found.append(call)
    return found


@pytest.mark.parametrize(
    ("when", "calls"),
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
def test_a_rule_strikes_the_calls_it_says(when: dict[str, Any], calls: list[int]) -> None:
    assert struck(Rule(on=Operation.STATUS, fault=503, **when)) == calls


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
def test_a_rule_between_two_ages_is_about_jobs_of_that_age(
    between: tuple[float, float | None] | None, age: float | None, is_match: bool
) -> None:
    rule = Rule(on=Operation.STATUS, fault=503, between=between)

    assert rule.matches(Operation.STATUS, age=age) is is_match


@pytest.mark.parametrize("asked", REQUESTS)
def test_a_rule_is_about_the_requests_it_names(asked: Operation) -> None:
    about = [on for on in Operation if Rule(on=on, fault=503).matches(asked, age=0)]

    assert about == [asked, Operation.ANY]


@pytest.mark.parametrize(
    ("fault", "operations"),
    [
        (Fault.STALE, {"status", "list"}),
        (Fault.UNKNOWN_STATUS, {"create", "status", "list", "cancel"}),
        (Fault.LOST_RESPONSE, {"create", "status", "list", "cancel", "result", "delete"}),
        (400, {"create", "status", "list", "cancel", "result", "delete"}),
    ],
)
def test_a_rule_on_anything_is_about_what_it_can_strike(
    fault: int | Fault, operations: set[str]
) -> None:
    rule = Rule(on=Operation.ANY, fault=fault)

    assert {each.value for each in REQUESTS if rule.matches(each, age=0)} == operations
    assert {each.value for each in REQUESTS if can_apply(fault, each)} == operations


def test_what_is_drawn_follows_from_seed_place_and_call_alone() -> None:
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.3)
    forwards = struck(rule, calls=1000, seed=7, place=2)

    random.seed(5)
    backwards = [
        call
        for call in range(1000, 0, -1)
        if rule.applies(match=call, applied=0, seed=7, position=2)
    ]

    assert backwards[::-1] == forwards
    assert len(forwards) / 1000 == pytest.approx(0.3, abs=0.05)


def test_other_seeds_and_places_draw_otherwise() -> None:
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.5)
    drawn = [
        struck(rule, calls=100, seed=seed, place=place) for seed, place in [(1, 1), (1, 2), (2, 1)]
    ]

    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


def test_the_draws_of_a_seed_stay_what_they_are() -> None:
    """Whoever wrote down a seed wants the same calls struck by the next version."""
    rule = Rule(on=Operation.STATUS, fault=503, probability=0.3)

    assert struck(rule, calls=20, seed=42) == [2, 4, 12]


def test_the_faults_on_the_wire_are_those_that_need_the_socket() -> None:
    assert [fault.value for fault in Fault if needs_socket(fault)] == [
        "reset",
        "hang",
        "truncate",
        "slow",
        "dribble",
        "lost-response",
    ]
    assert not needs_socket(503)


def test_the_faults_that_come_instead_of_the_request_leave_it_undone() -> None:
    assert [fault.value for fault in Fault if replaces_request(fault)] == ["html", "reset", "hang"]
    assert replaces_request(404)


@pytest.mark.parametrize(
    ("fault", "given", "lasts"),
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
def test_a_fault_lasts_its_usual_time_unless_told(
    fault: int | Fault, given: float | None, lasts: float
) -> None:
    assert Rule(on=Operation.ANY, fault=fault, seconds=given).fault_seconds == lasts


@pytest.mark.parametrize(("given", "status"), [(None, 502), (200, 200)])
def test_a_gateways_page_is_a_502_unless_told(given: int | None, status: int) -> None:
    assert Rule(on=Operation.ANY, fault=Fault.HTML, status=given).page_status == status


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
def test_a_rule_is_stored_without_what_goes_without_saying(
    rule: Rule, stored: dict[str, Any]
) -> None:
    assert rule.to_json() == stored
    assert Rule.from_json(stored) == rule


def test_a_rule_that_says_everything_comes_back_as_it_was() -> None:
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

    assert set(rule.to_json()) == {field.name for field in fields(Rule)}
    assert Rule.from_json({**rule.to_json(), "between": [1.5, 2.5]}) == rule


def test_a_rule_from_the_middle_knows_when_that_is_once_the_duration_is_known() -> None:
    rule = Rule(on=Operation.ANY, fault=404, from_middle=True)

    known = rule.for_duration(30)

    assert known == replace(rule, between=(15, None))
    assert known.for_duration(8) == replace(rule, between=(4, None))


def test_a_rule_from_elsewhere_stays_where_it_is_whatever_the_duration() -> None:
    rule = Rule(on=Operation.ANY, fault=404, between=(15, None))

    assert rule.for_duration(8) is rule
