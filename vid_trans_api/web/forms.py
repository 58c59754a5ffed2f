"""The form that creates a job. It converts what people type into a request of the API."""

import re
from typing import Any, Final

from django import forms
from django.conf import settings

from vid_trans_api.http.fields import number_in
from vid_trans_api.http.job_fields import JobFieldsSerializer
from vid_trans_api.languages import DEFAULT_LANGUAGE, LANGUAGES
from vid_trans_api.operations import JobRequest
from vid_trans_api.operations.errors import SocketRequired
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS

_PATHS: Final = {
    "video_url": ("video_url",),
    "title": ("title",),
    "target_language": ("target_language",),
    "scenario": ("simulation", "scenario"),
    "duration": ("simulation", "duration"),
    "outcome": ("simulation", "outcome"),
    "error_probability": ("simulation", "error_probability"),
    "error_code": ("simulation", "error", "code"),
    "error_message": ("simulation", "error", "message"),
    "error_retryable": ("simulation", "error", "retryable"),
    "estimate": ("simulation", "estimate"),
    "noise": ("simulation", "estimate", "noise"),
    "bias": ("simulation", "estimate", "bias"),
    "seed": ("simulation", "seed"),
}
"""The place of each form field in the request, and in the request's errors."""

_SOCKET_FIELDS: Final = {"simulation": "scenario", "video_url": "video_url"}
"""The form field for each part of a request that may ask for socket faults."""

_RANGE: Final = re.compile(r"(?<=[\d.\s])\s*(?:-|–|to|,|\.\.)\s*(?=[\d.])")  # noqa: RUF001 (an en dash)


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
        help_text="A set of options; the other fields override it.",
        widget=forms.Select(
            choices=[
                ("", "None"),
                *((each.name, f"{each.name}: {each.description}") for each in SCENARIOS),
            ]
        ),
    )
    duration = forms.CharField(required=False, help_text="Seconds, or a range such as 5-15.")
    outcome = forms.CharField(
        required=False,
        help_text="A stuck job stays pending forever.",
        widget=forms.Select(
            choices=[("", "Random"), *((word.value, word.value.title()) for word in Outcome)]
        ),
    )
    error_probability = forms.CharField(
        required=False, help_text="From 0 to 1, for a random outcome."
    )
    error_code = forms.CharField(required=False, help_text="For example no_speech_detected.")
    error_message = forms.CharField(required=False, help_text="The explanation in the response.")
    error_retryable = forms.BooleanField(required=False, label="Retrying may help")
    estimate = forms.CharField(
        required=False,
        label="Estimates",
        help_text="Of the time left.",
        widget=forms.Select(
            choices=[("", "Noisy"), ("exact", "Exact"), ("none", "None"), ("silent", "Silent")]
        ),
    )
    noise = forms.CharField(
        required=False, help_text="The error of the first estimate: 0 is exact, 0.2 is 20 %."
    )
    bias = forms.CharField(
        required=False, help_text="2 estimates twice the time left, 0.5 half of it."
    )
    seed = forms.CharField(
        required=False, help_text="A whole number. The same seed repeats the same job."
    )

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
        return self.is_bound and any(
            self[name].data for name in self.simulation_fields if name in self.fields
        )

    def full_clean(self) -> None:
        """Validate, and focus the first field with an error."""
        super().full_clean()
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

    def clean(self) -> dict[str, Any]:
        """Validate with the API's serializer; the cleaned data is a `request` for the job."""
        typed = dict(self.cleaned_data)
        if typed.get("estimate"):
            for name in ("noise", "bias"):
                if typed.pop(name, ""):
                    self.add_error(name, f"Only noisy estimates have {name}.")
        serializer = JobFieldsSerializer(data=_request_body(typed))
        if serializer.is_valid():
            return {"request": JobRequest(**serializer.validated_data)}
        for name, path in _PATHS.items():
            for sentence in _errors_at(serializer.errors, path):
                self.add_error(name, sentence)
        return typed

    def add_socket_error(self, error: SocketRequired) -> None:
        """Show that this server cannot inject the faults of the requested job."""
        self.add_error(_SOCKET_FIELDS.get(error.given_in), str(error))


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
    ends = _RANGE.split(" ".join(text.split()))  # the pattern is slow on long runs of blanks
    return number_in(text) if len(ends) == 1 else [number_in(end) for end in ends]


_PARSERS: Final = {
    "duration": _parse_duration,
    "error_probability": number_in,
    "noise": number_in,
    "bias": number_in,
    "seed": number_in,
}


def _errors_at(errors: Any, path: tuple[str, ...]) -> list[str]:
    for name in path:
        errors = errors.get(name, ()) if isinstance(errors, dict) else ()
    return [] if isinstance(errors, dict) else [str(error) for error in errors]
