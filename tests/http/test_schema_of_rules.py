"""How OpenAPI describes fault rules."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from jsonschema import Draft4Validator
from rest_framework.exceptions import ValidationError

from tests.conftest import Api
from vid_trans_api.http.options import (
    FAULT_OPERATIONS,
    MOST_RULES,
    FaultRuleSerializer,
    RulesField,
)
from vid_trans_api.simulation.faults import Fault

KEYS: dict[str, Any] = {"retry_after": 5, "status": 200, "seconds": 1, "between": [0, 5]}
"""A value for each key that does not go with every rule."""


def schemas(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/schema").json()["components"]["schemas"]
    return found


def rules() -> Iterator[dict[str, Any]]:
    """Yield rules with each operation, fault and key, of which many are contradictory."""
    for on, fault in product(FAULT_OPERATIONS, (503, *(fault.value for fault in Fault))):
        rule: dict[str, Any] = {"on": on, "fault": fault}
        yield rule
        for name, value in KEYS.items():
            yield {**rule, name: value}


def is_accepted(rule: dict[str, Any], *, of_workspace: bool) -> bool:
    try:
        RulesField(of_workspace=of_workspace).run_validation([rule])
    except ValidationError:
        return False
    return True


def test_fault_rule_is_one_object_with_all_keys(api: Api) -> None:
    rule = schemas(api)["FaultRuleRequest"]

    assert list(rule["properties"]) == list(FaultRuleSerializer().fields)
    assert all("description" in key for key in rule["properties"].values())
    assert (rule["required"], rule["additionalProperties"]) == (["fault", "on"], False)


def test_options_and_defaults_refer_to_the_same_rule(api: Api) -> None:
    found = schemas(api)
    reference = {"$ref": "#/components/schemas/FaultRuleRequest"}

    in_options, in_defaults = (
        found[name]["properties"]["faults"] for name in ("SimulationRequest", "DefaultsRequest")
    )

    assert in_options["items"]["allOf"] == [reference]
    assert in_defaults["items"] == reference
    assert in_options["maxItems"] == in_defaults["maxItems"] == MOST_RULES


@pytest.mark.parametrize(
    ("name", "of_workspace"), [("SimulationRequest", False), ("DefaultsRequest", True)]
)
def test_schema_forbids_the_rules_that_are_refused(
    api: Api, name: str, *, of_workspace: bool
) -> None:
    found = schemas(api)
    one_rule = found[name]["properties"]["faults"]["items"]
    validator = Draft4Validator({**one_rule, "components": {"schemas": found}})

    wrong = [
        rule
        for rule in rules()
        if validator.is_valid(rule) is not is_accepted(rule, of_workspace=of_workspace)
    ]

    assert wrong == []
