"""What requests of v3 look like; OpenAPI is made from these."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.heygen.fields import (
    LONGEST_ID,
    LONGEST_TITLE,
    MOST_ITEMS,
    FileReference,
    FileReferenceSerializer,
    LenientSerializer,
    SimulatedSerializer,
    languages_field,
    speakers_field,
    text_field,
)
from vid_trans_api.heygen.webhooks import event_type_field, events_field
from vid_trans_api.http.fields import (
    LONGEST_URL,
    BooleanField,
    ChoiceField,
    ListField,
    NumberField,
    StringField,
    VideoUrlField,
)
from vid_trans_api.http.options import options_from_url
from vid_trans_api.models import Mode

_LONGEST_VIDEO: Final = 86_400.0
_MOST_VOICES: Final = 100
_MODES: Final = [(mode.value, mode.value) for mode in Mode]


def _yes_or_no() -> BooleanField:
    return BooleanField(required=False)


def _seconds() -> NumberField:
    return NumberField(lowest=0, highest=_LONGEST_VIDEO, required=False)


class VideoSerializer(SimulatedSerializer):
    """What translations and proofreads have in common."""

    mistakes: ClassVar = {
        "video_url": "v3 takes video, such as"
        ' {"type": "url", "url": "https://example.com/talk.mp4"}.',
        "output_language": "v3 takes the list output_languages.",
    }
    mistaken_values: ClassVar = {
        "mode": {"fast": "v3 says speed.", "quality": "v3 says precision."}
    }

    video = FileReferenceSerializer()
    output_languages = languages_field()
    title = StringField(required=False, max_length=LONGEST_TITLE, allow_blank=True)
    mode = ChoiceField(choices=_MODES, required=False)
    input_language = text_field()
    speaker_num = speakers_field()
    srt = FileReferenceSerializer(required=False)
    disable_music_track = _yes_or_no()
    enable_speech_enhancement = _yes_or_no()
    keep_the_same_format = _yes_or_no()
    folder_id = text_field()

    def validate_video(self, video: FileReference) -> FileReference:
        if settings.SIMULATION and video.url:
            try:
                options_from_url(video.url)
            except serializers.ValidationError as error:
                raise serializers.ValidationError({"url": error.detail}) from None
        return video


class VoicesSerializer(LenientSerializer):
    """Stock voices in place of the speakers' own."""

    use_stock_voice = _yes_or_no()
    preferred_stock_voice_ids = ListField(
        child=StringField(max_length=LONGEST_ID), max_length=_MOST_VOICES, required=False
    )


class TranslationSerializer(VideoSerializer):
    """A video to translate, into one language or several."""

    translate_audio_only = _yes_or_no()
    enable_caption = _yes_or_no()
    enable_dynamic_duration = _yes_or_no()
    enable_watermark = _yes_or_no()
    start_time = _seconds()
    end_time = _seconds()
    audio = FileReferenceSerializer(required=False)
    srt_role = ChoiceField(choices=[("input", "input"), ("output", "output")], required=False)
    fps_mode = ChoiceField(
        choices=[(name, name) for name in ("vfr", "cfr", "passthrough")], required=False
    )
    brand_glossary_id = text_field()
    brand_voice_id = text_field()
    stock_voice_config = VoicesSerializer(required=False)
    callback_id = text_field()
    callback_url = VideoUrlField(required=False, max_length=LONGEST_URL)

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        start, end = fields.get("start_time", 0), fields.get("end_time")
        if end is not None and end <= start:
            reason = f"{end:g} is not after the start, {start:g}."
            raise serializers.ValidationError({"end_time": reason})
        return fields


class BatchSerializer(LenientSerializer):
    """Several videos to translate."""

    video_translations = ListField(
        child=TranslationSerializer(), min_length=1, max_length=MOST_ITEMS
    )
    title = StringField(required=False, max_length=LONGEST_TITLE, allow_blank=True)
    callback_url = VideoUrlField(required=False, max_length=LONGEST_URL)

    def validate_video_translations(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        count = sum(len(item["output_languages"]) for item in items)
        if count > MOST_ITEMS:
            raise serializers.ValidationError(
                f"These are {count} translations, one for each language of each video; at most"
                f" {MOST_ITEMS} are allowed."
            )
        return items

    def notes(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        items = data.get("video_translations")
        found = [*super().notes(data)]
        for position, item in enumerate(items[:MOST_ITEMS] if isinstance(items, list) else ()):
            if isinstance(item, dict):
                known = TranslationSerializer().notes(item)
                found += [f"video_translations.{position}.{note}" for note in known]
        return tuple(found)


class ProofreadSerializer(VideoSerializer):
    """A video whose translation is proofread before it is rendered."""

    title = StringField(max_length=LONGEST_TITLE)
    enable_video_stretching = _yes_or_no()


class CorrectionSerializer(LenientSerializer):
    """The corrected captions of a proofread."""

    srt = FileReferenceSerializer()


class GenerationSerializer(SimulatedSerializer):
    """How the video of a proofread is rendered."""

    captions = _yes_or_no()
    translate_audio_only = _yes_or_no()
    callback_id = text_field()
    callback_url = VideoUrlField(required=False, max_length=LONGEST_URL)


class TitleSerializer(LenientSerializer):
    """The new title of a translation."""

    title = StringField(max_length=LONGEST_TITLE)


@extend_schema_serializer(component_name="WebhookEndpointChange")
class EndpointChangeSerializer(LenientSerializer):
    """A change of a webhook endpoint; what is left out stays as it is."""

    url = VideoUrlField(required=False, max_length=LONGEST_URL)
    events = events_field(help_text="They replace those before.")


class EventFilterSerializer(LenientSerializer):
    """The query of a request for events."""

    event_type = event_type_field(required=False)
    entity_id = StringField(required=False, allow_blank=True)


class CaptionSerializer(LenientSerializer):
    """The query of a request for captions."""

    mistakes: ClassVar = {"caption_type": "v3 takes format."}

    format = ChoiceField(
        choices=[("srt", "srt"), ("vtt", "vtt")], required=False, help_text="SRT if left out."
    )
