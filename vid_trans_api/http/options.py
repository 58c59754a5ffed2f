"""Simulation options in requests: the `simulation` object, fault rules and magic URLs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.http.errors import flatten
from vid_trans_api.http.fields import (
    BetweenField,
    BooleanField,
    ChoiceField,
    DurationField,
    EstimateField,
    FaultField,
    NamedEstimateField,
    NumberField,
    PageStatusField,
    SeedField,
    StrictSerializer,
    StringField,
    WholeNumberField,
    hint,
    number_in,
    quote,
    refuse,
)
from vid_trans_api.http.webhook_options import WebhooksField
from vid_trans_api.simulation.faults import (
    ERROR_STATUSES,
    LONGEST_FAULT,
    Fault,
    Rule,
    can_apply,
    parameters_of,
)
from vid_trans_api.simulation.options import LONGEST_DURATION, Outcome, SimulationOptions
from vid_trans_api.simulation.scenarios import NAMES, SCENARIOS
from vid_trans_api.snapshots import Failure, Operation

MAGIC_HOST: Final = "sim.test"
MOST_RULES: Final = 20
_MOST_REQUESTS: Final = 1_000_000

FAULT_OPERATIONS: Final = tuple(
    each.value
    for each in Operation
    if each not in {Operation.DELETE, Operation.UPDATE, Operation.UPLOAD}
)
"""The operations that a rule can name; a rule on `any` also applies to deletions, updates and
uploads."""

_WITHOUT_AGE: Final = (Operation.CREATE, Operation.LIST)
"""Operations whose requests are about no existing job, or about no job in particular."""

_FAULT_PARAMETERS: Final = frozenset({"retry_after", "status", "seconds"})


@extend_schema_serializer(component_name="SimulatedFailure")
class FailureRequestSerializer(StrictSerializer):
    """Why a simulated job fails, if it does."""

    code = StringField(max_length=64)
    message = StringField(max_length=1000, default="This is a simulated failure.")
    retryable = BooleanField(default=False)

    def to_internal_value(self, data: Any) -> Failure:
        return Failure(**super().to_internal_value(data))


def _contradictory_rules() -> Iterator[dict[str, Any]]:
    """Yield JSON schemas of the rules whose keys do not go together."""
    integers = {"type": "integer"}
    for name in sorted(_FAULT_PARAMETERS):
        faults = [fault.value for fault in Fault if name not in parameters_of(fault)]
        others: dict[str, Any] = {"enum": faults}
        if name not in parameters_of(ERROR_STATUSES[0]):
            others = {"anyOf": [integers, others]}
        yield {"required": [name], "properties": {"fault": others}}
    without_age = [operation.value for operation in _WITHOUT_AGE]
    yield {"required": ["between"], "properties": {"on": {"enum": without_age}}}
    for name in FAULT_OPERATIONS:
        faults = [fault.value for fault in Fault if not can_apply(fault, Operation(name))]
        if faults:
            yield {"properties": {"on": {"enum": [name]}, "fault": {"enum": faults}}}


class FaultRuleSerializer(StrictSerializer):
    """A fault, and the requests that it happens to.

    A key that does not go with the fault or the operation is refused with 400: `retry_after` goes
    with status codes and `html`; `status` with `html`; `seconds` with `hang`, `slow` and `dribble`;
    `between` with neither `create` nor `list`. The fault `stale` happens to `status` and `list`,
    `unknown-status` to these, `create` and `cancel`.
    """

    bounds: ClassVar = {"not": {"anyOf": list(_contradictory_rules())}}

    on = ChoiceField(
        choices=[(name, name) for name in FAULT_OPERATIONS],
        help_text="The operation; `any` is all of them. `list` only in a workspace's defaults.",
    )
    fault = FaultField(help_text="An error status code, or the name of another fault.")
    times = WholeNumberField(
        lowest=1,
        highest=_MOST_REQUESTS,
        required=False,
        help_text="The fault happens at most this often.",
    )
    after = WholeNumberField(
        lowest=0,
        highest=_MOST_REQUESTS,
        required=False,
        help_text="The fault does not happen to the first matching requests, which are this many.",
    )
    every = WholeNumberField(
        lowest=1,
        highest=_MOST_REQUESTS,
        required=False,
        help_text="After these, the fault happens to every n-th matching request.",
    )
    between = BetweenField(
        required=False,
        help_text="[from, to]: the fault happens while the job's age in seconds is in this"
        " interval. Null is the job's creation, or no end.",
    )
    probability = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The probability that the fault happens if everything else fits.",
    )
    retry_after = WholeNumberField(
        lowest=0,
        highest=int(LONGEST_DURATION),
        required=False,
        help_text="The Retry-After header in seconds, for status codes and `html`.",
    )
    status = PageStatusField(required=False, help_text="The status code, for `html`.")
    seconds = NumberField(
        lowest=0,
        highest=LONGEST_FAULT,
        required=False,
        help_text="How long the fault takes, for `hang`, `slow` and `dribble`.",
    )

    def __init__(self, *, of_workspace: bool = False, **options: Any) -> None:
        self.of_workspace = of_workspace
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Rule:
        values = super().to_internal_value(data)
        rule = Rule(**{**values, "on": Operation(values["on"])})
        if errors := dict(self._contradictions(rule, given=set(values))):
            raise serializers.ValidationError(errors)
        return rule

    def _contradictions(self, rule: Rule, *, given: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the keys that do not go with the rest of the rule, each with an error message."""
        possible = [
            name
            for name in FAULT_OPERATIONS
            if can_apply(rule.fault, Operation(name))
            and (self.of_workspace or name != Operation.LIST)
        ]
        if rule.on not in possible:
            reason = (
                "A list is about no single job, so this rule belongs in the workspace's defaults"
                if rule.on is Operation.LIST and not self.of_workspace
                else f"The fault {rule.fault} cannot happen to {rule.on}"
            )
            yield "on", f"{reason}; choose from {', '.join(possible)}."
        if "between" in given and rule.on in _WITHOUT_AGE:
            yield "between", f"A rule on {rule.on} cannot have this: there is no job with an age."
        for name in sorted(given & _FAULT_PARAMETERS - set(parameters_of(rule.fault))):
            faults = [fault.value for fault in Fault if name in parameters_of(fault)]
            if name in parameters_of(ERROR_STATUSES[0]):
                faults = ["status codes", *faults]
            yield name, f"The fault {rule.fault} cannot have this, only {', '.join(faults)} can."


class RulesField(serializers.Field[Any, Any, Any, Any]):
    """A list of rules; the first one that applies decides the fault of a request."""

    def __init__(self, *, of_workspace: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.of_workspace = of_workspace
        self.rule = FaultRuleSerializer(of_workspace=of_workspace)

    def to_internal_value(self, data: Any) -> tuple[Rule, ...]:
        if not isinstance(data, list):
            refuse(f"{quote(data)} is not a list of rules.")
        if len(data) > MOST_RULES:
            refuse(f"{len(data)} rules are too many; give at most {MOST_RULES}.")
        rules: list[Rule] = []
        errors: dict[str, Any] = {}
        for position, document in enumerate(data):
            try:
                rules.append(self.rule.run_validation(document))
            except serializers.ValidationError as error:
                errors[str(position)] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return tuple(rules)


class SimulationSerializer(StrictSerializer):
    """How a simulated job goes; what is left out is drawn."""

    scenario = ChoiceField(
        choices=[(each.name, each.description) for each in SCENARIOS],
        required=False,
        help_text="A named set of options. The options given with it take precedence.",
    )
    duration = DurationField(
        required=False, help_text="Seconds; drawn uniformly if [lowest, highest]."
    )
    queued = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The share of the duration that the job spends in the queue.",
    )
    outcome = ChoiceField(choices=[(each.value, each.value) for each in Outcome], required=False)
    error_probability = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The probability that the job fails if there is no `outcome`.",
    )
    error = FailureRequestSerializer(required=False)
    fails_at = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The share of the duration after which the job fails, if it does.",
    )
    estimate = EstimateField(
        required=False,
        help_text="How far estimates are off: a name, or the standard deviation (noise) and factor"
        " (bias) of the first estimate's error, and how estimates develop (profile).",
    )
    faults = RulesField(
        required=False,
        help_text="Faults of requests about the job; the first rule that applies decides.",
    )
    webhooks = WebhooksField(
        required=False, help_text="How the delivery of the events about the job misbehaves."
    )
    seed = SeedField(
        required=False, help_text="The same options with the same seed give the same plan."
    )

    def to_internal_value(self, data: Any) -> SimulationOptions:
        options = super().to_internal_value(data)
        if "outcome" in options:
            options["outcome"] = Outcome(options["outcome"])
        if "error" in options:
            options["failure"] = options.pop("error")
        return SimulationOptions(**options)


def parse_options(document: dict[str, Any]) -> SimulationOptions:
    """Read simulation options that are stored as a request gave them."""
    options: SimulationOptions = SimulationSerializer().run_validation(document)
    return options


class MagicQuerySerializer(SimulationSerializer):
    """The query of a magic URL."""

    noun = "query key"

    scenario = None  # type: ignore[assignment]  # it is the URL's path
    error = None  # type: ignore[assignment]
    faults = None  # type: ignore[assignment]
    estimate = NamedEstimateField(required=False)


def options_from_url(url: str) -> SimulationOptions | None:
    """Return the options of a magic URL, or None for any other URL.

    Raises ValidationError if the URL is magic, but its path or query is unknown.
    """
    parts = urlsplit(url)
    if parts.hostname != MAGIC_HOST:
        return None
    path = unquote(parts.path)
    name = path.removeprefix("/").removesuffix(".mp4")
    if name not in NAMES or path != f"/{name}.mp4":
        refuse(
            f"{quote(path)} is not /NAME.mp4 with the name of a scenario;"
            f" {hint(name, [*NAMES], template='/{}.mp4')}"
        )
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = {key: _READERS.get(key, str)(text) for key, text in pairs}
    if len(query) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        refuse(f"{repeated}: It is given more than once.")
    try:
        options: SimulationOptions = MagicQuerySerializer().run_validation(query)
    except serializers.ValidationError as error:
        raise serializers.ValidationError(
            [f"{each['field']}: {each['detail']}" for each in flatten(error.detail)]
        ) from None
    return replace(options, scenario=name)


def _read_duration(text: str) -> Any:
    bounds = text.split(",")
    return number_in(text) if len(bounds) == 1 else [number_in(bound) for bound in bounds]


def _read_webhooks(text: str) -> Any:
    return [{"fault": name} for name in text.split(",")]


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "duration": _read_duration,
    "queued": number_in,
    "error_probability": number_in,
    "fails_at": number_in,
    "seed": number_in,
    "webhooks": _read_webhooks,
}
