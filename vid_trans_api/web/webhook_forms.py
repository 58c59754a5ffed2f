"""The form that registers an endpoint."""

from typing import Any, Final

from django import forms

from vid_trans_api.models import PayloadFormat
from vid_trans_api.operations.endpoints import EndpointRequest
from vid_trans_api.webhooks.connecting import LONGEST_URL
from vid_trans_api.webhooks.formats import writer_of

FORMAT_NAMES: Final = {PayloadFormat.STANDARD: "Standard", PayloadFormat.HEYGEN: "HeyGen's"}


class EndpointForm(forms.Form):
    """Has one field with the types of events for each format; that of the chosen one counts.

    Which URLs are valid is for the operation to say.
    """

    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hook"}),
    )
    format = forms.ChoiceField(choices=[(each.value, FORMAT_NAMES[each]) for each in PayloadFormat])

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for each in PayloadFormat:
            types = [(name, name) for name in writer_of(each).types]
            self.fields[f"{each}_events"] = forms.MultipleChoiceField(
                label=FORMAT_NAMES[each],
                required=False,
                choices=types,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def type_fields(self) -> list[forms.BoundField]:
        return [self[f"{each}_events"] for each in PayloadFormat]

    @property
    def has_types(self) -> bool:
        """Whether any type has been chosen."""
        return any(field.value() for field in self.type_fields)

    @property
    def payload_format(self) -> PayloadFormat:
        return PayloadFormat(self.cleaned_data["format"])

    @property
    def request(self) -> EndpointRequest:
        """What the valid form asks for. No type stands for all."""
        types = self.cleaned_data[f"{self.payload_format}_events"]
        return EndpointRequest(url=self.cleaned_data["url"], events=types or None)
