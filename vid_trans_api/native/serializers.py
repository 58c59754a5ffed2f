"""What requests and responses of this API look like; OpenAPI is made from these."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.file_types import UPLOADED
from vid_trans_api.http.fields import StrictSerializer
from vid_trans_api.http.job_fields import JobFieldsSerializer
from vid_trans_api.models import JobDetails, PayloadFormat
from vid_trans_api.operations import JobRequest
from vid_trans_api.snapshots import Failure, Status


@extend_schema_serializer(component_name="Job")
class JobRequestSerializer(JobFieldsSerializer):
    """A job to create; every field is optional."""

    def to_internal_value(self, data: Any) -> JobRequest:
        fields = super().to_internal_value(data)
        details = None
        if callback_url := fields.pop("callback_url", ""):
            details = JobDetails(callback_url=callback_url, callback_format=PayloadFormat.STANDARD)
        return JobRequest(details=details, **fields)


class NothingSerializer(StrictSerializer):
    """An empty body."""


class FailureSerializer(serializers.Serializer[Failure]):
    """Why a job ended in error."""

    code = serializers.CharField()
    message = serializers.CharField()
    retryable = serializers.BooleanField(
        help_text="Whether another job for the same video may succeed."
    )


class JobSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A job as it is at one instant, as `job_document` writes it."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.FloatField(
        allow_null=True, min_value=0, max_value=1, help_text="Null if it is unknown."
    )
    estimated_time_remaining = serializers.FloatField(
        allow_null=True,
        help_text="Seconds: the median estimate. Null if unknown, and after the end.",
    )
    estimated_time_remaining_range = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        min_length=2,
        max_length=2,
        help_text="Seconds: the 10 % and 90 % points of the estimate.",
    )
    title = serializers.CharField(allow_blank=True)
    video_url = serializers.CharField(allow_null=True)
    target_language = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended.")
    result_url = serializers.URLField(allow_null=True)
    error = FailureSerializer(allow_null=True)


@extend_schema_serializer(component_name="JobPage")
class PageSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A page of jobs, or the jobs with the requested ids."""

    results = JobSerializer(many=True)
    next = serializers.URLField(
        allow_null=True, required=False, help_text="The next page; absent if ids were requested."
    )
    not_found = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The requested ids that belong to no job.",
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


@extend_schema_serializer(component_name="Upload")
class UploadSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A form with one file."""

    file = serializers.FileField(help_text="What it is, its bytes say; its name does not count.")


class AssetSerializer(serializers.Serializer[Mapping[str, Any]]):
    """An uploaded file, as `asset_document` writes it."""

    id = serializers.CharField()
    url = serializers.URLField(
        help_text="Where it can be downloaded without a key, until the URL expires; also the"
        " `video_url` of a job."
    )
    mime_type = serializers.ChoiceField(choices=[(each, each) for each in UPLOADED])
    size = serializers.IntegerField(help_text="Bytes.")
    duration = serializers.FloatField(
        allow_null=True, help_text="Seconds of video or sound; null for other files."
    )
    created_at = serializers.DateTimeField()


class HealthSerializer(serializers.Serializer[Mapping[str, str]]):
    """The server works."""

    status = serializers.ChoiceField(choices=[("ok", "ok")])
    version = serializers.CharField()
