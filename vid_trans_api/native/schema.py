"""What OpenAPI says about each endpoint beyond what the code says."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from vid_trans_api.http.fields import NAMED_ESTIMATES, EstimateQualitySerializer
from vid_trans_api.http.openapi import KEY_DEFINITIONS, KEY_SCHEMES
from vid_trans_api.http.options import MOST_RULES
from vid_trans_api.http.parsing import DEFAULT_LIMIT, LARGEST_LIMIT, MOST_IDS
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.native.openapi import requires_key
from vid_trans_api.native.serializers import (
    AssetSerializer,
    HealthSerializer,
    JobRequestSerializer,
    JobSerializer,
    PageSerializer,
    ProblemSerializer,
    UploadSerializer,
)
from vid_trans_api.snapshots import Operation, Status

_PROBLEM_TYPE: Final = "application/problem+json"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.authentication.ApiKeyAuthentication"
    name = [*KEY_SCHEMES]  # noqa: RUF012 (as its base types it)

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Return the schemes of which one is needed; none if requests need no key."""
        return [{name: []} for name in self.name] if requires_key() else []

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [*KEY_DEFINITIONS]


class StrictSerializerSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001 (how drf-spectacular does it)
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False, **self.target.bounds}


class RulesSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.options.RulesField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        rule = auto_schema.resolve_serializer(self.target.rule, direction).ref
        if not self.target.of_workspace:
            on_list = {"properties": {"on": {"enum": [Operation.LIST.value]}}}
            rule = {"allOf": [rule], "not": on_list}
        return {"type": "array", "items": rule, "maxItems": MOST_RULES}


class EstimateSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.fields.EstimateField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        quality = auto_schema.resolve_serializer(EstimateQualitySerializer, direction).ref
        return {"oneOf": [{"type": "string", "enum": [*NAMED_ESTIMATES]}, quality]}


class StringSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.fields.StringField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer_field(  # type: ignore[no-untyped-call]  # noqa: SLF001 (how drf-spectacular does it)
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "pattern": r"^[^\u0000]*$"}


def problems(**reasons: str) -> dict[Any, OpenApiResponse]:
    """Describe responses that are problem documents: `_404="There is no such job."`."""
    return {
        (int(status[1:]), _PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=reason)
        for status, reason in reasons.items()
    }


NO_JOB: Final = "There is no such job in this workspace."
NO_KEY: Final = "An API key is required, or this one is not valid."
_BAD: Final = "The request is invalid; `errors` names each field."
_NONE_LEFT: Final = "The workspace has no requests left."
_FOREIGN: Final = "The request comes from another website."
_LIMITED: Final = "The workspace's rate limit is exceeded."
BODY_PROBLEMS: Final = problems(
    _400=_BAD,
    _401=NO_KEY,
    _403=_FOREIGN,
    _411="The body has no Content-Length.",
    _413="The body is larger than 2.5 MiB.",
    _415="The body is not application/json.",
)


def examples(bodies: Mapping[str, object]) -> list[OpenApiExample]:
    """Describe bodies that can be sent as they are, by name; the docs page shows the first."""
    return [OpenApiExample(name, body, request_only=True) for name, body in bodies.items()]


JOB_ID: Final = OpenApiParameter(
    "job_id",
    str,
    OpenApiParameter.PATH,
    description="The `id` of a job, as in the response to its creation.",
)


def _header(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description, **options
    )


def _query(name: str, description: str = "", **keywords: Any) -> OpenApiParameter:
    """Describe a query parameter; `keywords` are those of its JSON schema."""
    return OpenApiParameter(name, {"type": "string", **keywords}, description=description)


_RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="Seconds after which to poll again, while the job is pending, unless it is silent.",
    response=[200, 202],
)

_ANY_JOBS: Final = {
    "Any job": {},
    "A video into French": {
        "video_url": "https://example.com/talk.mp4",
        "title": "A talk",
        "target_language": "French",
    },
}
_SIMULATED_JOBS: Final = {
    "Completes after 20 seconds": {"simulation": {"duration": 20, "outcome": "completed"}},
    "Flaky: every third poll is a 503": {"simulation": {"scenario": "flaky"}},
    "Fails late": {"simulation": {"scenario": "fail-late"}},
}

jobs = extend_schema_view(
    get=extend_schema(
        operation_id="list_jobs",
        summary="List jobs, newest first, or look up many by their ids",
        parameters=[
            _query("status", enum=Status.values),
            _query("target_language", enum=[*LANGUAGES]),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
                default=DEFAULT_LIMIT,
            ),
            _query("cursor", "From the `next` of a page."),
            _query(
                "ids",
                f"The ids of up to {MOST_IDS} jobs, separated by commas. They are all on one page,"
                " in this order: `limit` and `cursor` have no effect.",
                pattern=rf"^[^,]+(,[^,]+){{0,{MOST_IDS - 1}}}$",
            ),
        ],
        responses={
            200: PageSerializer,
            **problems(_400=_BAD, _401=NO_KEY, _410=_NONE_LEFT, _429=_LIMITED),
        },
    ),
    post=extend_schema(
        operation_id="create_job",
        summary="Create a job",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "pattern": r'^(?!""$)[!-~]([ -~]{0,253}[!-~])?$'},
                OpenApiParameter.HEADER,
                description="1 to 255 printable characters. Within 24 hours, the same key and body"
                " return the first response, and create no second job.",
            ),
            OpenApiParameter(
                "Location", str, OpenApiParameter.HEADER, description="The job.", response=[202]
            ),
            OpenApiParameter(
                "Idempotent-Replayed",
                str,
                OpenApiParameter.HEADER,
                description="`true` if this is the first response again.",
                response=[202],
            ),
            _RETRY_AFTER,
        ],
        request=JobRequestSerializer,
        examples=examples({**_ANY_JOBS, **(_SIMULATED_JOBS if settings.SIMULATION else {})}),
        responses={
            202: JobSerializer,
            **BODY_PROBLEMS,
            **problems(
                _402="The workspace's wallet does not suffice, or the scenario refuses the job.",
                _403=f"The server allows no more jobs or workspaces. {_FOREIGN}",
                _410=_NONE_LEFT,
                _422="The Idempotency-Key was used with another body, or the scenario refuses the"
                " job.",
                _429=f"{_LIMITED} Or the scenario refuses the job: then there is no Retry-After.",
            ),
        },
    ),
)
job = extend_schema_view(
    get=extend_schema(
        operation_id="get_job",
        summary="Get a job",
        parameters=[
            JOB_ID,
            _header(
                "Prefer",
                "`wait=N`: respond once the job has ended, or after N seconds.",
            ),
            OpenApiParameter(
                "Preference-Applied",
                str,
                OpenApiParameter.HEADER,
                description="The wait that was granted.",
                response=[200],
            ),
            _RETRY_AFTER,
        ],
        responses={
            200: JobSerializer,
            **problems(_401=NO_KEY, _404=NO_JOB, _410=_NONE_LEFT, _429=_LIMITED),
        },
    ),
    delete=extend_schema(
        operation_id="delete_job",
        summary="Delete a job",
        parameters=[JOB_ID],
        responses={
            204: None,
            **problems(_401=NO_KEY, _403=_FOREIGN, _404=NO_JOB, _410=_NONE_LEFT, _429=_LIMITED),
        },
    ),
)
cancel = extend_schema_view(
    post=extend_schema(
        operation_id="cancel_job",
        summary="Cancel a job",
        description="Canceling a canceled job again changes nothing, and is a 200 too.",
        parameters=[JOB_ID],
        request=None,
        responses={
            200: JobSerializer,
            **BODY_PROBLEMS,
            **problems(
                _404=NO_JOB,
                _409="The job completed or failed before.",
                _410=_NONE_LEFT,
                _429=_LIMITED,
            ),
        },
    )
)
result = extend_schema_view(
    get=extend_schema(
        operation_id="get_result",
        summary="Download the translated video",
        parameters=[JOB_ID, _header("Range", "`bytes=FIRST-LAST`: this part only.")],
        responses={
            (200, "video/mp4"): OpenApiTypes.BINARY,
            (206, "video/mp4"): OpenApiTypes.BINARY,
            **problems(
                _401=NO_KEY,
                _404=NO_JOB,
                _409="The job has no result (yet).",
                _410=_NONE_LEFT,
                _416="The range begins after the end of the video.",
                _429=_LIMITED,
            ),
        },
    )
)
assets = extend_schema_view(
    post=extend_schema(
        operation_id="upload_file",
        summary="Upload a file",
        description="A video, sound, a picture, a PDF or captions. The URL in the response can be"
        " the `video_url` of a job, whose result is then this video.",
        request={"multipart/form-data": UploadSerializer},
        responses={
            201: AssetSerializer,
            **problems(
                _400="There is not one file, or it is empty, damaged, or of no accepted type.",
                _401=NO_KEY,
                _403=f"The workspace or the server has no room for it. {_FOREIGN}",
                _410=_NONE_LEFT,
                _411="The body has no Content-Length.",
                _413="The file is larger than 32 MiB.",
                _415="The body is not multipart/form-data.",
                _429=_LIMITED,
            ),
        },
    )
)
status = extend_schema_view(
    get=extend_schema(
        operation_id="get_status",
        summary="Get the newest job, or one by its id; a live page in a browser",
        parameters=[
            OpenApiParameter("job_id", description="The newest job if it is left out."),
            _RETRY_AFTER,
        ],
        responses={
            200: JobSerializer,
            **problems(_400=_BAD, _401=NO_KEY, _404=NO_JOB, _410=_NONE_LEFT, _429=_LIMITED),
        },
    )
)
health = extend_schema_view(
    get=extend_schema(
        operation_id="get_health",
        summary="Check the server",
        responses={200: HealthSerializer, **problems(_503="The database does not respond.")},
    )
)
left_out = extend_schema(exclude=True)
nothing = extend_schema_view(**dict.fromkeys(("get", "post", "put", "patch", "delete"), left_out))
