"""What OpenAPI says about each endpoint of v3 beyond what the code says."""

from functools import partial
from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from vid_trans_api.heygen.fields import DEFAULT_LIMIT, LARGEST_LIMIT
from vid_trans_api.heygen.schema import (
    BAD,
    BODY_ERRORS,
    BUSY,
    FOREIGN,
    IDEMPOTENCY_KEY,
    IN_PROGRESS,
    JOB_ID,
    LIMITED,
    NO_CREDIT,
    NO_JOB,
    NO_KEY,
    REFUSED,
    RESPONSE_HEADERS,
    bodies,
    enveloped,
    error_responses,
)
from vid_trans_api.heygen.v3.responses import (
    CreatedResponse,
    DeletedResponse,
    ErrorResponse,
    LanguagesResponse,
    TranslationResponse,
)
from vid_trans_api.heygen.v3.serializers import TitleSerializer, TranslationSerializer

_errors = partial(error_responses, ErrorResponse())


def _page(name: str, item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Describe a list, with what stands beside it."""
    return enveloped(
        name,
        item(many=True),
        has_more=serializers.BooleanField(),
        next_token=serializers.CharField(
            required=False, help_text="The `token` of the next page; left out on the last one."
        ),
    )


def _limit(default: int) -> OpenApiParameter:
    return OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT}, default=default
    )


_TOKEN: Final = OpenApiParameter(
    "token", {"type": "string"}, description="The `next_token` of the page before."
)

_VIDEO: Final = {"type": "url", "url": "https://example.com/talk.mp4"}
_ANY_VIDEOS: Final = {
    "A video into Spanish": {"video": _VIDEO, "output_languages": ["Spanish"]},
    "Into two languages, with captions": {
        "video": _VIDEO,
        "title": "A talk",
        "output_languages": ["French", "German (Austria)"],
        "mode": "precision",
        "enable_caption": True,
        "callback_id": "talk-1",
    },
}
_SIMULATED_VIDEOS: Final = {
    "Completes after 20 seconds": {
        "video": _VIDEO,
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
        parameters=[_limit(DEFAULT_LIMIT), _TOKEN, *RESPONSE_HEADERS],
        responses={
            200: _page("TranslationPage", TranslationResponse),
            **_errors(_400=BAD, _401=NO_KEY, _429=LIMITED),
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
            **_errors(
                **BODY_ERRORS,
                _400=REFUSED,
                _401=NO_KEY,
                _402=NO_CREDIT,
                _404="There is no such asset (`resource_not_found`).",
                _409=IN_PROGRESS,
                _429=BUSY,
            ),
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
            **_errors(_400=BAD, _401=NO_KEY, _404=NO_JOB, _429=LIMITED),
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
            **_errors(
                **BODY_ERRORS,
                _400=BAD,
                _401=NO_KEY,
                _404=NO_JOB,
                _409=IN_PROGRESS,
                _429=LIMITED,
            ),
        },
    ),
    delete=extend_schema(
        operation_id="delete_translation",
        summary="Delete a translation for good",
        tags=["translations"],
        parameters=[JOB_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        responses={
            200: enveloped("DeletedEnvelope", DeletedResponse()),
            **_errors(
                _400=BAD,
                _401=NO_KEY,
                _403=FOREIGN,
                _404=NO_JOB,
                _409=IN_PROGRESS,
                _429=LIMITED,
            ),
        },
    ),
)
languages = extend_schema_view(
    get=extend_schema(
        operation_id="list_languages",
        summary="List the target languages",
        tags=["translations"],
        parameters=[*RESPONSE_HEADERS],
        responses={
            200: enveloped("LanguagesEnvelope", LanguagesResponse()),
            **_errors(_401=NO_KEY),
        },
    )
)
