"""What OpenAPI says about uploads and captions in v3."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from vid_trans_api.heygen.schema import (
    BAD,
    IDEMPOTENCY_KEY,
    JOB_ID,
    NO_JOB,
    RESPONSE_HEADERS,
    enveloped,
)
from vid_trans_api.heygen.v3.responses import AssetResponse
from vid_trans_api.heygen.v3.schema import errors


class UploadForm(serializers.Serializer[Any]):
    """A form with one file."""

    file = serializers.FileField()


_EARLY: Final = "The translation is not completed, so it has no captions."

assets = extend_schema_view(
    post=extend_schema(
        operation_id="upload_asset",
        summary="Upload a file",
        description="A PNG, JPEG, MP4, WebM, MP3, WAV, PDF or SRT file of up to 32 MB. Its type is"
        " that of its bytes, whatever its name says.",
        tags=["assets"],
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request={"multipart/form-data": UploadForm},
        responses={
            200: enveloped("AssetEnvelope", AssetResponse()),
            **errors.of_body(
                _400=f"{BAD} Or the file is empty, damaged, of no accepted type, or there is no"
                " room for it (`resource_limit_reached`).",
            ),
        },
    )
)
caption = extend_schema_view(
    get=extend_schema(
        operation_id="get_caption",
        summary="Download the captions of a translation",
        tags=["translations"],
        parameters=[
            JOB_ID,
            OpenApiParameter("format", enum=["srt", "vtt"], description="SRT if left out."),
            *RESPONSE_HEADERS,
        ],
        responses={
            (200, "application/x-subrip"): OpenApiTypes.STR,
            (200, "text/vtt"): OpenApiTypes.STR,
            **errors.of_read(_404=NO_JOB, _409=_EARLY),
        },
    )
)
