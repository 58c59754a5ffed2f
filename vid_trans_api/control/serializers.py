"""JSON of the control endpoints: requests are validated here, responses are written here."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.engines import JobUpdate
from vid_trans_api.http.documents import instant
from vid_trans_api.http.fields import (
    BooleanField,
    ChoiceField,
    NumberField,
    SeedField,
    StrictSerializer,
    StringField,
    WholeNumberField,
    parse_number,
    quote,
    refuse,
)
from vid_trans_api.http.options import FailureRequestSerializer, RulesField, SimulationSerializer
from vid_trans_api.models import Job, Workspace
from vid_trans_api.native.serializers import FailureSerializer
from vid_trans_api.operations.defaults import WebhookTimestamps
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import LONGEST_DURATION, Outcome, Silence
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.rate_limits import PATTERN, RateLimit
from vid_trans_api.snapshots import Status

LONGEST_ADVANCE: Final = 366 * 86_400.0  # seconds
MOST_REQUESTS_LEFT: Final = 1_000_000_000
_MOST_CONCURRENT_JOBS: Final = 1_000_000
_LARGEST_WALLET: Final = 1_000_000_000
_SPEEDS: Final = (0.001, 100_000.0)
NEXT: Final = "next"
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
"""A date and time in the format of RFC 3339."""


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": LONGEST_ADVANCE},
            {"type": "string", "enum": [NEXT]},
        ]
    }
)
class AdvanceField(serializers.Field[Any, Any, Any, Any]):
    """Seconds, or `next` for the next end of a job, which is returned as None."""

    def to_internal_value(self, data: Any) -> float | None:
        if data == NEXT:
            return None
        if isinstance(data, str):
            refuse(f'{quote(data)} is neither a number of seconds nor "{NEXT}".')
        return parse_number(data, 0, LONGEST_ADVANCE)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "boolean", "enum": [True]},
            {"type": "string", "format": "date-time", "example": "2026-01-01T00:00:00Z"},
        ]
    }
)
class FreezeField(serializers.Field[Any, Any, Any, Any]):
    """The time to freeze at, or `true` for now, which is returned as None."""

    def to_internal_value(self, data: Any) -> datetime | None:
        if data is True:
            return None
        try:
            moment = datetime.fromisoformat(_INSTANT.fullmatch(data)[0])  # type: ignore[index]
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            refuse(f"{quote(data)} is neither true nor a time such as 2026-01-01T00:00:00Z.")


@extend_schema_field({"type": "boolean", "enum": [True]})
class TrueField(BooleanField):
    """Only `true`."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True:
            refuse(f"{quote(data)} is not true, the only value accepted here.")
        return True


_CLOCK_CHANGES: Final = ("advance", "freeze", "resume", "speed")


@extend_schema_serializer(component_name="Clock")
class ClockRequestSerializer(StrictSerializer):
    """A change of a workspace's clock: exactly one of `advance`, `freeze`, `resume` and `speed`.

    `settle` goes with `advance` only.
    """

    bounds: ClassVar = {
        "minProperties": 1,
        "not": {
            "anyOf": [
                *({"required": [*pair]} for pair in combinations(_CLOCK_CHANGES, 2)),
                {"required": ["settle"], "not": {"required": ["advance"]}},
            ]
        },
    }

    advance = AdvanceField(
        required=False,
        help_text="Seconds, or `next`: to the next end of a job, or the next attempt to send a"
        " webhook.",
    )
    freeze = FreezeField(required=False, help_text="`true` for now, or a time.")
    resume = TrueField(required=False)
    speed = NumberField(
        lowest=_SPEEDS[0],
        highest=_SPEEDS[1],
        required=False,
        help_text="Simulated seconds per second of the server.",
    )
    settle = BooleanField(
        required=False,
        help_text="Respond once all webhooks that have fallen due have been tried.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.keys() & set(_CLOCK_CHANGES)) != 1:
            refuse(f"Give exactly one of {', '.join(_CLOCK_CHANGES)}.")
        if "settle" in attrs and "advance" not in attrs:
            raise serializers.ValidationError({"settle": "It can only be combined with advance."})
        return attrs


class ClockSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A workspace's clock."""

    now = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[(state.value, state.value) for state in ClockState])
    speed = serializers.FloatField(help_text="Simulated seconds per second; 0 if frozen.")
    waiting = serializers.IntegerField(
        required=False,
        help_text="How many ends and webhooks have fallen due and have not been tried; only with"
        " `settle`.",
    )


def clock_document(workspace: Workspace, real: datetime) -> dict[str, Any]:
    return {
        "now": instant(workspace.now(real)),
        "state": workspace.clock_state.value,
        "speed": workspace.speed,
    }


@extend_schema_serializer(component_name="Reset")
class ResetRequestSerializer(StrictSerializer):
    """The seed of the workspace after the reset; a random one if it is left out."""

    seed = SeedField(required=False)


class ResetSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The seed of the workspace after the reset."""

    seed = serializers.IntegerField()


_STUCK: Final = {"enum": [Outcome.STUCK.value]}
_NO_ERROR: Final = {"enum": [each.value for each in Outcome if each is not Outcome.ERROR]}


class JobUpdateSerializer(StrictSerializer):
    """An update of a pending job.

    `duration` and `finish` exclude each other and the outcome `stuck`; `error` goes with the
    outcome `error` only.
    """

    bounds: ClassVar = {
        "not": {
            "anyOf": [
                {"required": ["duration", "finish"]},
                {"required": ["duration", "outcome"], "properties": {"outcome": _STUCK}},
                {"required": ["finish", "outcome"], "properties": {"outcome": _STUCK}},
                {"required": ["error", "outcome"], "properties": {"outcome": _NO_ERROR}},
            ]
        }
    }

    outcome = ChoiceField(choices=[(each.value, each.value) for each in Outcome], required=False)
    error = FailureRequestSerializer(required=False, help_text="For the outcome error.")
    duration = NumberField(
        lowest=0,
        highest=LONGEST_DURATION,
        required=False,
        help_text="Seconds from the job's creation to its end.",
    )
    finish = ChoiceField(choices=[("now", "now")], required=False)

    def validate(self, attrs: dict[str, Any]) -> Any:
        """Refuse contradictions, of which a part would be ignored."""
        outcome = attrs.get("outcome")
        errors: dict[str, str] = {}
        if "duration" in attrs and ("finish" in attrs or outcome == Outcome.STUCK):
            errors["duration"] = "It cannot be combined with finish or with the outcome stuck."
        if "finish" in attrs and outcome == Outcome.STUCK:
            errors["finish"] = "It cannot be combined with the outcome stuck."
        if "error" in attrs and outcome not in {None, Outcome.ERROR}:
            errors["error"] = "It can only be combined with the outcome error."
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
    """A rate limit such as `5/10s`: five requests in any ten seconds."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return RateLimit.parse(super().to_internal_value(data))
        except ValueError:
            refuse(
                f"{quote(data)} is not a rate limit such as 5/10s or 100/m: at most 999 requests"
                " in at most 9999 seconds or 999 minutes."
            )


class DefaultsSerializer(SimulationSerializer):
    """Options for the jobs of a workspace that do not choose for themselves; null clears one."""

    seed = None  # type: ignore[assignment]  # all jobs would have the same
    faults = RulesField(
        of_workspace=True,
        required=False,
        help_text="Faults of all requests; the first rule that applies decides.",
    )
    rate_limit = RateLimitField(
        required=False, help_text="How many requests are admitted, such as 5/10s."
    )
    requests_left = WholeNumberField(
        lowest=0,
        highest=MOST_REQUESTS_LEFT,
        required=False,
        help_text="How many more requests are served; further ones are a 410.",
    )
    max_concurrent_jobs = WholeNumberField(
        lowest=0,
        highest=_MOST_CONCURRENT_JOBS,
        required=False,
        help_text="How many jobs run at once if they are created by HeyGen's API; 0 is any number."
        " The default is `HEYGEN_MAX_CONCURRENT_JOBS`.",
    )
    wallet = NumberField(
        lowest=0,
        highest=_LARGEST_WALLET,
        required=False,
        help_text="Dollars from which new jobs are paid. Without a wallet they cost nothing.",
    )
    webhook_timestamps = ChoiceField(
        choices=[(each.value, each.value) for each in WebhookTimestamps],
        required=False,
        help_text="The time in the signatures of webhooks. `real` is the default, and so shown as"
        " null.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = True
        return fields

    def to_internal_value(self, data: Any) -> Any:  # a dictionary, not SimulationOptions
        return StrictSerializer.to_internal_value(self, data)


def defaults_document(workspace: Workspace) -> dict[str, Any]:
    """Return a workspace's defaults as JSON, null if not set."""
    known: dict[str, Any] = {
        **(workspace.defaults or {}),
        "faults": workspace.faults and [rule.to_json() for rule in workspace.faults],
        "rate_limit": workspace.rate_limit and str(workspace.rate_limit),
        "requests_left": workspace.requests_left,
        "max_concurrent_jobs": workspace.max_concurrent_jobs,
        "wallet": None if workspace.wallet is None else float(workspace.wallet),
        "webhook_timestamps": WebhookTimestamps.WORKSPACE if workspace.signs_own_time else None,
    }
    return {str(name): known.get(str(name)) for name in DefaultsSerializer().fields}


class PlanSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A job's plan, as it is after its updates."""

    scenario = serializers.CharField(allow_null=True)
    seed = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=[(each.value, each.value) for each in Outcome])
    duration = serializers.FloatField(
        allow_null=True, help_text="Seconds that the estimates aim at; null if the job never ends."
    )
    queued = serializers.FloatField(
        help_text="The share of the duration that the job spends in the queue."
    )
    fails_at = serializers.FloatField(allow_null=True)
    error = FailureSerializer(allow_null=True)
    estimate = serializers.JSONField(help_text="In the form of the option `estimate`.")
    faults = serializers.ListField(child=serializers.JSONField())
    webhooks = serializers.ListField(child=serializers.JSONField())


class SimulatedJobSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The truth about a job, which other responses do not reveal."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    created_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null if it never ends.")
    plan = PlanSerializer(allow_null=True, help_text="Null if the job is not simulated.")


def simulated_job_document(job: Job, now: datetime) -> dict[str, Any]:
    plan: Plan | None = job.plan
    return {
        "id": job.public_id,
        "status": job.at(now).status.value,
        "created_at": instant(job.created_at),
        "ends_at": job.finishes_at and instant(job.finishes_at),
        "plan": plan and _plan_document(plan),
    }


def _plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "scenario": plan.scenario,
        "seed": plan.seed,
        "outcome": plan.outcome.value,
        "duration": plan.duration,
        "queued": plan.queued,
        "fails_at": plan.fails_at,
        "error": plan.failure and plan.failure.to_json(),
        "estimate": _estimate_document(plan),
        "faults": [_rule_document(rule) for rule in plan.faults],
        "webhooks": [rule.to_json() for rule in plan.webhooks],
    }


def _rule_document(rule: Rule) -> dict[str, Any]:
    """Return a rule as a request would write it, which has no key for `from_middle`."""
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


@extend_schema_serializer(component_name="ScenarioList")
class ScenariosSerializer(serializers.Serializer[Mapping[str, Any]]):
    """All scenarios."""

    results = ScenarioSerializer(many=True)
