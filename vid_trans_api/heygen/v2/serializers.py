"""What requests of v2 look like; OpenAPI is made from these."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vid_trans_api.heygen.fields import (
    LONGEST_ID,
    LONGEST_TITLE,
    FileReference,
    LenientSerializer,
    SimulatedSerializer,
    language_field,
    languages_field,
    speakers_field,
    text_field,
)
from vid_trans_api.http.fields import (
    LONGEST_URL,
    BooleanField,
    ChoiceField,
    StringField,
    VideoUrlField,
)
from vid_trans_api.http.options import options_from_url
from vid_trans_api.models import Mode

_MODES: Final[Mapping[str, Mode]] = {"fast": Mode.SPEED, "quality": Mode.PRECISION}

CAPTION_TYPES: Final = ("srt", "vtt")


@extend_schema_field(
    {"oneOf": [{"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}]}
)
class WrittenBooleanField(BooleanField):
    """A boolean, which many programs send as a string."""

    def to_internal_value(self, data: Any) -> bool:
        return super().to_internal_value(data == "true" if data in ("true", "false") else data)


def _yes_or_no() -> WrittenBooleanField:
    return WrittenBooleanField(required=False)


class TranslationSerializer(SimulatedSerializer):
    """A video to translate, into one language or several."""

    bounds: ClassVar = {
        "anyOf": [
            {
                "required": ["output_language"],
                "properties": {"output_language": {"type": "string"}},
            },
            {
                "required": ["output_languages"],
                "properties": {"output_languages": {"type": "array"}},
            },
        ]
    }
    mistakes: ClassVar = {"video": "v2 takes video_url, a string."}
    mistaken_values: ClassVar = {
        "mode": {"speed": "v2 says fast.", "precision": "v2 says quality."}
    }

    video_url = VideoUrlField(max_length=LONGEST_URL)
    output_language = language_field(required=False, help_text="Or `output_languages`.")
    output_languages = languages_field(required=False)
    title = StringField(required=False, max_length=LONGEST_TITLE, allow_blank=True)
    translate_audio_only = _yes_or_no()
    speaker_num = speakers_field()
    callback_id = text_field()
    callback_url = VideoUrlField(required=False, max_length=LONGEST_URL)
    enable_dynamic_duration = _yes_or_no()
    keep_the_same_format = _yes_or_no()
    mode = ChoiceField(choices=[(mode, mode) for mode in _MODES], required=False)
    folder_id = text_field()

    def validate_video_url(self, url: str) -> FileReference:
        if settings.SIMULATION:
            options_from_url(url)
        return FileReference(url=url)

    def validate_mode(self, mode: str) -> Mode:
        return _MODES[mode]

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields by the names that `job_requests` reads."""
        if "output_languages" in fields:
            fields.pop("output_language", None)
        elif "output_language" not in fields:
            raise serializers.ValidationError({"output_language": "This field is required."})
        languages = fields.get("output_languages") or [fields["output_language"]]
        return {**fields, "video": fields["video_url"], "output_languages": languages}


class CaptionSerializer(LenientSerializer):
    """The query of a request for captions."""

    mistakes: ClassVar = {"format": "v2 takes caption_type."}

    video_translate_id = StringField(max_length=LONGEST_ID)
    caption_type = ChoiceField(choices=[(each, each) for each in CAPTION_TYPES])
