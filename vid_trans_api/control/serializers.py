"""What the control surface of the simulation takes and answers: every name that it uses."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vid_trans_api.engines import JobUpdate
from vid_trans_api.http.fields import (
    BooleanField,
    NumberField,
    SeedField,
    StrictSerializer,
    StringField,
    WordField,
    number,
    quote,
    refuse,
)
from vid_trans_api.http.options import FailureRequestSerializer, RulesField, SimulationSerializer
from vid_trans_api.models import Job, Workspace
from vid_trans_api.native.documents import instant
from vid_trans_api.native.serializers import FailureSerializer
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import LONGEST_DURATION, Outcome, Silence
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.rate_limits import PATTERN, RateLimit
from vid_trans_api.snapshots import Status

LONGEST_ADVANCE: Final = 366 * 86_400.0  # seconds
_SPEEDS: Final = (0.001, 100_000.0)
NEXT: Final = "next"
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
"""An instant of RFC 3339."""


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": LONGEST_ADVANCE},
            {"type": "string", "enum": [NEXT]},
        ]
    }
)
class AdvanceField(serializers.Field[Any, Any, Any, Any]):
    """Seconds, or `next` (given back as None): to the next end of a job."""

    def to_internal_value(self, data: Any) -> float | None:
        if data == NEXT:
            return None
        if isinstance(data, str):
            refuse(f'{quote(data)} is neither a number of seconds nor "{NEXT}".')
        return number(data, 0, LONGEST_ADVANCE)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "boolean", "enum": [True]},
            {"type": "string", "format": "date-time", "example": "2026-01-01T00:00:00Z"},
        ]
    }
)
class FreezeField(serializers.Field[Any, Any, Any, Any]):
    """`true` (given back as None), or the instant to freeze at."""

    def to_internal_value(self, data: Any) -> datetime | None:
        if data is True:
            return None
        try:
            moment = datetime.fromisoformat(_INSTANT.fullmatch(data)[0])  # type: ignore[index]
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            refuse(f"{quote(data)} is neither true nor an instant such as 2026-01-01T00:00:00Z.")


@extend_schema_field({"type": "boolean", "enum": [True]})
class TrueField(BooleanField):
    """Only `true`."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True:
            refuse(f"{quote(data)} is not true, the only thing to say here.")
        return True


class ClockRequestSerializer(StrictSerializer):
    """What is to become of a workspace's time: exactly one of these."""

    bounds: ClassVar = {"minProperties": 1, "maxProperties": 1}

    advance = AdvanceField(required=False, help_text="Seconds, or to the next end of a job.")
    freeze = FreezeField(required=False, help_text="Now, or at an instant.")
    resume = TrueField(required=False)
    speed = NumberField(
        lowest=_SPEEDS[0],
        highest=_SPEEDS[1],
        required=False,
        help_text="Its seconds for each of the server's.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            refuse(f"Say exactly one of {', '.join(self.fields)}.")
        return attrs


class ClockSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A workspace's time."""

    now = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[(state.value, state.value) for state in ClockState])
    speed = serializers.FloatField(help_text="Its seconds for each of the server's; 0 is frozen.")


def clock_document(workspace: Workspace, real: datetime) -> dict[str, Any]:
    return {
        "now": instant(workspace.now(real)),
        "state": workspace.clock_state.value,
        "speed": workspace.speed,
    }


class ResetRequestSerializer(StrictSerializer):
    """The seed that an emptied workspace begins with; one is drawn where it is left out."""

    seed = SeedField(required=False)


class ResetSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The seed of the emptied workspace."""

    seed = serializers.IntegerField()


class JobUpdateSerializer(StrictSerializer):
    """How a pending job is to go on."""

    outcome = WordField(choices=[(word.value, word.value) for word in Outcome], required=False)
    error = FailureRequestSerializer(required=False, help_text="For the outcome error.")
    duration = NumberField(
        lowest=0,
        highest=LONGEST_DURATION,
        required=False,
        help_text="Seconds from its creation to its end.",
    )
    finish = WordField(choices=[("now", "now")], required=False)

    def validate(self, attrs: dict[str, Any]) -> Any:
        """Refuse what contradicts itself: a part of it would be ignored."""
        outcome = attrs.get("outcome")
        contradictions = {
            "duration": "finish" in attrs or outcome == Outcome.STUCK,
            "finish": outcome == Outcome.STUCK,
            "error": outcome not in {None, Outcome.ERROR},
        }
        errors = {
            name: "It does not go together with the rest."
            for name, contradicts in contradictions.items()
            if name in attrs and contradicts
        }
        if errors:
            raise serializers.ValidationError(errors)
        return JobUpdate(
            outcome=None if outcome is None else Outcome(outcome),
            failure=attrs.get("error"),
            duration=attrs.get("duration"),
            is_finished="finish" in attrs,
        )


@extend_schema_field({"type": "string", "pattern": f"^{PATTERN}$"})
class RateLimitField(StringField):
    """`5/10s`: so many requests in any so many seconds, minutes or hours."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return RateLimit.parse(super().to_internal_value(data))
        except ValueError:
            refuse(
                f"{quote(data)} is no rate limit such as 5/10s or 100/m: up to 999 requests in up"
                " to 9999 seconds or 999 minutes."
            )


class DefaultsSerializer(SimulationSerializer):
    """What a workspace's jobs go by where they say nothing else; null clears what was set."""

    seed = None  # type: ignore[assignment]  # a workspace has one, by which its jobs differ
    faults = RulesField(
        of_workspace=True, required=False, help_text="Rules that every request is held to."
    )
    rate_limit = RateLimitField(required=False, help_text="How many requests are admitted.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = True
        return fields

    def to_internal_value(self, data: Any) -> Any:  # as they came, by their names
        return StrictSerializer.to_internal_value(self, data)


def defaults_document(workspace: Workspace) -> dict[str, Any]:
    """Write a workspace's defaults, null where nothing is set."""
    known: dict[str, Any] = {
        **(workspace.defaults or {}),
        "faults": workspace.faults and [rule.to_json() for rule in workspace.faults],
        "rate_limit": workspace.rate_limit and str(workspace.rate_limit),
    }
    return {str(name): known.get(str(name)) for name in DefaultsSerializer().fields}


class PlanSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What a job was dealt, and how it has been steered since."""

    scenario = serializers.CharField(allow_null=True)
    seed = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=[(word.value, word.value) for word in Outcome])
    duration = serializers.FloatField(
        allow_null=True, help_text="Seconds that its estimates aim at; null where it never ends."
    )
    queued = serializers.FloatField(
        help_text="The share of the duration that the job spends in the queue."
    )
    fails_at = serializers.FloatField(allow_null=True)
    error = FailureSerializer(allow_null=True)
    estimate = serializers.JSONField(help_text="As a request says it.")
    faults = serializers.ListField(child=serializers.JSONField())


class SimulatedJobSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The truth about a simulated job, which no answer to its clients gives away."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    created_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null where it never ends.")
    plan = PlanSerializer()


def simulated_job_document(job: Job, now: datetime) -> dict[str, Any]:
    plan: Plan = job.plan
    return {
        "id": job.public_id,
        "status": job.at(now).status.value,
        "created_at": instant(job.created_at),
        "ends_at": job.finishes_at and instant(job.finishes_at),
        "plan": {
            "scenario": plan.scenario,
            "seed": plan.seed,
            "outcome": plan.outcome.value,
            "duration": plan.duration,
            "queued": plan.queued,
            "fails_at": plan.fails_at,
            "error": plan.failure and plan.failure.to_json(),
            "estimate": _estimate_document(plan),
            "faults": [_rule_document(rule) for rule in plan.faults],
        },
    }


def _rule_document(rule: Rule) -> dict[str, Any]:
    """Write a rule as requests do: they have no word for what follows from a job's duration."""
    return replace(rule, from_middle=False).to_json()


def _estimate_document(plan: Plan) -> Any:
    estimate_model = plan.estimate_model
    if estimate_model is None:
        return Silence.SILENT if plan.is_silent else Silence.NONE
    return {
        "noise": estimate_model.noise,
        "bias": estimate_model.bias,
        "profile": estimate_model.profile.value,
    }


class ScenarioSerializer(serializers.Serializer[Mapping[str, Any]]):
    name = serializers.CharField()
    description = serializers.CharField()


class ScenariosSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The names for plans that there are."""

    results = ScenarioSerializer(many=True)
