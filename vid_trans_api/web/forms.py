"""The form that creates a job. It converts what people type into a request of the API."""

import re
from typing import Any, Final, Self
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.html import format_html

from vid_trans_api.http.fields import number_in
from vid_trans_api.http.job_fields import JobFieldsSerializer
from vid_trans_api.languages import DEFAULT_LANGUAGE, LANGUAGES
from vid_trans_api.operations import JobRequest
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.web.creation import CreationRefused

_PATHS: Final = {
    "video_url": ("video_url",),
    "title": ("title",),
    "target_language": ("target_language",),
    "scenario": ("simulation", "scenario"),
    "duration": ("simulation", "duration"),
    "queued": ("simulation", "queued"),
    "outcome": ("simulation", "outcome"),
    "error_probability": ("simulation", "error_probability"),
    "error_code": ("simulation", "error", "code"),
    "error_message": ("simulation", "error", "message"),
    "error_retryable": ("simulation", "error", "retryable"),
    "fails_at": ("simulation", "fails_at"),
    "estimate": ("simulation", "estimate"),
    "noise": ("simulation", "estimate", "noise"),
    "bias": ("simulation", "estimate", "bias"),
    "seed": ("simulation", "seed"),
}
"""The place of each form field in the request, and in the request's errors."""

_SOCKET_FIELDS: Final = {"simulation": "scenario", "video_url": "video_url"}
"""The form field for each part of a request that may ask for socket faults."""

_RANGE: Final = re.compile(r"(?<=[\d.\s])(?:-|–|to|,|\.\.)(?=[\d.\s])")  # noqa: RUF001 (an en dash)

_LONGEST_NUMBER: Final = 60
_LONGEST_VALUES: Final = 1500
"""Characters of the form's values in an address. Servers limit its length."""


def _option_field(**options: Any) -> forms.CharField:
    """Return a field for a number or a short text, which may be left empty."""
    return forms.CharField(required=False, max_length=_LONGEST_NUMBER, **options)


class JobForm(forms.Form):
    """Has no rules of its own: validation and error messages are the API's."""

    video_url = forms.CharField(
        label="Video URL",
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/talk.mp4"}),
    )
    title = forms.CharField(required=False)
    target_language = forms.CharField(
        required=False,
        initial=DEFAULT_LANGUAGE,
        widget=forms.Select(choices=[(name, name) for name in LANGUAGES]),
    )
    scenario = forms.CharField(
        required=False,
        initial="",
        widget=forms.RadioSelect(
            choices=[
                (name, format_html("<b>{}</b> <span>{}</span>", name or "none", description))
                for name, description in (
                    ("", "Has only the options below."),
                    *((each.name, each.description) for each in SCENARIOS),
                )
            ]
        ),
    )
    duration = _option_field(help_text="Seconds, or a range such as 5-15.")
    queued = _option_field(help_text="The share of the duration spent in the queue, 0 to 1.")
    outcome = forms.CharField(
        required=False,
        help_text="A stuck job stays pending forever.",
        widget=forms.Select(
            choices=[("", "Random"), *((word.value, word.value.title()) for word in Outcome)]
        ),
    )
    error_probability = _option_field(help_text="From 0 to 1, for a random outcome.")
    error_code = forms.CharField(required=False, help_text="For example no_speech_detected.")
    error_message = forms.CharField(required=False, help_text="The explanation in the response.")
    error_retryable = forms.BooleanField(required=False, label="Retrying may help")
    fails_at = _option_field(help_text="The share of the duration after which it fails, 0 to 1.")
    estimate = forms.CharField(
        required=False,
        label="Estimates",
        help_text="Of the time left.",
        widget=forms.Select(
            choices=[("", "Noisy"), ("exact", "Exact"), ("none", "None"), ("silent", "Silent")]
        ),
    )
    noise = _option_field(help_text="The error of the first estimate: 0 is exact, 0.2 is 20 %.")
    bias = _option_field(help_text="2 estimates twice the time left, 0.5 half of it.")
    seed = _option_field(help_text="A whole number. The same seed repeats the same job.")

    simulation_fields = tuple(name for name, path in _PATHS.items() if path[0] == "simulation")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not settings.SIMULATION:
            for name in self.simulation_fields:
                del self.fields[name]

    @property
    def offers_simulation(self) -> bool:
        return settings.SIMULATION

    @property
    def has_simulation(self) -> bool:
        """Whether any simulation field has been filled in."""
        return any(self[name].value() for name in self.simulation_fields if name in self.fields)

    @property
    def values(self) -> str:
        """What has been filled in, as a query; "" if it is too long for an address."""
        filled = {name: value for name, value in self.data.items() if name in self.fields and value}
        query = urlencode(filled)
        return query if len(query) <= _LONGEST_VALUES else ""

    @classmethod
    def with_values(cls, query: str) -> Self:
        """Return a form that shows these values and is not validated yet."""
        values = QueryDict(query).dict() if len(query) <= _LONGEST_VALUES else {}
        return cls(initial={name: value for name, value in values.items() if "\0" not in value})

    def full_clean(self) -> None:
        """Validate, and focus the first field with an error."""
        super().full_clean()
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

    def clean(self) -> dict[str, Any]:
        """Validate with the API's serializer.

        The cleaned data is a `request` for the job, and the equivalent `body` of the API.
        """
        typed = dict(self.cleaned_data)
        if typed.get("estimate"):
            for name in ("noise", "bias"):
                if typed.pop(name, ""):
                    self.add_error(name, f"Only noisy estimates have {name}.")
        body = _request_body(typed)
        serializer = JobFieldsSerializer(data=body)
        if serializer.is_valid():
            return {"request": JobRequest(**serializer.validated_data), "body": body}
        for name, path in _PATHS.items():
            for sentence in _errors_at(serializer.errors, path):
                self.add_error(name, sentence)
        return typed

    def add_refusal(self, refusal: CreationRefused) -> None:
        """Show why no job was created, beside the field that it is about."""
        self.add_error(_SOCKET_FIELDS.get(refusal.given_in), str(refusal))


def _request_body(typed: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the equivalent request; empty fields are left out."""
    body: dict[str, Any] = {}
    for name, path in _PATHS.items():
        value = typed.get(name)
        if value:
            *parents, last = path
            target = body
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = _PARSERS.get(name, _unchanged)(value)
    return body


def _unchanged(value: Any) -> Any:
    return value


def _parse_duration(text: str) -> Any:
    ends = _RANGE.split(text)
    return number_in(text) if len(ends) == 1 else [number_in(end.strip()) for end in ends]


_PARSERS: Final = {
    "duration": _parse_duration,
    "queued": number_in,
    "error_probability": number_in,
    "fails_at": number_in,
    "noise": number_in,
    "bias": number_in,
    "seed": number_in,
}


def _errors_at(errors: Any, path: tuple[str, ...]) -> list[str]:
    for name in path:
        errors = errors.get(name, ()) if isinstance(errors, dict) else ()
    return [] if isinstance(errors, dict) else [str(error) for error in errors]
