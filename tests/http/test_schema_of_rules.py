"""How OpenAPI describes fault rules."""

from typing import Any

from tests.conftest import Api
from vid_trans_api.http.options import MOST_RULES, FaultRuleSerializer


def schemas(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/schema").json()["components"]["schemas"]
    return found


def test_fault_rule_is_one_object_with_all_keys(api: Api) -> None:
    rule = schemas(api)["FaultRuleRequest"]

    assert list(rule["properties"]) == list(FaultRuleSerializer().fields)
    assert all("description" in key for key in rule["properties"].values())
    assert (rule["required"], rule["additionalProperties"]) == (["fault", "on"], False)


def test_options_and_defaults_refer_to_the_same_rule(api: Api) -> None:
    found = schemas(api)

    for name in ("SimulationRequest", "PatchedDefaultsRequest"):
        faults = found[name]["properties"]["faults"]
        assert faults["items"] == {"$ref": "#/components/schemas/FaultRuleRequest"}
        assert faults["maxItems"] == MOST_RULES
