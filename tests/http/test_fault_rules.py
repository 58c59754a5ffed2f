"""Which fault rules a request can have, and how wrong ones are refused."""

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from vid_trans_api.http.errors import flatten
from vid_trans_api.http.options import RulesField
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.snapshots import Operation


def rule(**changes: Any) -> dict[str, Any]:
    return {"on": "status", "fault": 503, **changes}


def errors_of(rules: object, *, of_workspace: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        RulesField(of_workspace=of_workspace).run_validation(rules)
    return [(error["field"], error["detail"]) for error in flatten(refused.value.detail)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            rule(times=1, after=0, every=1, between=[0, None], probability=0),
            Rule(on=Operation.STATUS, fault=503, times=1, between=(0, None), probability=0),
        ),
        (rule(fault=400, retry_after=0), Rule(on=Operation.STATUS, fault=400, retry_after=0)),
        (
            rule(fault=599.0, retry_after=86_400, between=[5, 5]),
            Rule(on=Operation.STATUS, fault=599, retry_after=86_400, between=(5, 5)),
        ),
        (rule(between=[None, 5]), Rule(on=Operation.STATUS, fault=503, between=(0, 5))),
        (rule(between=[None, None]), Rule(on=Operation.STATUS, fault=503, between=(0, None))),
        (
            rule(fault="html", status=200, retry_after=3, on="any"),
            Rule(on=Operation.ANY, fault=Fault.HTML, status=200, retry_after=3),
        ),
        (
            rule(fault="hang", seconds=300, on="create"),
            Rule(on=Operation.CREATE, fault=Fault.HANG, seconds=300),
        ),
        (
            rule(fault="dribble", seconds=0, on="result"),
            Rule(on=Operation.RESULT, fault=Fault.DRIBBLE, seconds=0),
        ),
        (
            rule(fault="unknown-status", on="cancel"),
            Rule(on=Operation.CANCEL, fault=Fault.UNKNOWN_STATUS),
        ),
    ],
)
def test_rule_is_read(document: dict[str, Any], expected: Rule) -> None:
    assert RulesField().run_validation([document]) == (expected,)


def test_twenty_rules_are_read_in_order() -> None:
    documents = [rule(fault=status) for status in range(500, 520)]

    rules = RulesField().run_validation(documents)

    assert [each.fault for each in rules] == list(range(500, 520))


@pytest.mark.parametrize(
    ("rules", "detail"),
    [
        ({}, "{} is not a list of rules."),
        (None, "This field may not be null."),
        ([rule()] * 21, "21 rules are too many; give at most 20."),
    ],
)
def test_rules_that_are_no_list_of_20_are_refused(rules: object, detail: str) -> None:
    assert errors_of(rules) == [("", detail)]


@pytest.mark.parametrize(
    ("document", "field", "detail"),
    [
        (503, "", "503 is not a JSON object."),
        (None, "", "null"),
        ({"fault": 503}, ".on", "required"),
        ({"on": "status"}, ".fault", "required"),
        (rule(when=1), ".when", "Unknown field; known fields: on, fault, times, after, every,"),
        (rule(from_middle=True), ".from_middle", "Unknown field"),
        (rule(on="delete"), ".on", "; choose from create, status, list, cancel, result, any."),
        (rule(fault="rest"), ".fault", "did you mean reset?"),
        (
            rule(fault="xyz"),
            ".fault",
            "choose from html, reset, hang, garbage, empty, truncate, slow, dribble, lost-response",
        ),
        (rule(fault="503"), ".fault", "'503' is neither a status code from 400 to 599 nor the"),
        (rule(fault=399), ".fault", "399 is neither a status code from 400"),
        (rule(fault=600), ".fault", "600 is neither a status code from 400"),
        (rule(fault=404.5), ".fault", "404.5 is neither a status code"),
        (rule(fault=True), ".fault", "true is neither a status code"),
        (rule(times=0), ".times", "0 is not between 1 and 1000000."),
        (rule(times=1.5), ".times", "1.5 is not a whole number."),
        (rule(after=-1), ".after", "-1 is not between 0 and 1000000."),
        (rule(every=0), ".every", "0 is not between 1 and 1000000."),
        (rule(probability=2), ".probability", "2 is not between 0 and 1."),
        (rule(between=5), ".between", "5 is not [from, to]"),
        (rule(between=[5]), ".between", "[5] is not [from, to]"),
        (rule(between=[6, 5]), ".between", "[6, 5] ends before it begins."),
        (rule(between=["0", 5]), ".between", "'0' is not a number."),
        (rule(between=[0, 86_401]), ".between", "between 0 and 86400."),
        (rule(retry_after=86_401), ".retry_after", "not between 0 and 86400."),
        (
            rule(fault="reset", retry_after=5),
            ".retry_after",
            "The fault reset cannot have this, only status codes, html can.",
        ),
        (rule(status=200), ".status", "The fault 503 cannot have this, only html can."),
        (
            rule(fault="html", status=500),
            ".status",
            "500 is not a status code of the fault html; choose from 200, 502.",
        ),
        (rule(fault="html", status=True), ".status", "true is not a status code of the fault"),
        (
            rule(fault="truncate", seconds=5),
            ".seconds",
            "The fault truncate cannot have this, only hang, slow, dribble can.",
        ),
        (rule(fault="hang", seconds=301), ".seconds", "between 0 and 300."),
        (
            rule(on="list"),
            ".on",
            "the workspace's defaults; choose from create, status, cancel, result, any.",
        ),
        (
            rule(on="cancel", fault="stale"),
            ".on",
            "The fault stale cannot happen to cancel; choose from status, any.",
        ),
        (
            rule(on="result", fault="unknown-status"),
            ".on",
            "cannot happen to result; choose from create, status, cancel, any.",
        ),
        (rule(on="create", between=[0, 5]), ".between", "A rule on create cannot have this"),
    ],
)
def test_wrong_rule_is_refused_with_what_is_possible(
    document: object, field: str, detail: str
) -> None:
    ((actual_field, actual_detail),) = errors_of([rule(), document])

    assert actual_field == f"1{field}"
    assert detail in actual_detail


def test_every_wrong_key_of_every_rule_is_named() -> None:
    rules = [rule(times=0, after=-1), rule(), rule(fault="hang", status=200, retry_after=1)]

    assert [field for field, _ in errors_of(rules)] == [
        "0.times",
        "0.after",
        "2.retry_after",
        "2.status",
    ]


def test_rules_of_a_workspace_can_be_about_lists() -> None:
    rules = RulesField(of_workspace=True)

    assert rules.run_validation([rule(on="list"), rule(on="list", fault="stale")]) == (
        Rule(on=Operation.LIST, fault=503),
        Rule(on=Operation.LIST, fault=Fault.STALE),
    )


def test_rule_about_lists_cannot_depend_on_an_age() -> None:
    errors = errors_of([rule(on="list", between=[0, 5])], of_workspace=True)

    assert [field for field, _ in errors] == ["0.between"]
