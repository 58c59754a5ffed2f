"""Tallies: how often each rule met a request, and how often it struck."""

from collections.abc import Sequence

from vid_trans_api.simulation.faults import Operation, Rule, fires, matches

Tallies = list[list[int]]
"""For each rule, in order, the calls that it counted and how often it struck; kept as JSON."""


def count_call(
    rules: Sequence[Rule],
    tallies: Tallies | None,
    *,
    operation: Operation,
    age: float | None,
    seed: int,
    is_struck: bool = False,
) -> tuple[Rule | None, Tallies | None]:
    """Count a request by every rule about it; return the first that strikes, and the tallies.

    None does where a rule of others has struck already, and `is_struck`. The tallies are given back
    as they were where no rule is about it.
    """
    places = [place for place, rule in enumerate(rules) if matches(rule, operation, age=age)]
    if not places:
        return None, tallies
    counted = [list(each) for each in tallies or [[0, 0] for _ in rules]]
    struck = None
    for place in places:
        rule, tally = rules[place], counted[place]
        tally[0] += 1
        if is_struck:
            continue
        if fires(rule, call=tally[0], fired=tally[1], seed=seed, place=place):
            tally[1] += 1
            struck, is_struck = rule, True
    return struck, counted
