"""How a job is to go, as requests say it: `simulation`, its rules, and URLs that stand for one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from drf_spectacular.drainage import set_override
from rest_framework import serializers

from vid_trans_api.http.errors import flatten
from vid_trans_api.http.fields import (
    BETWEEN,
    PAGE_STATUSES,
    BetweenField,
    BooleanField,
    DurationField,
    EstimateField,
    EstimateWordField,
    FaultField,
    NumberField,
    PageStatusField,
    SeedField,
    StrictSerializer,
    StringField,
    WholeNumberField,
    WordField,
    hint,
    number_in,
    quote,
    refuse,
)
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
_MOST_CALLS: Final = 1_000_000

_ON: Final = tuple(word.value for word in Operation if word is not Operation.DELETE)


class FailureRequestSerializer(StrictSerializer):
    """Why a simulated job fails, if it does."""

    code = StringField(max_length=64)
    message = StringField(max_length=1000, default="The job failed, as it was asked to.")
    retryable = BooleanField(default=False)

    def to_internal_value(self, data: Any) -> Failure:
        return Failure(**super().to_internal_value(data))


class RuleSerializer(StrictSerializer):
    """When which fault happens."""

    on = WordField(choices=[(word, word) for word in _ON])
    fault = FaultField()
    times = WholeNumberField(lowest=1, highest=_MOST_CALLS, required=False)
    after = WholeNumberField(lowest=0, highest=_MOST_CALLS, required=False)
    every = WholeNumberField(lowest=1, highest=_MOST_CALLS, required=False)
    between = BetweenField(required=False)
    probability = NumberField(lowest=0, highest=1, required=False)
    retry_after = WholeNumberField(lowest=0, highest=int(LONGEST_DURATION), required=False)
    status = PageStatusField(required=False)
    seconds = NumberField(lowest=0, highest=LONGEST_FAULT, required=False)

    def __init__(self, *, of_workspace: bool, **options: Any) -> None:
        self.of_workspace = of_workspace
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Rule:
        wanted = super().to_internal_value(data)
        rule = Rule(**{**wanted, "on": Operation(wanted["on"])})
        if errors := dict(self._out_of_place(rule, given=set(wanted))):
            raise serializers.ValidationError(errors)
        return rule

    def _out_of_place(self, rule: Rule, *, given: set[str]) -> Iterator[tuple[str, str]]:
        """Give what means nothing in this rule, with what would mean something."""
        known = _operations(rule.fault, of_workspace=self.of_workspace)
        if rule.on not in known:
            reason = (
                "A list is no single job's, so a rule about lists belongs in its workspace's faults"
                if rule.on is Operation.LIST and not self.of_workspace
                else f"The fault {rule.fault} cannot happen to {rule.on}"
            )
            yield "on", f"{reason}; there are {', '.join(known)}."
        if "between" in given and rule.on in _AGELESS:
            yield "between", f"There is no age to go by where the rule is on {rule.on}."
        for name in sorted(given & _DETAILS - set(parameters_of(rule.fault))):
            faults = [word.value for word in Fault if name in parameters_of(word)]
            if name in parameters_of(ERROR_STATUSES[0]):
                faults = ["status codes", *faults]
            yield name, f"The fault {rule.fault} has none; it goes with {', '.join(faults)}."


_AGELESS: Final = (Operation.CREATE, Operation.LIST)
"""Where there is no job yet, or none in particular."""

_DETAILS: Final = frozenset({"retry_after", "status", "seconds"})


def _operations(fault: int | Fault, *, of_workspace: bool) -> list[str]:
    """Return the words for what such a fault may happen to."""
    return [
        word
        for word in _ON
        if can_apply(fault, Operation(word)) and (of_workspace or word != Operation.LIST)
    ]


@cache
def _schema_of_rules(*, of_workspace: bool) -> dict[str, Any]:
    """Describe rules for OpenAPI: a variant for the faults of which the same can be said."""
    code = {"type": "integer", "minimum": ERROR_STATUSES[0], "maximum": ERROR_STATUSES[1]}
    variants = _variants(code, ERROR_STATUSES[0], of_workspace=of_workspace)
    alike: dict[tuple[tuple[str, ...], ...], list[Fault]] = {}
    for word in Fault:
        kind = parameters_of(word), tuple(_operations(word, of_workspace=of_workspace))
        alike.setdefault(kind, []).append(word)
    for words in alike.values():
        described = {"type": "string", "enum": [word.value for word in words]}
        variants += _variants(described, words[0], of_workspace=of_workspace)
    return {"type": "array", "maxItems": MOST_RULES, "items": {"oneOf": variants}}


def _variants(
    described: dict[str, Any], fault: int | Fault, *, of_workspace: bool
) -> list[dict[str, Any]]:
    """Describe the rules for faults like that one; some are on what has no age to go by."""
    operations = _operations(fault, of_workspace=of_workspace)
    details = parameters_of(fault)
    ageless = [word for word in operations if word in _AGELESS]
    of_jobs = [word for word in operations if word not in ageless]
    variants = [_variant(described, on=of_jobs, also={"between", *details})]
    if ageless:
        variants.append(_variant(described, on=ageless, also=set(details)))
    return variants


def _variant(fault: dict[str, Any], *, on: list[str], also: set[str]) -> dict[str, Any]:
    described = {
        name: _described(field)
        for name, field in RuleSerializer(of_workspace=True).fields.items()
        if name in {"times", "after", "every", "probability"} | also
    }
    return {
        "type": "object",
        "properties": {"on": {"type": "string", "enum": on}, "fault": fault, **described},
        "required": ["on", "fault"],
        "additionalProperties": False,
    }


def _described(field: Any) -> dict[str, Any]:
    match field:
        case BetweenField():
            return BETWEEN
        case PageStatusField():
            return {"type": "integer", "enum": list(PAGE_STATUSES)}
    kind = "integer" if isinstance(field, WholeNumberField) else "number"
    return {"type": kind, "minimum": field.min_value, "maximum": field.max_value}


class RulesField(serializers.Field[Any, Any, Any, Any]):
    """Rules, of which the first that strikes acts; only a workspace's may be about lists."""

    def __init__(self, *, of_workspace: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.rule = RuleSerializer(of_workspace=of_workspace)
        set_override(self, "field", _schema_of_rules(of_workspace=of_workspace))

    def to_internal_value(self, data: Any) -> tuple[Rule, ...]:
        if not isinstance(data, list):
            refuse(f"{quote(data)} is not a list of rules.")
        if len(data) > MOST_RULES:
            refuse(f"These are {len(data)} rules; give {MOST_RULES} at most.")
        rules: list[Rule] = []
        errors: dict[str, Any] = {}
        for place, document in enumerate(data):
            try:
                rules.append(self.rule.run_validation(document))
            except serializers.ValidationError as error:
                errors[str(place)] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return tuple(rules)


class SimulationSerializer(StrictSerializer):
    """How a simulated job is to go; what is left out is drawn."""

    scenario = WordField(
        choices=[(each.name, each.description) for each in SCENARIOS],
        required=False,
        help_text="A name for all of this; whatever is said beside it counts before it.",
    )
    duration = DurationField(required=False, help_text="Seconds, or [lowest, highest].")
    queued = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The share of the duration that the job spends in the queue.",
    )
    outcome = WordField(choices=[(word.value, word.value) for word in Outcome], required=False)
    error_probability = NumberField(lowest=0, highest=1, required=False)
    error = FailureRequestSerializer(required=False)
    fails_at = NumberField(
        lowest=0,
        highest=1,
        required=False,
        help_text="The share of the duration after which it fails, if it does.",
    )
    estimate = EstimateField(
        required=False, help_text="How well the estimates hold, noise being a standard deviation."
    )
    faults = RulesField(
        required=False, help_text="What goes wrong with answers; the first rule that strikes acts."
    )
    seed = SeedField(required=False, help_text="The same request and seed get the same plan.")

    def to_internal_value(self, data: Any) -> SimulationOptions:
        wanted = super().to_internal_value(data)
        if "outcome" in wanted:
            wanted["outcome"] = Outcome(wanted["outcome"])
        if "error" in wanted:
            wanted["failure"] = wanted.pop("error")
        return SimulationOptions(**wanted)


def parse_options(document: dict[str, Any]) -> SimulationOptions:
    """Read simulation options that are stored as a request gave them."""
    options: SimulationOptions = SimulationSerializer().run_validation(document)
    return options


class MagicQuerySerializer(SimulationSerializer):
    """What a magic URL's query may say."""

    noun = "query key"

    scenario = None  # type: ignore[assignment]  # the path says it
    error = None  # type: ignore[assignment]
    faults = None  # type: ignore[assignment]
    estimate = EstimateWordField(required=False)


def options_from_url(url: str) -> SimulationOptions | None:
    """Return what a magic URL wants of its job; None where it is an ordinary URL.

    Raises ValidationError where it is magic and says something unknown.
    """
    parts = urlsplit(url)
    if parts.hostname != MAGIC_HOST:
        return None
    path = unquote(parts.path)
    name = path.removeprefix("/").removesuffix(".mp4")
    if name not in NAMES or path != f"/{name}.mp4":
        refuse(
            f"{quote(path)} is not /NAME.mp4, NAME being that of a scenario;"
            f" {hint(name, [*NAMES], shown='/{}.mp4')}"
        )
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = {key: _READERS.get(key, str)(text) for key, text in given}
    if len(query) < len(given):
        keys = [key for key, _ in given]
        double = next(key for key in keys if keys.count(key) > 1)
        refuse(f"{double}: It is given more than once.")
    try:
        wanted: SimulationOptions = MagicQuerySerializer().run_validation(query)
    except serializers.ValidationError as error:
        raise serializers.ValidationError(
            [f"{each['field']}: {each['detail']}" for each in flatten(error.detail)]
        ) from None
    return replace(wanted, scenario=name)


def _duration_in(text: str) -> Any:
    ends = text.split(",")
    return number_in(text) if len(ends) == 1 else [number_in(end) for end in ends]


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "duration": _duration_in,
    "error_probability": number_in,
    "fails_at": number_in,
    "queued": number_in,
    "seed": number_in,
}
