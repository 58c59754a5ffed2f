"""Changes to the OpenAPI document that drf-spectacular has made: its hooks, in their order."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from vid_trans_api.file_types import UPLOADED
from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.http.fields import NAMED_ESTIMATES, PAGE_STATUSES
from vid_trans_api.http.options import FAULT_OPERATIONS
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.snapshots import Operation, Status

KEY_SCHEMES: Final = ("apiKey", "bearer")
"""The two ways to send an API key."""

_ENUMS: Final[Mapping[str, Iterable[Any]]] = {
    "JobStatus": Status,
    "TargetLanguage": LANGUAGES,
    "ScenarioName": (scenario.name for scenario in SCENARIOS),
    "Outcome": Outcome,
    "NamedEstimate": NAMED_ESTIMATES,
    "EstimateProfile": EstimateProfile,
    "FaultName": Fault,
    "FaultOperation": FAULT_OPERATIONS,
    "HtmlFaultStatus": PAGE_STATUSES,
    "MimeType": UPLOADED,
    "LoggedOperation": (each for each in Operation if each is not Operation.ANY),
    "ViolationKind": ViolationKind,
    "ClockState": ClockState,
    "HealthStatus": ("ok",),
    "Next": ("next",),
    "Now": ("now",),
}
"""The values of each enum, by the name that it has in generated clients."""

_NAMES: Final = {tuple(values): name for name, values in _ENUMS.items()}
_SCENARIO_LIST: Final = "\n".join(f"* `{each.name}`: {each.description}" for each in SCENARIOS)
_DESCRIPTIONS: Final = {"ScenarioName": _SCENARIO_LIST}


def leave_out_other_dialects(
    endpoints: Iterable[tuple[str, str, str, Any]], **_: Any
) -> list[tuple[str, str, str, Any]]:
    """Return the endpoints of this API; each begins with its path."""
    root = reverse("vid_trans_api:schema").removesuffix("schema")
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(root)]


def name_enums(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Replace each enum by a reference to a schema with a name.

    drf-spectacular's own hook does this for the fields of objects only, so that generated clients
    would have names such as `FaultRuleRequestFaultType1`.
    """
    schemas = result["components"]["schemas"]
    enums: dict[str, Any] = {}
    named = {name: _with_references(schema, enums) for name, schema in schemas.items()}
    result["components"]["schemas"] = dict(sorted({**named, **enums}.items()))
    result["paths"] = _with_references(result["paths"], enums)
    return result


def _with_references(part: Any, enums: dict[str, Any]) -> Any:
    """Return a part of the document with references to enums, which are added to `enums`."""
    match part:
        case list():
            return [_with_references(each, enums) for each in part]
        case {"enum": values, **others} if name := _name_of(values):
            enum_type = others.pop("type")
            enums[name] = {"type": enum_type, "enum": [each for each in values if each is not None]}
            if name in _DESCRIPTIONS:
                enums[name]["description"] = _DESCRIPTIONS[name]
            reference = {"$ref": f"#/components/schemas/{name}"}
            others.pop("x-spec-enum-id", None)
            return {"allOf": [reference], **others} if others else reference
        case dict():
            return {
                key: value if key == "not" else _with_references(value, enums)
                for key, value in part.items()
                if key != "x-spec-enum-id"
            }
    return part


def _name_of(values: Iterable[Any]) -> str | None:
    return _NAMES.get(tuple(each for each in values if each is not None))


def require_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Mark bodies as required that must not be empty."""
    for path in result["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media in content.values():
                name = media["schema"].get("$ref", "").rpartition("/")[2]
                if "minProperties" in result["components"]["schemas"].get(name, {}):
                    operation["requestBody"]["required"] = True
    return result


def requires_key() -> bool:
    """Return whether the server refuses requests without an API key."""
    return not is_accepted("")


def make_keys_optional(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Allow requests without a key if the server does.

    This is said once for all operations: generated clients require a key for an operation that
    names schemes itself, even if it allows requests without.
    """
    if not requires_key():
        result["security"] = [{}, *({scheme: []} for scheme in KEY_SCHEMES)]
    return result


def set_server(
    result: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> dict[str, Any]:
    """Name the server that the document comes from."""
    url = "/" if request is None else request.build_absolute_uri("/").removesuffix("/")
    result["servers"] = [{"url": url}]
    return result
