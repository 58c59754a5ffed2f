"""Reading HeyGen's requests: unknown fields are ignored, and null means left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.conf import settings
from django.http import HttpRequest, QueryDict
from rest_framework import serializers

from vid_trans_api.http.fields import (
    LONGEST_URL,
    ChoiceField,
    ListField,
    StringField,
    VideoUrlField,
    WholeNumberField,
    quote,
    refuse,
)
from vid_trans_api.http.options import SimulationSerializer
from vid_trans_api.http.parsing import number_of_cursor
from vid_trans_api.languages import LANGUAGES

LONGEST_TITLE: Final = 200
LONGEST_ID: Final = 255
MOST_ITEMS: Final = 100
"""How many translations one request may create."""

LARGEST_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 10

_MOST_SPEAKERS: Final = 100
_KEY: Final = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
_LIMIT: Final = re.compile(r"[0-9]{1,9}")


def idempotency_key_of(request: HttpRequest) -> str:
    """Return the Idempotency-Key, or "". Raises ValidationError."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise serializers.ValidationError(
            {"Idempotency-Key": f"{quote(key)} is not 1 to 255 of A-Z a-z 0-9 _ - : and the dot."}
        )
    return key


def limit_of(query: QueryDict, *, default: int = DEFAULT_LIMIT) -> int:
    """Read `limit`. Raises ValidationError."""
    text = query.get("limit", str(default))
    if not (_LIMIT.fullmatch(text) and 1 <= int(text) <= LARGEST_LIMIT):
        reason = f"{quote(text)} is not a whole number from 1 to {LARGEST_LIMIT}."
        raise serializers.ValidationError({"limit": reason})
    return int(text)


def number_of_token(query: QueryDict) -> int | None:
    """Read `token`, the `next_token` of the page before; None, or empty, on the first page."""
    token = query.get("token")
    return number_of_cursor(token, field="token", source="`next_token`") if token else None


def ids_of(query: QueryDict, name: str) -> list[str]:
    """Read ids, separated by commas or in several parameters; none if it is left out.

    Raises ValidationError.
    """
    text = ",".join(query.getlist(name))
    ids = text.split(",") if text else []
    if not all(ids):
        reason = "An id in the list is empty; separate ids by one comma."
        raise serializers.ValidationError({name: reason})
    return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """Where a file is: at a URL, or among the uploaded assets."""

    url: str = ""
    asset_id: str = ""


class LenientSerializer(serializers.Serializer[Any]):
    """Ignores unknown fields, and those that are null."""

    bounds: ClassVar[Mapping[str, Any]] = {}
    """Keywords to add to its OpenAPI schema."""

    mistakes: ClassVar[Mapping[str, str]] = {}
    """Known mistakes by the field that has no meaning here: what the field should be."""

    mistaken_values: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Known mistakes by field and value: what the value should be."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            refuse(f"{quote(data)} is not a JSON object.")
        return super().to_internal_value(
            {name: value for name, value in data.items() if value is not None}
        )

    def notes(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the known mistakes in a request."""
        return (
            *(f"{name}: {reason}" for name, reason in self.mistakes.items() if name in data),
            *(
                f"{name}: {reason}"
                for name, values in self.mistaken_values.items()
                for value, reason in values.items()
                if data.get(name) == value
            ),
        )


def text_field() -> StringField:
    return StringField(required=False, max_length=LONGEST_ID, allow_blank=True)


def speakers_field() -> WholeNumberField:
    return WholeNumberField(lowest=0, highest=_MOST_SPEAKERS, required=False)


def language_field(**options: Any) -> ChoiceField:
    return ChoiceField(choices=[(name, name) for name in LANGUAGES], **options)


def languages_field(**options: Any) -> ListField:
    return ListField(
        child=language_field(),
        min_length=1,
        max_length=MOST_ITEMS,
        help_text="The exact names of target languages.",
        **options,
    )


class FileReferenceSerializer(LenientSerializer):
    """A file: `{"type": "url", "url": …}` or `{"type": "asset_id", "asset_id": …}`."""

    type = ChoiceField(choices=[("url", "url"), ("asset_id", "asset_id")])
    url = VideoUrlField(required=False, max_length=LONGEST_URL)
    asset_id = StringField(required=False, max_length=LONGEST_ID)

    def to_internal_value(self, data: Any) -> FileReference:
        fields = super().to_internal_value(data)
        kind = fields["type"]
        if not fields.get(kind):
            raise serializers.ValidationError({kind: "This field is required."})
        return FileReference(**{kind: fields[kind]})


class SimulatedSerializer(LenientSerializer):
    """A request with a `simulation` object, where the setting allows it."""

    simulation = SimulationSerializer(
        required=False, help_text="How the job goes. HeyGen has no such field."
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if not settings.SIMULATION:
            del fields["simulation"]
        return fields
