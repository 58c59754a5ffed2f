"""What OpenAPI says about each endpoint of v3 beyond what the code says."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from vid_trans_api.heygen.fields import DEFAULT_LIMIT, LARGEST_LIMIT
from vid_trans_api.heygen.schema import (
    BUSY,
    IDEMPOTENCY_KEY,
    JOB_ID,
    NO_CREDIT,
    NO_JOB,
    REFUSED,
    RESPONSE_HEADERS,
    ErrorResponses,
    bodies,
    enveloped,
    path_parameter,
)
from vid_trans_api.heygen.v3.responses import (
    NEXT_PAGE,
    BatchCreatedResponse,
    BatchResponse,
    CreatedResponse,
    DeletedResponse,
    ErrorResponse,
    LanguagesResponse,
    RowResponse,
    TranslationResponse,
)
from vid_trans_api.heygen.v3.serializers import (
    BatchSerializer,
    TitleSerializer,
    TranslationSerializer,
)
from vid_trans_api.operations import MOST_ROWS

errors: Final = ErrorResponses(ErrorResponse())

NO_ASSET: Final = "There is no such asset (`resource_not_found`)."


def page(name: str, item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Describe a list, with what stands beside it."""
    return enveloped(
        name,
        item(many=True),
        has_more=serializers.BooleanField(),
        next_token=serializers.CharField(required=False, help_text=NEXT_PAGE),
    )


def limit_parameter(default: int) -> OpenApiParameter:
    return OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT}, default=default
    )


TOKEN: Final = OpenApiParameter(
    "token", {"type": "string"}, description="The `next_token` of the page before."
)

VIDEO: Final = {"type": "url", "url": "https://example.com/talk.mp4"}
_ANY_VIDEOS: Final = {
    "A video into Spanish": {"video": VIDEO, "output_languages": ["Spanish"]},
    "Into two languages, with captions": {
        "video": VIDEO,
        "title": "A talk",
        "output_languages": ["French", "German (Austria)"],
        "mode": "precision",
        "enable_caption": True,
        "callback_id": "talk-1",
    },
}
_SIMULATED_VIDEOS: Final = {
    "Completes after 20 seconds": {
        "video": VIDEO,
        "output_languages": ["Spanish"],
        "simulation": {"duration": 20, "outcome": "completed"},
    },
    "Flaky, by the URL of the video": {
        "video": {"type": "url", "url": "https://sim.test/flaky.mp4?duration=20"},
        "output_languages": ["Spanish"],
    },
}
_VIDEOS: Final = {**_ANY_VIDEOS, **(_SIMULATED_VIDEOS if settings.SIMULATION else {})}

_TRANSLATION: Final = enveloped("TranslationEnvelope", TranslationResponse())

translations = extend_schema_view(
    get=extend_schema(
        operation_id="list_translations",
        summary="List translations, newest first",
        tags=["translations"],
        parameters=[limit_parameter(DEFAULT_LIMIT), TOKEN, *RESPONSE_HEADERS],
        responses={
            200: page("TranslationPage", TranslationResponse),
            **errors.of_read(),
        },
    ),
    post=extend_schema(
        operation_id="create_translations",
        summary="Translate a video into one language or several",
        tags=["translations"],
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=TranslationSerializer,
        examples=bodies(_VIDEOS),
        responses={
            200: enveloped("CreatedEnvelope", CreatedResponse()),
            **errors.of_body(_400=REFUSED, _402=NO_CREDIT, _404=NO_ASSET, _429=BUSY),
        },
    ),
)
translation = extend_schema_view(
    get=extend_schema(
        operation_id="get_translation",
        summary="Get a translation",
        tags=["translations"],
        parameters=[JOB_ID, *RESPONSE_HEADERS],
        responses={
            200: _TRANSLATION,
            **errors.of_read(_404=NO_JOB),
        },
    ),
    patch=extend_schema(
        operation_id="rename_translation",
        summary="Rename a translation",
        tags=["translations"],
        parameters=[JOB_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=TitleSerializer,
        examples=bodies({"A title": {"title": "Another talk"}}),
        responses={
            200: _TRANSLATION,
            **errors.of_body(_404=NO_JOB),
        },
    ),
    delete=extend_schema(
        operation_id="delete_translation",
        summary="Delete a translation for good",
        tags=["translations"],
        parameters=[JOB_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        responses={
            200: enveloped("DeletedEnvelope", DeletedResponse()),
            **errors.of_change(_404=NO_JOB),
        },
    ),
)
_BATCH_ID: Final = path_parameter("batch_id", "The id of a batch.")
_NO_BATCH: Final = "There is no such batch in this workspace."


def _ids(name: str, of: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": rf"^([^,]+(,[^,]+){{0,{MOST_ROWS - 1}}})?$"},
        description=f"The ids of {of}, separated by commas. With those of the other parameter, 1 to"
        f" {MOST_ROWS}.",
    )


batches = extend_schema_view(
    post=extend_schema(
        operation_id="create_batch",
        summary="Translate many videos by one request",
        description="The translations do not count as concurrent ones: they wait for each other.",
        tags=["batches"],
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=BatchSerializer,
        examples=bodies(
            {
                "Two videos": {
                    "title": "Two talks",
                    "video_translations": [
                        {"video": VIDEO, "output_languages": ["Spanish"]},
                        {"video": VIDEO, "output_languages": ["French", "Japanese"]},
                    ],
                }
            }
        ),
        responses={
            202: enveloped("BatchCreatedEnvelope", BatchCreatedResponse()),
            **errors.of_body(_400=f"{REFUSED} `param` names the item.", _402=NO_CREDIT),
        },
    )
)
batch = extend_schema_view(
    get=extend_schema(
        operation_id="get_batch",
        summary="Get a batch and a page of its items",
        tags=["batches"],
        parameters=[_BATCH_ID, limit_parameter(LARGEST_LIMIT), TOKEN, *RESPONSE_HEADERS],
        responses={
            200: enveloped("BatchEnvelope", BatchResponse()),
            **errors.of_read(_404=_NO_BATCH),
        },
    )
)
statuses = extend_schema_view(
    get=extend_schema(
        operation_id="get_statuses",
        summary="Get the statuses of many translations and batches",
        description="An unknown id has the status `not_found`.",
        tags=["batches"],
        parameters=[
            _ids("video_translation_ids", "translations"),
            _ids("batch_ids", "batches"),
            TOKEN,
            *RESPONSE_HEADERS,
        ],
        responses={
            200: page("RowPage", RowResponse),
            **errors.of_read(),
        },
    )
)
languages = extend_schema_view(
    get=extend_schema(
        operation_id="list_languages",
        summary="List the target languages",
        tags=["translations"],
        parameters=[*RESPONSE_HEADERS],
        responses={
            200: enveloped("LanguagesEnvelope", LanguagesResponse()),
            **errors.of_key(),
        },
    )
)
