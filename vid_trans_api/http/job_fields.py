"""The fields of a request to create a job, which our API and the form on the page share."""

from typing import Any, Final

from django.conf import settings

from vid_trans_api.http.fields import (
    LONGEST_URL,
    ChoiceField,
    StrictSerializer,
    StringField,
    VideoUrlField,
)
from vid_trans_api.http.options import SimulationSerializer, options_from_url
from vid_trans_api.languages import DEFAULT_LANGUAGE, LANGUAGES

LONGEST_TITLE: Final = 200


class JobFieldsSerializer(StrictSerializer):
    """Validates to the attributes of a `JobRequest`. Every field is optional."""

    video_url = VideoUrlField(required=False, max_length=LONGEST_URL)
    title = StringField(required=False, max_length=LONGEST_TITLE, allow_blank=True)
    target_language = ChoiceField(
        choices=[(name, name) for name in LANGUAGES], default=DEFAULT_LANGUAGE
    )
    callback_url = VideoUrlField(
        required=False,
        max_length=LONGEST_URL,
        help_text="Where an event is sent once the job has ended.",
    )
    simulation = SimulationSerializer(required=False)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if not settings.SIMULATION:
            del fields["simulation"]
        return fields

    def validate_video_url(self, url: str) -> str:
        if settings.SIMULATION:
            options_from_url(url)
        return url

    def to_internal_value(self, data: Any) -> Any:
        fields = super().to_internal_value(data)
        options = {"simulation": fields.pop("simulation", None)}
        if settings.SIMULATION and "video_url" in fields:
            options["video_url"] = options_from_url(fields["video_url"])
        return {**fields, "options": {name: each for name, each in options.items() if each}}
