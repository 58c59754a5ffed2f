"""What the server tells of its clients: every name that reports and verdicts use."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from statistics import fmean
from typing import Any, Final

from django.conf import settings
from rest_framework import serializers

from vid_trans_api.control.serializers import (
    ClockSerializer,
    SimulatedJobSerializer,
    clock_document,
    simulated_job_document,
)
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.verdicts import Exchange, Kind, Poll, Reported, Verdict, Violation, judge
from vid_trans_api.models import Job, LoggedRequest, Workspace
from vid_trans_api.native.serializers import instant
from vid_trans_api.snapshots import Operation

MOST_REQUESTS: Final = 1_000
"""How many requests a report lists, polls a job, and violations a verdict: the newest."""

MOST_JOBS: Final = 2_000
"""Of how many jobs together the listed requests tell; the newest is listed however many it has."""

_DIGITS: Final = 3  # milliseconds


class ToldSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What an answer said of a job, as far as the client could read it."""

    id = serializers.CharField()
    status = serializers.CharField()
    estimated_time_remaining = serializers.FloatField(allow_null=True)


class RequestSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A request, and what came of it."""

    number = serializers.IntegerField(help_text="By which polls and violations name it.")
    at = serializers.DateTimeField(help_text="When it server_received_at.")
    responded_at = serializers.DateTimeField()
    operation = serializers.ChoiceField(
        choices=[(word.value, word.value) for word in Operation if word is not Operation.ANY]
    )
    jobs = serializers.ListField(child=serializers.CharField(), help_text="Those it is about.")
    status = serializers.IntegerField(
        allow_null=True, help_text="The answer's status code; null where none came."
    )
    retry_after = serializers.IntegerField(allow_null=True)
    reported = ToldSerializer(many=True)
    fault = serializers.CharField(allow_null=True, help_text="The simulated fault it met.")
    delivered = serializers.BooleanField(help_text="Whether the client could read the answer.")
    wait = serializers.IntegerField(allow_null=True, help_text="Seconds to be held for.")
    held = serializers.FloatField(allow_null=True, help_text="Real seconds that it was held for.")
    user_agent = serializers.CharField(allow_blank=True)


class PollSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A status request, and how late its answer was."""

    number = serializers.IntegerField(help_text="The request's, as the report has it.")
    at = serializers.DateTimeField(help_text="When it server_received_at.")
    responded_at = serializers.DateTimeField()
    held = serializers.FloatField(allow_null=True, help_text="Real seconds that it was held for.")
    status = serializers.IntegerField(allow_null=True)
    reported = serializers.CharField(
        allow_null=True, help_text="The job's status, where the client could read one."
    )
    estimated_time_remaining = serializers.FloatField(allow_null=True)
    lateness = serializers.FloatField(
        allow_null=True, help_text="Seconds from the job's end to the answer; negative before it."
    )
    fault = serializers.CharField(allow_null=True)
    retry = serializers.BooleanField(help_text="Whether it repeats a poll that failed.")


class RemarkSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Something that the client is blamed for."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in Kind])
    at = serializers.DateTimeField()
    detail = serializers.CharField()
    job = serializers.CharField(allow_null=True)
    request = serializers.IntegerField(help_text="The number of the request that earned it.")


class VerdictSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How the client did with one job."""

    polls = serializers.IntegerField(help_text="Without the retries of failed ones.")
    retries = serializers.IntegerField()
    noticed_after = serializers.FloatField(
        allow_null=True,
        help_text="Seconds from the end to the first answer that told of it; null where there was"
        " none, or it may have been forgotten.",
    )
    violations = RemarkSerializer(many=True, help_text=f"The newest, at most {MOST_REQUESTS:,}.")
    violation_count = serializers.IntegerField()
    clean = serializers.BooleanField(
        allow_null=True,
        help_text="Whether there is no violation; null where none is known and not all requests are.",
    )
    complete = serializers.BooleanField(
        help_text="Whether no request that may matter has been forgotten or lost."
    )


class NoticedSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Seconds from the ends of jobs to the first answers that told of them."""

    mean = serializers.FloatField()
    worst = serializers.FloatField()


class TotalVerdictSerializer(VerdictSerializer):
    """How the client did with all of the workspace's jobs."""

    noticed_after = NoticedSerializer(allow_null=True)  # type: ignore[assignment]  # of many


class JudgedJobSerializer(SimulatedJobSerializer):
    """The truth about a simulated job, and what its client made of it."""

    polls = PollSerializer(many=True, help_text=f"The newest, at most {MOST_REQUESTS:,}.")
    verdict = VerdictSerializer()


class ReportSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What the server saw of a workspace's client."""

    seed = serializers.IntegerField()
    clock = ClockSerializer()
    jobs = serializers.IntegerField(help_text="That the requests in the journal were about.")
    scenarios = serializers.ListField(child=serializers.CharField())
    verdict = TotalVerdictSerializer()
    requests = RequestSerializer(
        many=True,
        help_text=f"The newest, at most {MOST_REQUESTS:,}; fewer where they are about more than"
        f" {MOST_JOBS:,} jobs together.",
    )
    request_count = serializers.IntegerField(help_text="How many the journal holds.")
    requests_dropped = serializers.IntegerField(
        help_text="Of all clients of this process, those that the journal could not keep up with."
    )


def judged_job_document(job: Job, now: datetime) -> dict[str, Any]:
    verdict, is_complete = verdict_on(job)
    return {
        **simulated_job_document(job, now),
        "polls": [_poll(poll) for poll in verdict.polls[-MOST_REQUESTS:]],
        "verdict": {
            **_counts(verdict.polls),
            "noticed_after": _rounded(verdict.noticed_after),
            **_remarks(verdict.violations, is_complete=is_complete),
        },
    }


def verdict_on(job: Job) -> tuple[Verdict, bool]:
    """Judge the client of a job; return that, and whether all of its requests are known."""
    name = job.public_id
    is_written = journal.flush()
    logged_requests = job.workspace.logged_requests.about(name).newest(settings.JOURNAL_LENGTH)
    evicted_until = _forgotten_at(job.workspace)
    verdicts, _ = judge(
        [request.exchange(only=name) for request in logged_requests],
        {name: job.finishes_at},
        evicted_until=evicted_until,
    )
    verdict = verdicts.get(name, Verdict(polls=(), noticed_after=None, violations=()))
    is_complete = is_written and (evicted_until is None or evicted_until < job.created_at)
    return verdict, is_complete and settings.JOURNAL_LENGTH > 0


def is_clean(violations: Sequence[Violation], *, is_complete: bool) -> bool | None:
    """Return whether a client is to be blamed for nothing; None where that is not known."""
    return False if violations else True if is_complete else None


def _forgotten_at(workspace: Workspace) -> datetime | None:
    """Return up to when requests are missing: read after the others, it holds for these too."""
    workspace.refresh_from_db(fields=["evicted_until"])
    return workspace.evicted_until


def report_document(workspace: Workspace, real: datetime) -> dict[str, Any]:
    is_written = journal.flush()
    logged_requests: Sequence[LoggedRequest] = ()
    evicted_until = None
    if workspace.pk is not None:
        logged_requests = workspace.logged_requests.all().newest(settings.JOURNAL_LENGTH)
        evicted_until = _forgotten_at(workspace)
    exchanges = [request.exchange() for request in logged_requests]
    asked_about = {job for each in exchanges for job in each.jobs}
    known = {job.public_id: job for job in Job.objects.find_many(asked_about, workspace=workspace)}
    ends = {name: job.finishes_at for name, job in known.items()}
    verdicts, violations = judge(exchanges, ends, evicted_until=evicted_until)
    reported = {job for each in exchanges for job in each.reported}
    late = [each.noticed_after for each in verdicts.values() if each.noticed_after is not None]
    is_complete = is_written and evicted_until is None and settings.JOURNAL_LENGTH > 0
    return {
        "seed": workspace.seed,
        "clock": clock_document(workspace, real),
        "jobs": len(known.keys() | reported),
        "scenarios": _scenarios(logged_requests, known.values()),
        "verdict": {
            **_counts([poll for verdict in verdicts.values() for poll in verdict.polls]),
            "noticed_after": {"mean": _rounded(fmean(late)), "worst": _rounded(max(late))}
            if late
            else None,
            **_remarks(violations, is_complete=is_complete),
        },
        "requests": [_request(each) for each in _listed(exchanges)],
        "request_count": len(exchanges),
        "requests_dropped": journal.dropped,
    }


def _listed(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the newest, as many as an answer of a fair size has room for."""
    jobs = list(accumulate(len(each.jobs) for each in reversed(exchanges[-MOST_REQUESTS:])))
    count = max(1, sum(each <= MOST_JOBS for each in jobs))
    return exchanges[-count:]


def _scenarios(logged_requests: Iterable[LoggedRequest], jobs: Iterable[Job]) -> list[str]:
    """Return the scenarios that jobs went by, the first first; also those of jobs that are gone."""
    of_jobs = [job.plan.scenario or "" for job in sorted(jobs, key=lambda job: job.number)]
    names = [*(request.scenario for request in logged_requests), *of_jobs]
    return list(dict.fromkeys(name for name in names if name))


def _counts(polls: Sequence[Poll]) -> dict[str, int]:
    """Count requests, of which one may have asked for many jobs; a retry is one for all of them."""
    requests = {id(poll.exchange) for poll in polls}
    asked = {id(poll.exchange) for poll in polls if not poll.is_retry}
    return {"polls": len(asked), "retries": len(requests - asked)}


def _remarks(violations: Sequence[Violation], *, is_complete: bool) -> dict[str, Any]:
    return {
        "violations": [
            {
                "kind": violation.kind.value,
                "at": instant(violation.at),
                "detail": violation.detail,
                "job": violation.job,
                "request": violation.exchange.number,
            }
            for violation in violations[-MOST_REQUESTS:]
        ],
        "violation_count": len(violations),
        "clean": is_clean(violations, is_complete=is_complete),
        "complete": is_complete,
    }


def _poll(poll: Poll) -> dict[str, Any]:
    exchange = poll.exchange
    return {
        "number": exchange.number,
        "at": instant(exchange.received_at),
        "responded_at": instant(exchange.responded_at),
        "held": _held(exchange),
        "status": exchange.status,
        "reported": poll.reported and poll.reported.status,
        "estimated_time_remaining": poll.reported and poll.reported.estimate,
        "lateness": _rounded(poll.lateness),
        "fault": exchange.fault or None,
        "retry": poll.is_retry,
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    return {
        "number": exchange.number,
        "at": instant(exchange.received_at),
        "responded_at": instant(exchange.responded_at),
        "operation": exchange.operation.value,
        "jobs": list(exchange.jobs),
        "status": exchange.status,
        "retry_after": exchange.retry_after,
        "reported": [_told(job, reported) for job, reported in exchange.reported.items()],
        "fault": exchange.fault or None,
        "delivered": exchange.status is not None and exchange.is_readable,
        "wait": exchange.wait,
        "held": _held(exchange),
        "user_agent": exchange.user_agent,
    }


def _told(job: str, reported: Reported) -> dict[str, Any]:
    return {"id": job, "status": reported.status, "estimated_time_remaining": reported.estimate}


def _held(exchange: Exchange) -> float | None:
    if not exchange.is_long_poll:
        return None
    return _rounded((exchange.server_responded_at - exchange.server_received_at).total_seconds())


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS)
