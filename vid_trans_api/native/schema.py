"""What the OpenAPI document says of each request, beyond what the code itself tells."""

from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from vid_trans_api.control.reports import JudgedJobSerializer, ReportSerializer
from vid_trans_api.control.serializers import (
    ClockRequestSerializer,
    ClockSerializer,
    DefaultsSerializer,
    JobUpdateSerializer,
    ResetRequestSerializer,
    ResetSerializer,
    ScenariosSerializer,
    SimulatedJobSerializer,
)
from vid_trans_api.http.parsing import DEFAULT_LIMIT, LARGEST_LIMIT
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.native.serializers import (
    HealthSerializer,
    JobRequestSerializer,
    JobSerializer,
    NothingSerializer,
    PageSerializer,
    ProblemSerializer,
)
from vid_trans_api.snapshots import Status

_PROBLEM_TYPE: Final = "application/problem+json"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.authentication.ApiKeyAuthentication"
    name = ["apiKey", "bearer"]  # noqa: RUF012 (as its base types it)

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]  # either, not both

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            {"type": "http", "scheme": "bearer"},
        ]


class StrictSerializerSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001 (its own way)
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False, **self.target.bounds}


class StringSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = "vid_trans_api.http.fields.StringField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer_field(  # type: ignore[no-untyped-call]  # noqa: SLF001 (its own way)
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "pattern": r"^[^\u0000]*$"}


def require_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that a body has to be sent where an empty one says nothing: a hook of drf-spectacular."""
    for path in result["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media in content.values():
                name = media["schema"].get("$ref", "").rpartition("/")[2]
                if "minProperties" in result["components"]["schemas"].get(name, {}):
                    operation["requestBody"]["required"] = True
    return result


def _problems(**reasons: str) -> dict[Any, OpenApiResponse]:
    """Describe answers that are problem documents: `_404="There is no such job."`."""
    return {
        (int(status[1:]), _PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=reason)
        for status, reason in reasons.items()
    }


_NO_JOB: Final = "There is no such job in this workspace."
_NO_KEY: Final = "An API key is needed, or this one is not known."
_BAD: Final = "Something in the request is wrong; `errors` says what."
_LIMITED: Final = "The workspace's rate limit is used up."
_BODY_PROBLEMS: Final = _problems(
    _400=_BAD,
    _401=_NO_KEY,
    _411="The body came in chunks.",
    _413="The body is larger than 2.5 MiB.",
    _415="The body is not application/json.",
)


def _header(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description, **options
    )


_RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="Seconds after which to ask again; while the job is pending, unless it is silent.",
    response=[200, 202],
)

jobs = extend_schema_view(
    get=extend_schema(
        operation_id="list_jobs",
        summary="List jobs, newest first, or look up many by their ids",
        parameters=[
            OpenApiParameter("status", enum=Status.values),
            OpenApiParameter("target_language", enum=LANGUAGES),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
                default=DEFAULT_LIMIT,
            ),
            OpenApiParameter("cursor", description="From the `next` of a page."),
            OpenApiParameter(
                "ids", description="At most 100, with commas; not together with the others."
            ),
        ],
        responses={200: PageSerializer, **_problems(_400=_BAD, _401=_NO_KEY, _429=_LIMITED)},
    ),
    post=extend_schema(
        operation_id="create_job",
        summary="Start a job",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "pattern": r'^(?!""$)[!-~]([ -~]{0,253}[!-~])?$'},
                OpenApiParameter.HEADER,
                description="1 to 255 printable characters: within 24 hours the same key and body"
                " get the first answer again, and no second job.",
            ),
            OpenApiParameter(
                "Location", str, OpenApiParameter.HEADER, description="The job.", response=[202]
            ),
            OpenApiParameter(
                "Idempotent-Replayed",
                str,
                OpenApiParameter.HEADER,
                description="`true` where this is the first answer again.",
                response=[202],
            ),
            _RETRY_AFTER,
        ],
        request=JobRequestSerializer,
        responses={
            202: JobSerializer,
            **_BODY_PROBLEMS,
            **_problems(_429=_LIMITED, _422="The Idempotency-Key came with another body before."),
        },
    ),
)
job = extend_schema_view(
    get=extend_schema(
        operation_id="get_job",
        summary="Ask how a job is doing",
        parameters=[
            _header(
                "Prefer",
                "`wait=N` holds the answer until the job has ended or N seconds are over.",
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
        responses={200: JobSerializer, **_problems(_401=_NO_KEY, _404=_NO_JOB, _429=_LIMITED)},
    ),
    delete=extend_schema(
        operation_id="delete_job",
        summary="Delete a job",
        responses={204: None, **_problems(_401=_NO_KEY, _404=_NO_JOB, _429=_LIMITED)},
    ),
)
cancel = extend_schema_view(
    post=extend_schema(
        operation_id="cancel_job",
        summary="Cancel a job",
        request=NothingSerializer,
        responses={
            200: JobSerializer,
            **_BODY_PROBLEMS,
            **_problems(_404=_NO_JOB, _409="The job had already ended.", _429=_LIMITED),
        },
    )
)
result = extend_schema_view(
    get=extend_schema(
        operation_id="get_result",
        summary="Download the translated video",
        responses={
            (200, "video/mp4"): OpenApiTypes.BINARY,
            **_problems(
                _401=_NO_KEY, _404=_NO_JOB, _409="The job has no result, or not yet.", _429=_LIMITED
            ),
        },
    )
)
status = extend_schema_view(
    get=extend_schema(
        operation_id="get_status",
        summary="Ask for the newest job, or for one; a live page in a browser",
        parameters=[OpenApiParameter("job_id"), _RETRY_AFTER],
        responses={
            200: JobSerializer,
            **_problems(_400=_BAD, _401=_NO_KEY, _404=_NO_JOB, _429=_LIMITED),
        },
    )
)
health = extend_schema_view(
    get=extend_schema(
        operation_id="get_health",
        summary="Ask whether the server is well",
        responses={200: HealthSerializer, **_problems(_503="The database does not answer.")},
    )
)
left_out = extend_schema(exclude=True)
nothing = extend_schema_view(**dict.fromkeys(("get", "post", "put", "patch", "delete"), left_out))

scenarios = extend_schema_view(
    get=extend_schema(
        operation_id="list_scenarios",
        summary="List the scenarios that a job may go by",
        responses={200: ScenariosSerializer, **_problems(_401=_NO_KEY)},
    )
)
clock = extend_schema_view(
    get=extend_schema(
        operation_id="get_clock",
        summary="Ask what time it is in the workspace",
        responses={200: ClockSerializer, **_problems(_401=_NO_KEY)},
    ),
    post=extend_schema(
        operation_id="turn_clock",
        summary="Stop the workspace's time, move it on, or have it run at a speed",
        request=ClockRequestSerializer,
        responses={
            200: ClockSerializer,
            **_BODY_PROBLEMS,
            **_problems(_409="Time cannot go there: back, or to an end that no job has."),
        },
    ),
)
reset = extend_schema_view(
    post=extend_schema(
        operation_id="reset_workspace",
        summary="Empty the workspace and make it as new, with a seed",
        request=ResetRequestSerializer,
        responses={200: ResetSerializer, **_BODY_PROBLEMS},
    )
)
defaults = extend_schema_view(
    get=extend_schema(
        operation_id="get_defaults",
        summary="Ask what the workspace's jobs and requests go by",
        responses={200: DefaultsSerializer, **_problems(_401=_NO_KEY)},
    ),
    patch=extend_schema(
        operation_id="change_defaults",
        summary="Change what the workspace's jobs and requests go by",
        request=DefaultsSerializer,
        responses={200: DefaultsSerializer, **_BODY_PROBLEMS},
    ),
)
report = extend_schema_view(
    get=extend_schema(
        operation_id="get_report",
        summary="Ask what the server saw of the workspace's client, and how well it did",
        responses={200: ReportSerializer, **_problems(_401=_NO_KEY)},
    )
)
simulated_job = extend_schema_view(
    get=extend_schema(
        operation_id="get_simulated_job",
        summary="Ask for the truth about a job: its plan, its end, and how it was asked for",
        responses={200: JudgedJobSerializer, **_problems(_401=_NO_KEY, _404=_NO_JOB)},
    ),
    patch=extend_schema(
        operation_id="steer_job",
        summary="Have a pending job go on in another way",
        request=JobUpdateSerializer,
        responses={
            200: SimulatedJobSerializer,
            **_BODY_PROBLEMS,
            **_problems(_404=_NO_JOB, _409="The job had already ended, or cannot go that way."),
        },
    ),
)
