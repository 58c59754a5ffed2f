"""Counters of requests, from which fault rules such as "every third request" are decided."""

from collections.abc import Sequence

from vid_trans_api.simulation.faults import Rule
from vid_trans_api.snapshots import Operation

Counters = list[list[int]]
"""A pair per rule, in the rules' order: how many requests it matched, to how many it applied."""


def count_request(
    rules: Sequence[Rule | None],
    counters: Counters | None,
    *,
    operation: Operation,
    ages: Sequence[float],
    seed: int,
    has_fault: bool = False,
    ages_on_arrival: Sequence[float] | None = None,
) -> tuple[Rule | None, Counters | None]:
    """Count a request for each rule that matches it, and return the first rule that applies.

    Args:
        rules: The rules of one job or workspace. None skips a rule, but keeps the positions of the
            others: a rule's random numbers depend on its position.
        counters: The counters before this request; None if these rules have matched no request.
        operation: What the request does.
        ages: The ages of the jobs that the request is about, in seconds; empty if it is about no
            job in particular. A rule with `between` matches if one of the ages lies in it.
        seed: The seed from which rules with a probability are decided.
        has_fault: Whether another rule already applies to this request. The rules here then count
            it, but none of them applies.
        ages_on_arrival: For the end of a long poll only: the ages when the request arrived.
            Requests of a long poll have been counted when they arrived, so only rules that match
            now and did not match then count them.

    Returns:
        The rule that applies, or None; and the counters after this request, which are `counters`
        itself if no rule matches.

    """
    positions = [
        position
        for position, rule in enumerate(rules)
        if rule is not None
        and _matches(rule, operation, ages)
        and (ages_on_arrival is None or not _matches(rule, operation, ages_on_arrival))
    ]
    if not positions:
        return None, counters
    counted = [list(pair) for pair in counters or [[0, 0] for _ in rules]]
    applied = None
    for position in positions:
        rule, counter = rules[position], counted[position]
        counter[0] += 1
        if has_fault or rule is None:
            continue
        if rule.applies(match=counter[0], applied=counter[1], seed=seed, position=position):
            counter[1] += 1
            applied, has_fault = rule, True
    return applied, counted


def _matches(rule: Rule, operation: Operation, ages: Sequence[float]) -> bool:
    return any(rule.matches(operation, age=age) for age in ages or (None,))
