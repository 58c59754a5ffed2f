"""What OpenAPI says about each endpoint of v2 beyond what the code says."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

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
)
from vid_trans_api.heygen.v2.errors import DEPRECATION
from vid_trans_api.heygen.v2.responses import (
    CaptionResponse,
    CreatedResponse,
    ErrorDetailsResponse,
    LanguagesResponse,
    TranslationResponse,
)
from vid_trans_api.heygen.v2.serializers import CAPTION_TYPES, TranslationSerializer

errors: Final = ErrorResponses(
    inline_serializer(
        "Error",
        {
            "data": serializers.JSONField(allow_null=True, help_text="Null."),
            "error": ErrorDetailsResponse(),
        },
    )
)


def _success(name: str, data: serializers.Serializer[Any]) -> serializers.Serializer[Any]:
    """Describe a response with status 200, which can be an error in rare cases."""
    return enveloped(
        name,
        data,
        error=ErrorDetailsResponse(allow_null=True, help_text="Null, or an error in spite of 200."),
    )


_HEADERS: Final = (
    *RESPONSE_HEADERS,
    OpenApiParameter(
        DEPRECATION[0],
        str,
        OpenApiParameter.HEADER,
        description="Since when v2 is deprecated (RFC 9745).",
        response=True,
    ),
)

_VIDEO: Final = "https://example.com/talk.mp4"
_ANY_VIDEOS: Final = {
    "A video into Spanish": {"video_url": _VIDEO, "output_language": "Spanish"},
    "Into two languages": {
        "video_url": _VIDEO,
        "title": "A talk",
        "output_languages": ["French", "German (Austria)"],
        "mode": "quality",
        "enable_dynamic_duration": "true",
    },
}
_SIMULATED_VIDEOS: Final = {
    "Completes after 20 seconds": {
        "video_url": _VIDEO,
        "output_language": "Spanish",
        "simulation": {"duration": 20, "outcome": "completed"},
    },
    "Flaky, by the URL of the video": {
        "video_url": "https://sim.test/flaky.mp4?duration=20",
        "output_language": "Spanish",
    },
}
_VIDEOS: Final = {**_ANY_VIDEOS, **(_SIMULATED_VIDEOS if settings.SIMULATION else {})}

translations = extend_schema_view(
    post=extend_schema(
        operation_id="create_translations",
        summary="Translate a video into one language or several",
        tags=["translations"],
        parameters=[IDEMPOTENCY_KEY, *_HEADERS],
        request=TranslationSerializer,
        examples=bodies(_VIDEOS),
        responses={
            200: _success("CreatedEnvelope", CreatedResponse()),
            **errors.of_body(
                _400=REFUSED,
                _402=NO_CREDIT,
                _429=BUSY.replace("quota_exceeded", "trial_video_limit_exceeded"),
            ),
        },
    )
)
translation = extend_schema_view(
    get=extend_schema(
        operation_id="get_translation",
        summary="Get a translation",
        tags=["translations"],
        parameters=[JOB_ID, *_HEADERS],
        responses={
            200: _success("TranslationEnvelope", TranslationResponse(allow_null=True)),
            **errors.of_read(_404=NO_JOB),
        },
    )
)
caption = extend_schema_view(
    get=extend_schema(
        operation_id="get_caption",
        summary="Get the URL of a translation's captions",
        tags=["translations"],
        parameters=[
            OpenApiParameter(
                "video_translate_id",
                {"type": "string", "minLength": 1},
                required=True,
                description="The id of a translation.",
            ),
            OpenApiParameter(
                "caption_type",
                {"type": "string", "enum": [*CAPTION_TYPES]},
                required=True,
                description="The format.",
            ),
            *_HEADERS,
        ],
        responses={
            200: _success("CaptionEnvelope", CaptionResponse()),
            **errors.of_read(_404=NO_JOB, _409="The translation is not completed."),
        },
    )
)
languages = extend_schema_view(
    get=extend_schema(
        operation_id="list_languages",
        summary="List the target languages",
        tags=["translations"],
        parameters=[*_HEADERS],
        responses={
            200: _success("LanguagesEnvelope", LanguagesResponse()),
            **errors.of_key(),
        },
    )
)
