"""Reading OpenAPI documents, and comparing responses with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft7Validator

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    method: str
    path: str
    details: dict[str, Any]

    @property
    def name(self) -> str:
        name: str = self.details["operationId"]
        return name

    @property
    def examples(self) -> dict[str, Any]:
        """The bodies by name; the docs page would invent one if there were none."""
        if "requestBody" not in self.details:
            return {}
        examples = self.details["requestBody"]["content"].get(JSON, {}).get("examples", {})
        return {name: example["value"] for name, example in examples.items()}


class Document:
    """An OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """The operations by name."""
        found = [
            Operation(method, path, details)
            for path, methods in self.document["paths"].items()
            for method, details in methods.items()
        ]
        assert len({operation.name for operation in found}) == len(found)
        return {operation.name: operation for operation in found}

    def deviations(self, name: str, response: Any) -> list[str]:
        """Say how a response differs from what the document says about an operation's responses.

        A field that the document does not name is a deviation.
        """
        responses = self.operations[name].details["responses"]
        documented = responses.get(str(response.status_code))
        if documented is None:
            return [f"{name}: {response.status_code} is not documented: {response.text}"]
        missing = {header.lower() for header in documented.get("headers", {})} - {
            header.lower() for header in response.headers
        }
        media = documented["content"][response.headers["Content-Type"]]
        schema = {**_strict(media["schema"]), "components": _strict(self.document["components"])}
        errors = Draft7Validator(schema).iter_errors(response.json())
        return [
            *(f"{name}: no header {each}" for each in sorted(missing - {"retry-after"})),
            *(f"{name}: {error.json_path}: {error.message}" for error in errors),
        ]


def _strict(part: Any) -> Any:
    """Translate OpenAPI 3.0 to JSON schema, and forbid what it does not name."""
    if isinstance(part, list):
        return [_strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    schema = {key: _strict(value) for key, value in part.items() if key != "nullable"}
    if isinstance(part.get("properties"), dict) and "type" in part:
        schema.setdefault("additionalProperties", False)
    return {"anyOf": [schema, {"type": "null"}]} if part.get("nullable") is True else schema


def headers_of(document: Document) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the operation, the status and the headers of each documented response."""
    for operation in document.operations.values():
        for status, response in operation.details["responses"].items():
            yield operation.name, status, set(response.get("headers", {}))
