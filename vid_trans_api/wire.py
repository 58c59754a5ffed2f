"""Fields that take what the wire says literally: nothing is made into something else."""

import difflib
from typing import Any, Final, Never
from urllib.parse import urlsplit

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from vid_trans_api.simulation.plans import LONGEST_DURATION, EstimateQuality, Silence

LONGEST_URL: Final = 2000
LONGEST_QUOTE: Final = 60
_FEW: Final = 10
_MOST_UNKNOWN_NAMES: Final = 20
_LARGEST_SEED: Final = 2**63 - 1
LARGEST_NOISE: Final = 5.0
_BIAS: Final = (0.001, 1000.0)


def quote(value: object) -> str:
    """Write a value from a request as an error message shows it."""
    try:
        text = repr(value)
    except RecursionError:  # JSON may be nested just less deeply than it could be parsed
        return "This nested value"
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


def hint(value: object, words: list[str]) -> str:
    """Say which of these words may have been meant, or what there is to choose from."""
    near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
    if near:
        return f"did you mean {near[0]}?"
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

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(
                {api_settings.NON_FIELD_ERRORS_KEY: f"{quote(data)} is not a JSON object."}
            )
        unknown = unknown_names(set(data), list(self.fields))
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

    def to_internal_value(self, data: Any) -> Any:
        words = [str(word) for word in self.choices]
        if not isinstance(data, str) or data not in words:
            refuse(f"{quote(data)} is not one of the words to choose from; {hint(data, words)}")
        return data


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


class SeedField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-_LARGEST_SEED, max_value=_LARGEST_SEED, **options)

    def to_internal_value(self, data: Any) -> int:
        if number(data, -_LARGEST_SEED, _LARGEST_SEED) % 1:
            refuse(f"{quote(data)} is not a whole number.")
        return int(data)


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
            {"type": "string", "enum": ["exact", "none"]},
            {
                "type": "object",
                "properties": {
                    "noise": {"type": "number", "minimum": 0, "maximum": LARGEST_NOISE},
                    "bias": {"type": "number", "minimum": _BIAS[0], "maximum": _BIAS[1]},
                },
                "additionalProperties": False,
            },
        ]
    }
)
class EstimateField(serializers.Field[Any, Any, Any, Any]):
    """`exact`, `none`, or the noise and the bias of the guesses."""

    def to_internal_value(self, data: Any) -> EstimateQuality | Silence:
        match data:
            case "exact":
                return EstimateQuality(noise=0)
            case "none":
                return Silence.NONE
            case dict():
                refuse_unknown(set(data), ["noise", "bias"])
                return EstimateQuality(
                    noise=_named(data, "noise", 0, LARGEST_NOISE) if "noise" in data else None,
                    bias=_named(data, "bias", *_BIAS) if "bias" in data else 1.0,
                )
        refuse(f'{quote(data)} is neither "exact", "none" nor {{"noise": …, "bias": …}}.')


def _bound(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def number(data: Any, lowest: float, highest: float) -> float:
    """Return what the wire has as a number; raises ValidationError, also out of bounds."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        refuse(f"{quote(data)} is not a number.")
    if not lowest <= data <= highest:
        refuse(f"{quote(data)} is not between {_bound(lowest)} and {_bound(highest)}.")
    return float(data)


def _named(data: dict[str, Any], name: str, lowest: float, highest: float) -> float:
    """Return that number of several; an error says which of them is wrong."""
    try:
        return number(data[name], lowest, highest)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from None
