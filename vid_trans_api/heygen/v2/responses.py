"""What responses of v2 look like; OpenAPI is made from these, and tests compare them."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.heygen.v2.errors import CODES

STATUSES: Final = ("pending", "running", "success", "failed")
"""The words for translations."""


@extend_schema_serializer(component_name="Translation")
class TranslationResponse(serializers.Serializer[Any]):
    """A translation at one instant."""

    video_translate_id = serializers.CharField(
        help_text="32 hex digits, a hyphen, and the language's tag."
    )
    title = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(
        choices=[(each, each) for each in STATUSES],
        help_text="`success`, not `completed` as in v3.",
    )
    url = serializers.URLField(
        allow_null=True,
        help_text="If successful: the video, or the sound if only that was translated.",
    )
    message = serializers.CharField(allow_null=True, help_text="If failed: why.")


class CreatedResponse(serializers.Serializer[Any]):
    """The new translations."""

    video_translate_id = serializers.CharField(
        allow_null=True, help_text="Null if there are several."
    )
    video_translate_ids = serializers.ListField(
        child=serializers.CharField(),
        min_length=1,
        required=False,
        help_text="One for each of `output_languages`; left out for one `output_language`.",
    )


class LanguagesResponse(serializers.Serializer[Any]):
    """The names of all target languages."""

    languages = serializers.ListField(child=serializers.CharField())


class CaptionResponse(serializers.Serializer[Any]):
    """Where the captions are."""

    caption_url = serializers.URLField()


@extend_schema_serializer(component_name="ErrorDetails")
class ErrorDetailsResponse(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.ChoiceField(choices=[(code, code) for code in CODES])
    message = serializers.CharField()
