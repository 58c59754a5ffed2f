"""Fields that take what the wire says literally: nothing is made into something else."""

import difflib
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final, Never, Self, cast
from urllib.parse import urlsplit

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import ERROR_STATUSES, Fault
from vid_trans_api.simulation.options import LONGEST_DURATION, EstimateQuality, Silence

LONGEST_URL: Final = 2000
LONGEST_QUOTE: Final = 60
_NUMBER: Final = re.compile(r"-?(\d{1,30}\.?|\d{0,30}\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_FEW: Final = 20
_MOST_UNKNOWN_NAMES: Final = 20
_LARGEST_SEED: Final = 2**63 - 1
LARGEST_NOISE: Final = 5.0
_BIAS: Final = (0.001, 1000.0)

ESTIMATE_WORDS: Final[Mapping[str, EstimateQuality | Silence]] = {
    "exact": EstimateQuality(noise=0),
    **{word.value: word for word in Silence},
}

BETWEEN: Final = {
    "type": "array",
    "items": {"type": "number", "minimum": 0, "maximum": LONGEST_DURATION, "nullable": True},
    "minItems": 2,
    "maxItems": 2,
    "description": "[from, to], in seconds of the job's life; to may be null",
}
PAGE_STATUSES: Final = (HTTPStatus.OK.value, HTTPStatus.BAD_GATEWAY.value)


def quote(value: object) -> str:
    """Write a value from a request as an error message shows it."""
    try:
        text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:  # JSON may be nested just less deeply than it could be parsed
        return "This nested value"
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


def hint(value: object, words: list[str], *, shown: str = "{}") -> str:
    """Say which of these words may have been meant, or what there is to choose from.

    The one that may have been meant is `shown` as it would have been right.
    """
    near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
    if near:
        return f"did you mean {shown.format(near[0])}?"
    if len(words) <= _FEW:
        return f"there are {', '.join(words)}."
    return f"there are {len(words)}, such as {', '.join(words[:5])}."


def refuse(sentence: str) -> Never:
    raise serializers.ValidationError(sentence)


def unknown_names(names: set[str], known: list[str], *, noun: str = "field") -> dict[str, str]:
    """Say of the first names that nothing here has: what they stand for would be ignored."""
    there_are = f"there are {', '.join(known)}" if known else "there are none"
    unknown = sorted(names - set(known))[:_MOST_UNKNOWN_NAMES]
    return dict.fromkeys(unknown, f"There is no such {noun}; {there_are}.")


def refuse_unknown(names: set[str], known: list[str], *, noun: str = "field") -> None:
    """Raise ValidationError for names that nothing here has."""
    if unknown := unknown_names(names, known, noun=noun):
        raise serializers.ValidationError(unknown)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have, and names those that it has."""

    bounds: ClassVar[dict[str, Any]] = {}
    """What OpenAPI is to say of it as a whole."""

    noun = "field"

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(
                {api_settings.NON_FIELD_ERRORS_KEY: f"{quote(data)} is not a JSON object."}
            )
        unknown = unknown_names(set(data), list(self.fields), noun=self.noun)
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            known = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**unknown, **known}) from None
        if unknown:
            raise serializers.ValidationError(unknown)
        return value


class StringField(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            refuse(f"{quote(data)} is not a string.")
        return super().to_internal_value(data)


@extend_schema_field(
    {"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": LONGEST_URL}
)
class VideoUrlField(StringField):
    """An http or https URL; its host may be any name, as hosts in a private network have."""

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            parts = urlsplit(url)
            is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_url = False
        if not is_url or any(letter.isspace() or not letter.isprintable() for letter in url):
            refuse(f"{quote(url)} is not an http or https URL.")
        return url


class WordField(serializers.ChoiceField):
    """One word of a list."""

    def __deepcopy__(self, memo: Any) -> Self:
        """Make another of the same: a copy of each word would take most of a request's time."""
        return type(self)(*self._args, **self._kwargs)  # type: ignore[attr-defined]  # untyped base

    def to_internal_value(self, data: Any) -> Any:
        return word_of(data, [str(word) for word in self.choices])


class NumberField(serializers.FloatField):
    """A finite number within bounds."""

    def __init__(self, *, lowest: float, highest: float, **options: Any) -> None:
        self.bounds = (lowest, highest)
        super().__init__(min_value=lowest, max_value=highest, **options)

    def to_internal_value(self, data: Any) -> float:
        return number(data, *self.bounds)


class BooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            refuse(f"{quote(data)} is neither true nor false.")
        return data


class WholeNumberField(serializers.IntegerField):
    def __init__(self, *, lowest: int, highest: int, **options: Any) -> None:
        self.bounds = (lowest, highest)
        super().__init__(min_value=lowest, max_value=highest, **options)

    def to_internal_value(self, data: Any) -> int:
        return whole_number(data, *self.bounds)


class SeedField(WholeNumberField):
    def __init__(self, **options: Any) -> None:
        super().__init__(lowest=-_LARGEST_SEED, highest=_LARGEST_SEED, **options)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": LONGEST_DURATION},
            {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": LONGEST_DURATION},
                "minItems": 2,
                "maxItems": 2,
                "description": "[lowest, highest], drawn uniformly between them",
            },
        ]
    }
)
class DurationField(serializers.Field[Any, Any, Any, Any]):
    """Seconds, or `[lowest, highest]`."""

    def to_internal_value(self, data: Any) -> tuple[float, float]:
        if not isinstance(data, list):
            seconds = number(data, 0, LONGEST_DURATION)
            return seconds, seconds
        if len(data) != 2:  # noqa: PLR2004 (a pair)
            refuse(f"{quote(data)} is neither a number of seconds nor [lowest, highest].")
        lowest, highest = (number(each, 0, LONGEST_DURATION) for each in data)
        if lowest > highest:
            refuse(f"{quote(data)} has its lowest after its highest.")
        return lowest, highest


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": list(ESTIMATE_WORDS)},
            {
                "type": "object",
                "properties": {
                    "noise": {"type": "number", "minimum": 0, "maximum": LARGEST_NOISE},
                    "bias": {"type": "number", "minimum": _BIAS[0], "maximum": _BIAS[1]},
                    "profile": {"type": "string", "enum": [word.value for word in EstimateProfile]},
                },
                "additionalProperties": False,
            },
        ]
    }
)
class EstimateField(serializers.Field[Any, Any, Any, Any]):
    """A word, or the noise, the bias and the profile of the guesses."""

    def to_internal_value(self, data: Any) -> EstimateQuality | Silence:
        if isinstance(data, str) and data in ESTIMATE_WORDS:
            return ESTIMATE_WORDS[data]
        if isinstance(data, dict):
            return cast("EstimateQuality", _EstimateQualitySerializer().run_validation(data))
        words = ", ".join(f'"{word}"' for word in ESTIMATE_WORDS)
        refuse(f'{quote(data)} is neither {words} nor {{"noise": …, "bias": …, "profile": …}}.')


@extend_schema_field({"type": "string", "enum": list(ESTIMATE_WORDS)})
class EstimateWordField(EstimateField):
    """One of the words for how estimates are."""

    def to_internal_value(self, data: Any) -> EstimateQuality | Silence:
        return super().to_internal_value(word_of(data, [*ESTIMATE_WORDS]))


class _EstimateQualitySerializer(StrictSerializer):
    noise = NumberField(lowest=0, highest=LARGEST_NOISE, required=False)
    bias = NumberField(lowest=_BIAS[0], highest=_BIAS[1], required=False)
    profile = WordField(
        choices=[(word.value, word.value) for word in EstimateProfile], required=False
    )

    def to_internal_value(self, data: Any) -> EstimateQuality:
        wanted = super().to_internal_value(data)
        if "profile" in wanted:
            wanted["profile"] = EstimateProfile(wanted["profile"])
        return EstimateQuality(**wanted)


@extend_schema_field(BETWEEN)
class BetweenField(serializers.Field[Any, Any, Any, Any]):
    """`[from, to]`, in seconds; a `to` that is null never comes."""

    def to_internal_value(self, data: Any) -> tuple[float, float | None]:
        if not isinstance(data, list) or len(data) != 2:  # noqa: PLR2004 (a pair)
            refuse(f"{quote(data)} is not [from, to], in seconds; to may be null.")
        first = number(data[0], 0, LONGEST_DURATION)
        last = None if data[1] is None else number(data[1], 0, LONGEST_DURATION)
        if last is not None and first > last:
            refuse(f"{quote(data)} ends before it begins.")
        return first, last


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": ERROR_STATUSES[0], "maximum": ERROR_STATUSES[1]},
            {"type": "string", "enum": [word.value for word in Fault]},
        ]
    }
)
class FaultField(serializers.Field[Any, Any, Any, Any]):
    """A status code that is an error, or a word."""

    def to_internal_value(self, data: Any) -> int | Fault:
        words = [word.value for word in Fault]
        if isinstance(data, str) and data in words:
            return Fault(data)
        lowest, highest = ERROR_STATUSES
        if is_whole(data) and lowest <= data <= highest:
            return int(data)
        refuse(
            f"{quote(data)} is neither a number from {lowest} to {highest}, for a status code,"
            f" nor the word of a fault; {hint(data, words)}"
        )


@extend_schema_field({"type": "integer", "enum": list(PAGE_STATUSES)})
class PageStatusField(serializers.Field[Any, Any, Any, Any]):
    """The status of a gateway's page."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or data not in PAGE_STATUSES:
            known = ", ".join(map(str, PAGE_STATUSES))
            refuse(f"{quote(data)} is not the status of a page; there are {known}.")
        return int(data)


def word_of(data: Any, words: list[str]) -> str:
    """Return what the wire has as one of these words; raises ValidationError."""
    if not isinstance(data, str) or data not in words:
        refuse(f"{quote(data)} is not one of the words to choose from; {hint(data, words)}")
    return data


def _bound(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def number(data: Any, lowest: float, highest: float) -> float:
    """Return what the wire has as a number; raises ValidationError, also out of bounds."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        refuse(f"{quote(data)} is not a number.")
    if not lowest <= data <= highest:
        refuse(f"{quote(data)} is not between {_bound(lowest)} and {_bound(highest)}.")
    return float(data)


def whole_number(data: Any, lowest: int, highest: int) -> int:
    """Return what the wire has as a whole number, 3.0 too; raises ValidationError."""
    if not is_whole(data):
        refuse(f"{quote(data)} is not a whole number.")
    number(data, lowest, highest)
    return int(data)


def is_whole(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool) and not data % 1


def number_in(text: str) -> Any:
    """Return the number that a text is, or the text, for a field to refuse."""
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)
