"""Counters: how often each rule met a request, and how often it struck."""

from collections.abc import Sequence

from vid_trans_api.simulation.faults import Rule, fires, matches
from vid_trans_api.snapshots import Operation

Counters = list[list[int]]
"""For each rule, in order, the calls that it counted and how often it struck; kept as JSON."""


def count_request(
    rules: Sequence[Rule | None],
    counters: Counters | None,
    *,
    operation: Operation,
    ages: Sequence[float],
    seed: int,
    is_struck: bool = False,
    counted_at: Sequence[float] | None = None,
) -> tuple[Rule | None, Counters | None]:
    """Count a request by every rule about it; return the first that strikes, and the counters.

    None stands in the place of a rule that has no say in this.
    `ages` are those of the jobs that it asks for, in seconds; a rule between two ages is about it
    where one of them fits. None strikes where a rule of others has already, and `is_struck`. A
    request that was held has been counted, at the ages `counted_at`, by the rules about it then,
    which are left out. The counters are given back as they were where no rule is about it.
    """
    places = [
        place
        for place, rule in enumerate(rules)
        if rule is not None
        and _is_about(rule, operation, ages)
        and (counted_at is None or not _is_about(rule, operation, counted_at))
    ]
    if not places:
        return None, counters
    counted = [list(each) for each in counters or [[0, 0] for _ in rules]]
    struck = None
    for place in places:
        rule, counter = rules[place], counted[place]
        counter[0] += 1
        if is_struck or rule is None:
            continue
        if fires(rule, call=counter[0], fired=counter[1], seed=seed, place=place):
            counter[1] += 1
            struck, is_struck = rule, True
    return struck, counted


def _is_about(rule: Rule, operation: Operation, ages: Sequence[float]) -> bool:
    return any(matches(rule, operation, age=age) for age in ages or (None,))
