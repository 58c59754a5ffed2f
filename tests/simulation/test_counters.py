"""How the rules of a job or workspace count requests, and which of them applies."""

from collections.abc import Sequence
from typing import Any

import pytest

from vid_trans_api.simulation.counters import Counters, count_request
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.snapshots import Operation

UNAVAILABLE = Rule(on=Operation.STATUS, fault=503)
RESET = Rule(on=Operation.STATUS, fault=Fault.RESET)
WHILE_YOUNG = Rule(on=Operation.STATUS, fault=429, between=(0, 10))
WHEN_OLD = Rule(on=Operation.STATUS, fault=404, between=(10, None))


def count(
    rules: Sequence[Rule | None], counters: Counters | None = None, **changes: Any
) -> tuple[Rule | None, Counters | None]:
    """Count a status request about a job that is five seconds old."""
    request: dict[str, Any] = {"operation": Operation.STATUS, "ages": [5], "seed": 0, **changes}
    return count_request(rules, counters, **request)


def test_first_rule_that_applies_wins() -> None:
    assert count([UNAVAILABLE, RESET]) == (UNAVAILABLE, [[1, 1], [1, 0]])


def test_next_rule_applies_once_the_first_is_used_up() -> None:
    once = Rule(on=Operation.STATUS, fault=503, times=1)

    first, counters = count([once, RESET])
    second, counters = count([once, RESET], counters)

    assert (first, second) == (once, RESET)
    assert counters == [[2, 1], [2, 1]]


def test_request_that_no_rule_matches_is_not_counted() -> None:
    assert count([UNAVAILABLE], operation=Operation.CREATE) == (None, None)
    assert count([UNAVAILABLE], [[3, 2]], operation=Operation.CREATE) == (None, [[3, 2]])


def test_request_with_another_fault_is_only_counted() -> None:
    assert count([UNAVAILABLE], has_fault=True) == (None, [[1, 0]])


def test_counting_leaves_the_given_counters_alone() -> None:
    counters = [[1, 1]]

    count([UNAVAILABLE], counters)

    assert counters == [[1, 1]]


def test_skipped_rule_keeps_the_positions_of_the_others() -> None:
    by_chance = Rule(on=Operation.STATUS, fault=503, probability=0.5)

    def applied(rules: Sequence[Rule | None]) -> list[bool]:
        return [count(rules, seed=seed)[0] is not None for seed in range(50)]

    never = Rule(on=Operation.CREATE, fault=503)
    assert applied([None, by_chance]) == applied([never, by_chance])
    assert applied([None, by_chance]) != applied([by_chance])


@pytest.mark.parametrize(
    ("ages", "applied"), [([5], WHILE_YOUNG), ([50, 5], WHILE_YOUNG), ([50], None), ([], None)]
)
def test_rule_with_between_matches_the_age_of_any_job(
    ages: list[float], applied: Rule | None
) -> None:
    assert count([WHILE_YOUNG], ages=ages)[0] is applied


def test_end_of_a_long_poll_is_not_counted_twice() -> None:
    _, counters = count([UNAVAILABLE, WHEN_OLD], ages=[5])

    applied, counters = count([UNAVAILABLE, WHEN_OLD], counters, ages=[15], ages_on_arrival=[5])

    assert applied is WHEN_OLD
    assert counters == [[1, 1], [1, 1]]
