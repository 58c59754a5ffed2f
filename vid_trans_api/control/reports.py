"""Reports as JSON: what is known about a workspace's client, and about the client of one job."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.control.serializers import (
    ClockSerializer,
    SimulatedJobSerializer,
    clock_document,
    simulated_job_document,
)
from vid_trans_api.http.authentication import refusals
from vid_trans_api.http.documents import instant
from vid_trans_api.http.opaque import hide
from vid_trans_api.journal.notes import MOST_NOTES, Note
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.reported import reported_about
from vid_trans_api.journal.reports import (
    MOST_JOBS,
    MOST_REQUESTS,
    Report,
    report_on_job,
    report_on_workspace,
)
from vid_trans_api.journal.verdicts import Poll
from vid_trans_api.journal.violations import Violation, ViolationKind
from vid_trans_api.models import Job, LoggedRequest, Workspace
from vid_trans_api.snapshots import Operation

_DIGITS: Final = 3  # milliseconds


@extend_schema_serializer(component_name="ReportedJob")
class ReportedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What a response reported about a job, if the client could read it."""

    id = serializers.CharField()
    status = serializers.CharField(
        help_text='"unknown" for a status that the API does not have, which a fault simulated.'
    )
    estimated_time_remaining = serializers.FloatField(allow_null=True)


class LoggedRequestSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A request and its response."""

    number = serializers.IntegerField(help_text="Polls and violations refer to it.")
    received_at = serializers.DateTimeField()
    responded_at = serializers.DateTimeField()
    operation = serializers.ChoiceField(
        choices=[(word.value, word.value) for word in Operation if word is not Operation.ANY]
    )
    jobs = serializers.ListField(
        child=serializers.CharField(), help_text="The jobs that the request is about."
    )
    status = serializers.IntegerField(
        allow_null=True, help_text="The response's status code; null if there was no response."
    )
    retry_after = serializers.IntegerField(allow_null=True)
    reported = ReportedSerializer(many=True)
    fault = serializers.CharField(allow_null=True, help_text="The simulated faults that applied.")
    delivered = serializers.BooleanField(help_text="Whether the client could read the response.")
    wait = serializers.IntegerField(
        allow_null=True, help_text="The seconds in the request's `Prefer: wait`."
    )
    waited = serializers.FloatField(
        allow_null=True, help_text="For how many real seconds a long poll waited."
    )
    user_agent = serializers.CharField(allow_blank=True)


class PollSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A status request, and how late its response was."""

    number = serializers.IntegerField(help_text="The number of the request.")
    received_at = serializers.DateTimeField()
    responded_at = serializers.DateTimeField()
    waited = serializers.FloatField(
        allow_null=True, help_text="For how many real seconds a long poll waited."
    )
    status = serializers.IntegerField(
        allow_null=True, help_text="The response's status code; null if there was no response."
    )
    reported = serializers.CharField(
        allow_null=True, help_text="The job's status; null if the client could not read one."
    )
    estimated_time_remaining = serializers.FloatField(allow_null=True)
    lateness = serializers.FloatField(
        allow_null=True, help_text="Seconds from the job's end to the response; negative before it."
    )
    fault = serializers.CharField(allow_null=True)
    retry = serializers.BooleanField(help_text="Whether it repeats a poll that failed.")


class ViolationSerializer(serializers.Serializer[Mapping[str, Any]]):
    """One thing that the client, or its receiver of webhooks, should not have done."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in ViolationKind])
    at = serializers.DateTimeField()
    detail = serializers.CharField()
    job = serializers.CharField(allow_null=True)
    request = serializers.IntegerField(
        allow_null=True,
        help_text="The number of the request that is flagged; null for what a receiver did.",
    )
    event = serializers.CharField(
        allow_null=True, help_text="The id of the event that the receiver was sent, or null."
    )


class ReferenceSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What the job would have cost if polled at intervals of √(2·age), the first after 1 s."""

    polls = serializers.IntegerField()
    late = serializers.FloatField(help_text="Seconds from the job's end to the last of them.")


class NoteSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A known mistake in requests that has no effect here."""

    request = serializers.IntegerField(help_text="The number of the first request that made it.")
    text = serializers.CharField()
    count = serializers.IntegerField(help_text="How many requests made it.")


class VerdictSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How well the client did with one job."""

    polls = serializers.IntegerField(help_text="Without retries.")
    retries = serializers.IntegerField(help_text="Polls that repeat one that failed.")
    noticed_after = serializers.FloatField(
        allow_null=True,
        help_text="Seconds from the job's end to the first response that reported it; null if"
        " there was none, or if it may have been evicted.",
    )
    reference = ReferenceSerializer(
        allow_null=True,
        help_text="What the job would have cost if polled at intervals of √(2·age), to compare"
        " `polls` and `noticed_after` with; null if it has not ended.",
    )
    violations = ViolationSerializer(many=True, help_text=f"The newest, at most {MOST_REQUESTS:,}.")
    violation_count = serializers.IntegerField()
    clean = serializers.BooleanField(
        allow_null=True,
        help_text="Whether there is no violation; null if none is known, but requests are missing"
        " or there was none.",
    )
    complete = serializers.BooleanField(
        help_text="Whether no request that may matter was evicted or dropped."
    )
    notes = NoteSerializer(
        many=True,
        help_text="Known mistakes in requests that have no effect here, and so leave `clean` as"
        f" it is; each once, the first {MOST_NOTES}.",
    )


@extend_schema_serializer(component_name="NoticedAfter")
class NoticedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Seconds from the ends of jobs to the first responses that reported them."""

    mean = serializers.FloatField()
    worst = serializers.FloatField()


@extend_schema_serializer(component_name="WorkspaceVerdict")
class TotalVerdictSerializer(VerdictSerializer):
    """How well the client did with all of the workspace's jobs."""

    noticed_after = NoticedSerializer(allow_null=True)  # type: ignore[assignment]  # of many
    reference = None  # type: ignore[assignment]  # removes the field, which is about one job


class JobReportSerializer(SimulatedJobSerializer):
    """The truth about a simulated job, and how well its client did."""

    polls = PollSerializer(many=True, help_text=f"The newest, at most {MOST_REQUESTS:,}.")
    verdict = VerdictSerializer()


@extend_schema_serializer(component_name="WorkspaceReport")
class ReportSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What is known about a workspace's client."""

    seed = serializers.IntegerField()
    clock = ClockSerializer()
    jobs = serializers.IntegerField(help_text="How many jobs the logged requests are about.")
    scenarios = serializers.ListField(child=serializers.CharField())
    verdict = TotalVerdictSerializer()
    requests = LoggedRequestSerializer(
        many=True,
        help_text=f"The newest, at most {MOST_REQUESTS:,}; fewer if they are about more than"
        f" {MOST_JOBS:,} jobs together.",
    )
    request_count = serializers.IntegerField(help_text="How many requests are logged.")
    requests_dropped = serializers.IntegerField(
        help_text="How many requests this process could not log, of all its clients."
    )
    requests_refused = serializers.IntegerField(
        allow_null=True,
        help_text="How many requests without a valid API key this process has refused since the"
        " workspace was last reset; null if there is no API_KEY_SECRET.",
    )
    never_gave_up = serializers.BooleanField(
        help_text="Whether the workspace has used all of `requests_left`."
    )


def job_report_document(
    job: Job, now: datetime, *, has_left: Callable[[], bool] = bool
) -> dict[str, Any]:
    """Write the report on a job. Raises ReaderHasLeft if `has_left` says so meanwhile."""
    report = report_on_job(job, now=now, has_left=has_left)
    reference = report.reference
    costs = {
        "noticed_after": _rounded(report.noticed_after),
        "reference": reference and {"polls": reference.polls, "late": _rounded(reference.late)},
    }
    return {
        **simulated_job_document(job, now),
        "polls": [_poll(poll) for poll in report.polls[-MOST_REQUESTS:]],
        "verdict": _verdict(report, costs),
    }


def report_document(
    workspace: Workspace, real: datetime, *, has_left: Callable[[], bool] = bool
) -> dict[str, Any]:
    """Write the report on a workspace. Raises ReaderHasLeft if `has_left` says so meanwhile."""
    report = report_on_workspace(workspace, now=workspace.now(real), has_left=has_left)
    late = report.noticed_after
    noticed = late and {"mean": _rounded(late.mean), "worst": _rounded(late.worst)}
    return {
        "seed": workspace.seed,
        "clock": clock_document(workspace, real),
        "jobs": report.job_count,
        "scenarios": list(report.scenarios),
        "verdict": _verdict(report, {"noticed_after": noticed}),
        "requests": [_request(each) for each in report.requests],
        "request_count": report.request_count,
        "requests_dropped": journal.dropped,
        "requests_refused": refusals.count_since(workspace.reset_at)
        if settings.API_KEY_SECRET
        else None,
        "never_gave_up": workspace.requests_left == 0,
    }


def _verdict(report: Report, costs: Mapping[str, object]) -> dict[str, Any]:
    return {
        "polls": report.poll_count,
        "retries": report.retry_count,
        **costs,
        "violations": [_violation(each) for each in report.violations[-MOST_REQUESTS:]],
        "violation_count": report.violation_count,
        "clean": report.is_clean,
        "complete": report.is_complete,
        "notes": [_note(each) for each in report.notes],
    }


def _note(note: Note) -> dict[str, Any]:
    return {"request": hide(note.request), "text": note.text, "count": note.count}


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "kind": violation.kind.value,
        "at": instant(violation.at),
        "detail": violation.detail,
        "job": violation.job,
        "request": None if violation.request is None else hide(violation.request),
        "event": violation.event,
    }


def _poll(poll: Poll) -> dict[str, Any]:
    request, reported = poll.request, poll.reported
    return {
        "number": hide(request.number),
        "received_at": instant(request.received_at),
        "responded_at": instant(request.responded_at),
        "waited": _waited(request),
        "status": request.status,
        "reported": reported and reported.status,
        "estimated_time_remaining": reported and reported.estimate,
        "lateness": _rounded(poll.lateness),
        "fault": request.fault or None,
        "retry": poll.is_retry,
    }


def _request(request: LoggedRequest) -> dict[str, Any]:
    reports = {job_id: reported_about(job_id, request) for job_id in request.reported_by_job}
    return {
        "number": hide(request.number),
        "received_at": instant(request.received_at),
        "responded_at": instant(request.responded_at),
        "operation": request.operation,
        "jobs": list(reports),
        "status": request.status,
        "retry_after": request.retry_after,
        "reported": [
            {
                "id": job_id,
                "status": reported.status,
                "estimated_time_remaining": reported.estimate,
            }
            for job_id, reported in reports.items()
            if reported
        ],
        "fault": request.fault or None,
        "delivered": request.status is not None and request.is_readable,
        "wait": request.wait,
        "waited": _waited(request),
        "user_agent": request.user_agent,
    }


def _waited(request: LoggedRequest) -> float | None:
    if not request.is_long_poll:
        return None
    return _rounded((request.server_responded_at - request.server_received_at).total_seconds())


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS)
