"""The simulation option `webhooks`: how the delivery of the events about a job misbehaves."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from rest_framework import serializers

from vid_trans_api.http.fields import (
    ChoiceField,
    ListField,
    NumberField,
    StrictSerializer,
    WholeNumberField,
    parse_number,
)
from vid_trans_api.simulation.webhook_faults import (
    DEFAULT_SECONDS,
    LONGEST_SECONDS,
    MOST_DUPLICATES,
    WebhookFault,
    WebhookRule,
)

_FAULTS_WITH: Final = {"times": (WebhookFault.DUPLICATE,), "seconds": tuple(LONGEST_SECONDS)}
"""The faults that each parameter goes with."""


def _contradictory_rules() -> Iterator[dict[str, Any]]:
    """Yield JSON schemas of the rules whose keys do not go together."""
    for name, faults in _FAULTS_WITH.items():
        others = [fault.value for fault in WebhookFault if fault not in faults]
        yield {"required": [name], "properties": {"fault": {"enum": others}}}
    for fault, longest in LONGEST_SECONDS.items():
        too_long = {"minimum": longest, "exclusiveMinimum": True}
        properties = {"fault": {"enum": [fault.value]}, "seconds": too_long}
        yield {"required": ["seconds"], "properties": properties}


class WebhookRuleSerializer(StrictSerializer):
    """A fault of the events about a job.

    A key that does not go with the fault is refused with 400: `times` goes with `duplicate`,
    `seconds` with `late` and `slow`.
    """

    bounds: ClassVar = {"not": {"anyOf": list(_contradictory_rules())}}

    fault = ChoiceField(choices=[(each.value, each.value) for each in WebhookFault])
    times = WholeNumberField(
        lowest=1,
        highest=MOST_DUPLICATES,
        required=False,
        help_text="How many more times the event is sent, for `duplicate`.",
    )
    seconds = NumberField(
        lowest=0,
        highest=max(LONGEST_SECONDS.values()),
        required=False,
        help_text="By how much the event is `late`, or how long its body takes if it is `slow`: at"
        f" most {LONGEST_SECONDS[WebhookFault.SLOW]:g}.",
    )

    def to_internal_value(self, data: Any) -> WebhookRule:
        values = super().to_internal_value(data)
        fault = WebhookFault(values["fault"])
        for name, faults in _FAULTS_WITH.items():
            if name in values and fault not in faults:
                reason = f"The fault {fault} cannot have this, only {', '.join(faults)} can."
                raise serializers.ValidationError({name: reason})
        if "seconds" in values:
            try:
                parse_number(data["seconds"], 0, LONGEST_SECONDS[fault])
            except serializers.ValidationError as error:
                raise serializers.ValidationError({"seconds": error.detail}) from None
        return WebhookRule(
            fault=fault,
            times=values.get("times", 1),
            seconds=values.get("seconds", DEFAULT_SECONDS.get(fault, 0)),
        )


class WebhooksField(ListField):
    """A list of faults. If one is given twice, its last rule counts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=WebhookRuleSerializer(), max_length=len(WebhookFault), **options)

    def to_internal_value(self, data: Any) -> Any:  # a tuple, to be stored in values
        rules: list[WebhookRule] = super().to_internal_value(data)
        return tuple({rule.fault: rule for rule in rules}.values())
