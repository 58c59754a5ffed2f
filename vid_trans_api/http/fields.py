"""Serializer fields that accept JSON values strictly, without converting types."""

import difflib
import json
import re
from collections.abc import Mapping
from copy import copy
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
_MOST_CHOICES_SHOWN: Final = 30
_MOST_UNKNOWN_NAMES: Final = 20
_MOST_WRONG_ITEMS: Final = 10
_LARGEST_SEED: Final = 2**63 - 1
LARGEST_NOISE: Final = 5.0
_BIAS: Final = (0.001, 1000.0)

NAMED_ESTIMATES: Final[Mapping[str, EstimateQuality | Silence]] = {
    "exact": EstimateQuality(noise=0),
    **{silence.value: silence for silence in Silence},
}

PAGE_STATUSES: Final = (HTTPStatus.OK.value, HTTPStatus.BAD_GATEWAY.value)


def quote(value: object) -> str:
    """Return a value from a request as an error message shows it."""
    try:
        text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:  # the parser accepts deeper nesting than the writer
        return "This nested value"
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


def hint(value: object, choices: list[str], *, template: str = "{}") -> str:
    """Return the end of an error message: the most similar choice, or what can be chosen.

    `template` is applied to the similar choice.
    """
    is_short_text = isinstance(value, str) and len(value) <= LONGEST_QUOTE
    similar = difflib.get_close_matches(str(value), choices, n=1) if is_short_text else []
    if similar:
        return f"did you mean {template.format(similar[0])}?"
    if len(choices) <= _MOST_CHOICES_SHOWN:
        return f"choose from {', '.join(choices)}."
    return f"choose one of {len(choices)}, such as {', '.join(choices[:5])}."


def refuse(message: str) -> Never:
    """Raise ValidationError with this message."""
    raise serializers.ValidationError(message)


def unknown_names(names: set[str], known: list[str], *, noun: str = "field") -> dict[str, str]:
    """Return an error message for each of the first names that are not known."""
    reason = f"known {noun}s: {', '.join(known)}" if known else f"no {noun} is accepted here"
    unknown = sorted(names - set(known))[:_MOST_UNKNOWN_NAMES]
    return dict.fromkeys(unknown, f"Unknown {noun}; {reason}.")


def refuse_unknown(names: set[str], known: list[str], *, noun: str = "field") -> None:
    """Raise ValidationError if there are names that are not known."""
    if unknown := unknown_names(names, known, noun=noun):
        raise serializers.ValidationError(unknown)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields, with an error that lists the known ones."""

    bounds: ClassVar[dict[str, Any]] = {}
    """Keywords to add to its OpenAPI schema, such as minProperties."""

    noun = "field"
    """What error messages call a field."""

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
    """An http or https URL; any host name is allowed, also one of a private network."""

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


class ChoiceField(serializers.ChoiceField):
    """One of a list of strings."""

    def __deepcopy__(self, memo: Any) -> Self:
        """Share the choices: reading 178 languages takes a quarter of the time to read a body."""
        copied = copy(self)
        # A field of a list is bound to it.
        copied.source = self._kwargs.get("source")  # type: ignore[attr-defined]  # untyped base
        return copied

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in self.choices:
            return data
        return parse_choice(data, [str(each) for each in self.choices])


class ListField(serializers.ListField):
    """A list that is refused by its length before any item is read.

    After ten wrong items it does not read the others: each costs a search for similar choices.
    """

    def __init__(self, *, max_length: int, **options: Any) -> None:
        self.most_items = max_length
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            refuse(f"{quote(data)} is not a list.")
        if len(data) > self.most_items:
            refuse(f"These are {len(data)} items; at most {self.most_items} are allowed.")
        items: list[Any] = []
        errors: dict[str, Any] = {}
        for position, item in enumerate(data):
            try:
                items.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                errors[str(position)] = error.detail
            if len(errors) == _MOST_WRONG_ITEMS:
                break
        if errors:
            raise serializers.ValidationError(errors)
        return items


class NumberField(serializers.FloatField):
    """A finite number within bounds."""

    def __init__(self, *, lowest: float, highest: float, **options: Any) -> None:
        self.bounds = (lowest, highest)
        super().__init__(min_value=lowest, max_value=highest, **options)

    def to_internal_value(self, data: Any) -> float:
        return parse_number(data, *self.bounds)


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
        return parse_whole_number(data, *self.bounds)


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
            seconds = parse_number(data, 0, LONGEST_DURATION)
            return seconds, seconds
        if len(data) != 2:  # noqa: PLR2004 (a pair has two)
            refuse(f"{quote(data)} is neither a number of seconds nor [lowest, highest].")
        lowest, highest = (parse_number(each, 0, LONGEST_DURATION) for each in data)
        if lowest > highest:
            refuse(f"{quote(data)} has its lowest after its highest.")
        return lowest, highest


class EstimateField(serializers.Field[Any, Any, Any, Any]):
    """A name such as `exact`, or noise, bias and profile."""

    def to_internal_value(self, data: Any) -> EstimateQuality | Silence:
        if isinstance(data, str) and data in NAMED_ESTIMATES:
            return NAMED_ESTIMATES[data]
        if isinstance(data, dict):
            return cast("EstimateQuality", EstimateQualitySerializer().run_validation(data))
        names = ", ".join(f'"{name}"' for name in NAMED_ESTIMATES)
        refuse(f'{quote(data)} is neither {names} nor {{"noise": …, "bias": …, "profile": …}}.')


@extend_schema_field({"type": "string", "enum": list(NAMED_ESTIMATES)})
class NamedEstimateField(EstimateField):
    """Only a name, as in the query of a magic URL."""

    def to_internal_value(self, data: Any) -> EstimateQuality | Silence:
        return super().to_internal_value(parse_choice(data, [*NAMED_ESTIMATES]))


class EstimateQualitySerializer(StrictSerializer):
    """How far estimates are off, and how they develop."""

    noise = NumberField(lowest=0, highest=LARGEST_NOISE, required=False)
    bias = NumberField(lowest=_BIAS[0], highest=_BIAS[1], required=False)
    profile = ChoiceField(
        choices=[(each.value, each.value) for each in EstimateProfile], required=False
    )

    def to_internal_value(self, data: Any) -> EstimateQuality:
        values = super().to_internal_value(data)
        if "profile" in values:
            values["profile"] = EstimateProfile(values["profile"])
        return EstimateQuality(**values)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": LONGEST_DURATION, "nullable": True},
        "minItems": 2,
        "maxItems": 2,
    }
)
class BetweenField(serializers.Field[Any, Any, Any, Any]):
    """`[from, to]`, an interval of a job's age in seconds; null is 0 or infinite."""

    def to_internal_value(self, data: Any) -> tuple[float, float | None]:
        if not isinstance(data, list) or len(data) != 2:  # noqa: PLR2004 (a pair has two)
            refuse(f"{quote(data)} is not [from, to], in seconds; either can be null.")
        first = 0.0 if data[0] is None else parse_number(data[0], 0, LONGEST_DURATION)
        last = None if data[1] is None else parse_number(data[1], 0, LONGEST_DURATION)
        if last is not None and first > last:
            refuse(f"{quote(data)} ends before it begins.")
        return first, last


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": ERROR_STATUSES[0], "maximum": ERROR_STATUSES[1]},
            {"type": "string", "enum": [fault.value for fault in Fault]},
        ]
    }
)
class FaultField(serializers.Field[Any, Any, Any, Any]):
    """An error status code, or the name of another fault."""

    def to_internal_value(self, data: Any) -> int | Fault:
        names = [fault.value for fault in Fault]
        if isinstance(data, str) and data in names:
            return Fault(data)
        lowest, highest = ERROR_STATUSES
        if _is_whole_number(data) and lowest <= data <= highest:
            return int(data)
        refuse(
            f"{quote(data)} is neither a status code from {lowest} to {highest} nor the name of a"
            f" fault; {hint(data, names)}"
        )


@extend_schema_field({"type": "integer", "enum": list(PAGE_STATUSES)})
class PageStatusField(serializers.Field[Any, Any, Any, Any]):
    """The status code of the fault `html`."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or data not in PAGE_STATUSES:
            known = ", ".join(map(str, PAGE_STATUSES))
            refuse(f"{quote(data)} is not a status code of the fault html; choose from {known}.")
        return int(data)


def parse_choice(data: Any, choices: list[str]) -> str:
    """Return `data` if it is one of these strings; otherwise raise ValidationError."""
    if not isinstance(data, str) or data not in choices:
        refuse(f"{quote(data)} is not a valid choice; {hint(data, choices)}")
    return data


def _bound(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def parse_number(data: Any, lowest: float, highest: float) -> float:
    """Return a JSON number as a float; raise ValidationError if it is not within the bounds."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        refuse(f"{quote(data)} is not a number.")
    if not lowest <= data <= highest:
        refuse(f"{quote(data)} is not between {_bound(lowest)} and {_bound(highest)}.")
    return float(data)


def parse_whole_number(data: Any, lowest: int, highest: int) -> int:
    """Return a whole JSON number, such as 3 or 3.0, as an int; otherwise raise ValidationError."""
    if not _is_whole_number(data):
        refuse(f"{quote(data)} is not a whole number.")
    parse_number(data, lowest, highest)
    return int(data)


def _is_whole_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool) and not data % 1


def number_in(text: str) -> Any:
    """Return the number in a text; or the text itself, so that a field refuses it."""
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)
