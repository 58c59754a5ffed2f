"""What OpenAPI says about all versions alike."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from vid_trans_api.heygen.fields import LONGEST_ID
from vid_trans_api.http.openapi import KEY_DEFINITIONS, KEY_SCHEMES
from vid_trans_api.request_ids import REQUEST_ID


class KeyRequiredScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.heygen.base.KeyRequired"
    name = [*KEY_SCHEMES]  # noqa: RUF012 (as its base types it)

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [*KEY_DEFINITIONS]


class LenientSerializerSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # untyped base
    """Requests may have other fields, and null for those that can be left out."""

    target_class = "vid_trans_api.heygen.fields.LenientSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001 (how drf-spectacular does it)
            self.target, direction, bypass_extensions=True
        )
        required = schema.get("required", [])
        properties = {
            name: field if name in required else _or_null(field)
            for name, field in schema["properties"].items()
        }
        return {**schema, "properties": properties, **self.target.bounds}


class FileReferenceSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # untyped base
    """A file has the field that its type names."""

    target_class = "vid_trans_api.heygen.fields.FileReferenceSerializer"
    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001 (how drf-spectacular does it)
            self.target, direction, bypass_extensions=True
        )
        fields = schema["properties"]
        url, asset = fields["url"], {**fields["asset_id"], "minLength": 1}
        return {
            "oneOf": [
                _file("url", {"url": url, "asset_id": _or_null(fields["asset_id"])}),
                _file("asset_id", {"asset_id": asset, "url": _or_null(url)}),
            ]
        }


def _file(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": [kind]}, **properties},
        "required": ["type", kind],
    }


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"allOf": [schema], "nullable": True}
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **values, "nullable": True}


def enveloped(name: str, data: Any, **beside: Any) -> serializers.Serializer[Any]:
    """Describe a response: its `data`, and what stands beside it."""
    return inline_serializer(name, {"data": data, **beside})


def bodies(examples: Mapping[str, object]) -> list[OpenApiExample]:
    """Describe bodies that can be sent as they are, by name; the docs page shows the first."""
    return [OpenApiExample(name, body, request_only=True) for name, body in examples.items()]


def path_parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.PATH, description=description)


JOB_ID: Final = path_parameter(
    "job_id", "The id of a translation, with or without its language's tag."
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": rf"^[A-Za-z0-9_\-:.]{{1,{LONGEST_ID}}}$"},
    OpenApiParameter.HEADER,
    description="Within 24 hours, the same key at the same path returns the first successful"
    " response again, even if the body differs.",
)
RESPONSE_HEADERS: Final = (
    OpenApiParameter(
        REQUEST_ID,
        str,
        OpenApiParameter.HEADER,
        description="The id of the request.",
        response=True,
    ),
    OpenApiParameter(
        "Retry-After",
        int,
        OpenApiParameter.HEADER,
        description="Seconds after which the request can succeed, if asking again helps.",
        response=[429],
    ),
)

BAD: Final = "A parameter is invalid (`invalid_parameter`)."
REFUSED: Final = (
    f"{BAD} Or the content policy forbids the video (`content_policy_violation`), it cannot be"
    " downloaded (`download_failed`), or these are more jobs than can ever run at once"
    " (`resource_limit_reached`)."
)
NO_KEY: Final = "An API key is required, or this one is not valid."
NO_CREDIT: Final = "The wallet does not suffice."
IN_PROGRESS: Final = "The first request with this Idempotency-Key is still in progress."
NO_JOB: Final = "There is no such translation in this workspace."
NO_ENDPOINT: Final = "There is no such webhook endpoint (`webhook_not_found`)."
ENDPOINT_EXISTS: Final = "There is already a webhook endpoint with this URL."
TOO_MANY_ENDPOINTS: Final = (
    f"{BAD} Or there are as many endpoints as there may be (`resource_limit_reached`)."
)
LIMITED: Final = "The workspace's rate limit is exceeded."
BUSY: Final = f"{LIMITED} Or too many jobs are running, or the quota is used (`quota_exceeded`)."
FOREIGN: Final = "The request comes from another website."
_READ_ERRORS: Final = {"_400": BAD, "_401": NO_KEY, "_429": LIMITED}
_CHANGE_ERRORS: Final = {**_READ_ERRORS, "_403": FOREIGN, "_409": IN_PROGRESS}
_BODY_ERRORS: Final = {
    **_CHANGE_ERRORS,
    "_411": "The body has no Content-Length.",
    "_413": "The body is larger than 2.5 MiB.",
    "_415": "The body is not application/json.",
}


class ErrorResponses:
    """The responses of a version that are errors, by what a request does.

    Keywords add reasons, or replace usual ones: `_404="There is no such translation."`.
    """

    def __init__(self, serializer: serializers.Serializer[Any]) -> None:
        self._serializer = serializer

    def of_key(self) -> dict[Any, OpenApiResponse]:
        """Describe the errors of a request without parameters."""
        return self._described({"_401": NO_KEY})

    def of_read(self, **reasons: str) -> dict[Any, OpenApiResponse]:
        return self._described({**_READ_ERRORS, **reasons})

    def of_change(self, **reasons: str) -> dict[Any, OpenApiResponse]:
        """Describe the errors of a change without a body."""
        return self._described({**_CHANGE_ERRORS, **reasons})

    def of_body(self, **reasons: str) -> dict[Any, OpenApiResponse]:
        """Describe the errors of a change with a body."""
        return self._described({**_BODY_ERRORS, **reasons})

    def _described(self, reasons: Mapping[str, str]) -> dict[Any, OpenApiResponse]:
        return {
            int(status[1:]): OpenApiResponse(self._serializer, description=reason)
            for status, reason in sorted(reasons.items())
        }
