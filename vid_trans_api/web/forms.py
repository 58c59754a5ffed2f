"""The form that starts a job: what people type, made into what the API takes."""

import re
from typing import Any, Final

from django import forms
from django.conf import settings

from vid_trans_api.http.fields import number_in
from vid_trans_api.languages import DEFAULT_LANGUAGE, LANGUAGES
from vid_trans_api.native.serializers import JobRequestSerializer
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.scenarios import SCENARIOS

_WIRE: Final = {
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
"""Where in a request each field of the form goes, and where its errors come from."""

_SCENARIOS: Final = {scenario.name: scenario.description for scenario in SCENARIOS}

_BETWEEN: Final = re.compile(r"(?<=[\d.\s])\s*(?:-|–|to|,|\.\.)\s*(?=[\d.])")  # noqa: RUF001 (a dash people type)


class JobForm(forms.Form):
    """Has no rules of its own: what it takes is what the API takes, with the API's own errors."""

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
        help_text="What it is put through; what is typed beside it wins.",
        widget=forms.Select(
            choices=[
                ("", "None"),
                *((name, f"{name}: {about}") for name, about in _SCENARIOS.items()),
            ]
        ),
    )
    duration = forms.CharField(
        required=False, help_text="Seconds, or a range such as 5-15.", label="Duration"
    )
    outcome = forms.CharField(
        required=False,
        help_text="Stuck stays pending for ever.",
        widget=forms.Select(
            choices=[("", "Drawn"), *((word.value, word.value.title()) for word in Outcome)]
        ),
    )
    error_probability = forms.CharField(
        required=False, help_text="From 0 to 1, where the outcome is drawn."
    )
    error_code = forms.CharField(required=False, help_text="Such as no_speech_detected.")
    error_message = forms.CharField(required=False, help_text="What its answers say then.")
    error_retryable = forms.BooleanField(required=False, label="Starting it again may help")
    estimate = forms.CharField(
        required=False,
        label="Estimates",
        help_text="Of the time left.",
        widget=forms.Select(
            choices=[("", "Noisy"), ("exact", "Exact"), ("none", "None"), ("silent", "Silent")]
        ),
    )
    noise = forms.CharField(
        required=False, help_text="How far the first guess is off: 0 not at all, 0.2 a fifth."
    )
    bias = forms.CharField(required=False, help_text="2 guesses twice as long, 0.5 half.")
    seed = forms.CharField(
        required=False, help_text="A whole number: the same seed, the same job again."
    )

    simulation_fields = tuple(name for name, path in _WIRE.items() if path[0] == "simulation")

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
        """Whether anything about the simulation has been typed."""
        return self.is_bound and any(
            self[name].data for name in self.simulation_fields if name in self.fields
        )

    def full_clean(self) -> None:
        """Check it all, and put the cursor where the first thing is to be mended."""
        super().full_clean()
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

    def clean(self) -> dict[str, Any]:
        """Ask the API's serializer; `cleaned_data` is what it makes of the request."""
        typed = dict(self.cleaned_data)
        if typed.get("estimate"):
            for name in ("noise", "bias"):
                if typed.pop(name, ""):
                    self.add_error(name, "Only noisy estimates have one.")
        wanted = JobRequestSerializer(data=_request(typed))
        if wanted.is_valid():
            return {"request": wanted.validated_data}
        for name, path in _WIRE.items():
            for sentence in _errors_at(wanted.errors, path):
                self.add_error(name, sentence)
        return typed


def _request(typed: dict[str, Any]) -> dict[str, Any]:
    """Make the body of the request that asks for the same; what was left empty is left out."""
    body: dict[str, Any] = {}
    for name, path in _WIRE.items():
        value = typed.get(name)
        if value:
            *parents, last = path
            place = body
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = _READERS.get(name, _as_typed)(value)
    return body


def _as_typed(value: Any) -> Any:
    return value


def _duration(text: str) -> Any:
    ends = _BETWEEN.split(text)
    return number_in(text) if len(ends) == 1 else [number_in(end) for end in ends]


_READERS: Final = {
    "duration": _duration,
    "error_probability": number_in,
    "noise": number_in,
    "bias": number_in,
    "seed": number_in,
}


def _errors_at(errors: Any, path: tuple[str, ...]) -> list[str]:
    for name in path:
        errors = errors.get(name, ()) if isinstance(errors, dict) else ()
    return [] if isinstance(errors, dict) else [str(error) for error in errors]
