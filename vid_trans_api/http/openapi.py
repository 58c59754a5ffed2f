"""How OpenAPI documents are made: one for each dialect, of the paths below its own."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from django.http import HttpRequest
from drf_spectacular.generators import SchemaGenerator

from vid_trans_api.http.fields import NAMED_ESTIMATES, PAGE_STATUSES
from vid_trans_api.http.options import FAULT_OPERATIONS
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.simulation.webhook_faults import WebhookFault

KEY_SCHEMES: Final = ("apiKey", "bearer")
"""The two ways to send an API key."""

KEY_DEFINITIONS: Final = (
    {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    {"type": "http", "scheme": "bearer"},
)
"""What OpenAPI says about each of them."""

SIMULATION_ENUMS: Final[Mapping[str, Iterable[Any]]] = {
    "TargetLanguage": LANGUAGES,
    "ScenarioName": [scenario.name for scenario in SCENARIOS],
    "Outcome": Outcome,
    "NamedEstimate": NAMED_ESTIMATES,
    "EstimateProfile": EstimateProfile,
    "FaultName": Fault,
    "FaultOperation": FAULT_OPERATIONS,
    "HtmlFaultStatus": PAGE_STATUSES,
    "WebhookFault": WebhookFault,
}
"""Enums of every dialect whose requests can control the simulation."""

_SCENARIO_LIST: Final = "\n".join(f"* `{each.name}`: {each.description}" for each in SCENARIOS)
_DESCRIPTIONS: Final = {"ScenarioName": _SCENARIO_LIST}


class DocumentGenerator(SchemaGenerator):
    """Makes the document of one dialect."""

    prefix: ClassVar[str]
    """How the dialect's paths begin."""

    enums: ClassVar[Mapping[str, Iterable[Any]]] = SIMULATION_ENUMS
    """The values of each enum, by the name that it has in generated clients."""

    info: ClassVar[Mapping[str, str]] = {}
    """What the document says about itself, if not what the settings say."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]  # untyped base
        self.names = {tuple(values): name for name, values in self.enums.items()}

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]  # untyped base
        self.endpoints = [each for each in self.endpoints or () if each[0].startswith(self.prefix)]

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 (as its base is called)
        document: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]  # the same
        document["info"].update(self.info)
        return document


def name_enums(result: dict[str, Any], generator: DocumentGenerator, **_: Any) -> dict[str, Any]:
    """Replace each enum by a reference to a schema with a name.

    drf-spectacular's own hook does this for the fields of objects only, so that generated clients
    would have names such as `FaultRuleRequestFaultType1`.
    """
    schemas = result["components"]["schemas"]
    enums: dict[str, Any] = {}
    names = generator.names
    named = {name: _with_references(schema, enums, names) for name, schema in schemas.items()}
    result["paths"] = _with_references(result["paths"], enums, names)
    result["components"]["schemas"] = dict(sorted({**named, **enums}.items()))
    return result


def _with_references(part: Any, enums: dict[str, Any], names: Mapping[tuple[Any, ...], str]) -> Any:
    """Return a part of the document with references to enums, which are added to `enums`."""
    match part:
        case list():
            return [_with_references(each, enums, names) for each in part]
        case {"enum": values, **others} if name := names.get(_without_null(values)):
            enum_type = others.pop("type")
            enums[name] = {"type": enum_type, "enum": [*_without_null(values)]}
            if name in _DESCRIPTIONS:
                enums[name]["description"] = _DESCRIPTIONS[name]
            reference = {"$ref": f"#/components/schemas/{name}"}
            others.pop("x-spec-enum-id", None)
            return {"allOf": [reference], **others} if others else reference
        case dict():
            return {
                key: value if key == "not" else _with_references(value, enums, names)
                for key, value in part.items()
                if key != "x-spec-enum-id"
            }
    return part


def _without_null(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(each for each in values if each is not None)


def merge_blank(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Describe strings that may be empty as one type.

    drf-spectacular writes `oneOf` a string with the field's pattern and the empty string. Here the
    pattern allows the empty string too, so that it would match both, which `oneOf` forbids.
    """
    merged: dict[str, Any] = _without_blank(result)
    return merged


def _without_blank(part: Any) -> Any:
    match part:
        case list():
            return [_without_blank(each) for each in part]
        case {"oneOf": [string, {"type": "string", "maxLength": 0}], **others}:
            return {**string, **others}
        case dict():
            return {key: _without_blank(value) for key, value in part.items()}
    return part


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


def set_server(
    result: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> dict[str, Any]:
    """Name the server that the document comes from."""
    url = "/" if request is None else request.build_absolute_uri("/").removesuffix("/")
    result["servers"] = [{"url": url}]
    return result
