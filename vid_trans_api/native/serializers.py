"""What requests and answers look like on the wire: every name that they use stands here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from rest_framework import serializers

from vid_trans_api.http.fields import (
    LONGEST_URL,
    StrictSerializer,
    StringField,
    VideoUrlField,
    WordField,
)
from vid_trans_api.http.options import SimulationSerializer, options_from_url
from vid_trans_api.languages import DEFAULT_LANGUAGE, LANGUAGES
from vid_trans_api.models import Job, Workspace
from vid_trans_api.simulation.plans import SimulationOptions
from vid_trans_api.snapshots import Failure, Snapshot, Status

LONGEST_TITLE: Final = 200
_ESTIMATE_DIGITS: Final = 3  # milliseconds
_PROGRESS_DIGITS: Final = 4


class JobRequestSerializer(StrictSerializer):
    """A job to start; every field is optional."""

    video_url = VideoUrlField(required=False, max_length=LONGEST_URL)
    title = StringField(required=False, max_length=LONGEST_TITLE, allow_blank=True)
    target_language = WordField(
        choices=[(name, name) for name in LANGUAGES], default=DEFAULT_LANGUAGE
    )
    simulation = SimulationSerializer(required=False)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if not settings.SIMULATION:
            del fields["simulation"]
        return fields

    def validate_video_url(self, url: str) -> str:
        if settings.SIMULATION:
            options_from_url(url)
        return url

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Read the job; `simulation` is what it wants, by who says it, the highest level first."""
        wanted = super().to_internal_value(data)
        levels = {"simulation": wanted.get("simulation")}
        if settings.SIMULATION and "video_url" in wanted:
            levels["video_url"] = options_from_url(wanted["video_url"])
        return {**wanted, "simulation": {name: level for name, level in levels.items() if level}}


def default_levels(workspace: Workspace) -> dict[str, SimulationOptions]:
    """Return what a workspace wants of its jobs, in its own words, as the last of the levels."""
    if not (workspace.defaults and settings.SIMULATION):
        return {}
    wanted = SimulationSerializer(data=workspace.defaults)
    wanted.is_valid(raise_exception=True)
    return {"defaults": wanted.validated_data}


class NothingSerializer(StrictSerializer):
    """A body that has nothing to say."""


class FailureSerializer(serializers.Serializer[Failure]):
    """Why a job ended in error."""

    code = serializers.CharField()
    message = serializers.CharField()
    retryable = serializers.BooleanField(help_text="Whether starting it again may help.")


class JobSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A job as it is at one instant, as `job_document` writes it."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.FloatField(
        allow_null=True, min_value=0, max_value=1, help_text="Null where it is unknown."
    )
    estimated_time_remaining = serializers.FloatField(
        allow_null=True, help_text="Seconds: the median guess. Null when unknown, and at the end."
    )
    estimated_time_remaining_range = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        min_length=2,
        max_length=2,
        help_text="Seconds: the 10 % and 90 % points of the guess.",
    )
    title = serializers.CharField(allow_blank=True)
    video_url = serializers.CharField(allow_null=True)
    target_language = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(
        allow_null=True, help_text="The instant it ended, not when somebody noticed."
    )
    result_url = serializers.URLField(allow_null=True)
    error = FailureSerializer(allow_null=True)


class PageSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A page of jobs, or those asked for by their ids."""

    results = JobSerializer(many=True)
    next = serializers.URLField(
        allow_null=True, required=False, help_text="The next page; absent where ids were asked for."
    )
    not_found = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of the ids asked for, those that are no job's.",
    )


class ProblemErrorSerializer(serializers.Serializer[Mapping[str, str]]):
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a wire name


class HealthSerializer(serializers.Serializer[Mapping[str, str]]):
    """The server is well."""

    status = serializers.ChoiceField(choices=[("ok", "ok")])
    version = serializers.CharField()


def job_document(job: Job, snapshot: Snapshot, *, result_url: str | None) -> dict[str, Any]:
    """Write a job and its snapshot as JSON.

    By hand: a loop over declared fields takes several times as long, and a job's status is what is
    asked for all the time. A test holds it to the declaration.
    """
    estimate, failure = snapshot.estimate, snapshot.failure
    return {
        "id": job.public_id,
        "status": snapshot.status.value,
        "progress": _share(snapshot.progress),
        "estimated_time_remaining": estimate and _seconds(estimate.remaining),
        "estimated_time_remaining_range": estimate
        and [_seconds(estimate.low), _seconds(estimate.high)],
        "title": job.title,
        "video_url": job.video_url or None,
        "target_language": job.target_language,
        "created_at": instant(job.created_at),
        "finished_at": snapshot.finished_at and instant(snapshot.finished_at),
        "result_url": result_url,
        "error": failure and failure.to_json(),
    }


def instant(moment: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(seconds: float) -> float:
    return round(seconds, _ESTIMATE_DIGITS)


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, _PROGRESS_DIGITS)
