"""What the server tells of its clients: every name that reports and verdicts use."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from statistics import fmean
from typing import Any, Final

from django.conf import settings
from rest_framework import serializers

from vid_trans_api.journal import journal
from vid_trans_api.models import Call, Job, Workspace
from vid_trans_api.serializers import instant
from vid_trans_api.simulation.faults import Operation
from vid_trans_api.simulation.verdicts import Exchange, Kind, Poll, Remark, Told, Verdict, judge
from vid_trans_api.steering import (
    ClockSerializer,
    SimulatedJobSerializer,
    clock_document,
    simulated_job_document,
)

MOST_REQUESTS: Final = 1_000
"""How many requests a report lists, polls a job, and remarks a verdict: the newest."""

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

    number = serializers.IntegerField(help_text="By which polls and remarks name it.")
    at = serializers.DateTimeField(help_text="When it arrived.")
    answered_at = serializers.DateTimeField()
    operation = serializers.ChoiceField(
        choices=[(word.value, word.value) for word in Operation if word is not Operation.ANY]
    )
    jobs = serializers.ListField(child=serializers.CharField(), help_text="Those it is about.")
    status = serializers.IntegerField(
        allow_null=True, help_text="The answer's status code; null where none came."
    )
    retry_after = serializers.IntegerField(allow_null=True)
    told = ToldSerializer(many=True)
    fault = serializers.CharField(allow_null=True, help_text="The simulated fault it met.")
    delivered = serializers.BooleanField(help_text="Whether the client could read the answer.")
    asked_wait = serializers.IntegerField(allow_null=True, help_text="Seconds to be held for.")
    held = serializers.FloatField(allow_null=True, help_text="Real seconds that it was held for.")
    user_agent = serializers.CharField(allow_blank=True)


class PollSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A status request, and how late its answer was."""

    number = serializers.IntegerField(help_text="The request's, as the report has it.")
    at = serializers.DateTimeField(help_text="When it arrived.")
    answered_at = serializers.DateTimeField()
    held = serializers.FloatField(allow_null=True, help_text="Real seconds that it was held for.")
    status = serializers.IntegerField(allow_null=True)
    told = serializers.CharField(
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
    remarks = RemarkSerializer(many=True, help_text=f"The newest, at most {MOST_REQUESTS:,}.")
    remarks_in_all = serializers.IntegerField()
    clean = serializers.BooleanField(
        allow_null=True,
        help_text="Whether there is no remark; null where none is known and not all requests are.",
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
    requests_in_all = serializers.IntegerField(help_text="How many the journal holds.")
    requests_lost = serializers.IntegerField(
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
            **_remarks(verdict.remarks, is_complete=is_complete),
        },
    }


def verdict_on(job: Job) -> tuple[Verdict, bool]:
    """Judge the client of a job; return that, and whether all of its requests are known."""
    name = job.public_id
    is_written = journal.flush()
    calls = job.workspace.calls.about(name).newest(settings.JOURNAL_LENGTH)
    forgotten_at = _forgotten_at(job.workspace)
    verdicts, _ = judge(
        [call.exchange(only=name) for call in calls],
        {name: job.finishes_at},
        forgotten_at=forgotten_at,
    )
    verdict = verdicts.get(name, Verdict(polls=(), noticed_after=None, remarks=()))
    is_complete = is_written and (forgotten_at is None or forgotten_at < job.created_at)
    return verdict, is_complete and settings.JOURNAL_LENGTH > 0


def is_clean(remarks: Sequence[Remark], *, is_complete: bool) -> bool | None:
    """Return whether a client is to be blamed for nothing; None where that is not known."""
    return False if remarks else True if is_complete else None


def _forgotten_at(workspace: Workspace) -> datetime | None:
    """Return up to when requests are missing: read after the others, it holds for these too."""
    workspace.refresh_from_db(fields=["forgotten_at"])
    return workspace.forgotten_at


def report_document(workspace: Workspace, real: datetime) -> dict[str, Any]:
    is_written = journal.flush()
    calls: Sequence[Call] = ()
    forgotten_at = None
    if workspace.pk is not None:
        calls = workspace.calls.all().newest(settings.JOURNAL_LENGTH)
        forgotten_at = _forgotten_at(workspace)
    exchanges = [call.exchange() for call in calls]
    asked_about = {job for each in exchanges for job in each.jobs}
    known = {job.public_id: job for job in Job.objects.find_many(asked_about, workspace=workspace)}
    ends = {name: job.finishes_at for name, job in known.items()}
    verdicts, remarks = judge(exchanges, ends, forgotten_at=forgotten_at)
    told = {job for each in exchanges for job in each.told}
    late = [each.noticed_after for each in verdicts.values() if each.noticed_after is not None]
    is_complete = is_written and forgotten_at is None and settings.JOURNAL_LENGTH > 0
    return {
        "seed": workspace.seed,
        "clock": clock_document(workspace, real),
        "jobs": len(known.keys() | told),
        "scenarios": _scenarios(calls, known.values()),
        "verdict": {
            **_counts([poll for verdict in verdicts.values() for poll in verdict.polls]),
            "noticed_after": {"mean": _rounded(fmean(late)), "worst": _rounded(max(late))}
            if late
            else None,
            **_remarks(remarks, is_complete=is_complete),
        },
        "requests": [_request(each) for each in _listed(exchanges)],
        "requests_in_all": len(exchanges),
        "requests_lost": journal.dropped,
    }


def _listed(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the newest, as many as an answer of a fair size has room for."""
    jobs = list(accumulate(len(each.jobs) for each in reversed(exchanges[-MOST_REQUESTS:])))
    count = max(1, sum(each <= MOST_JOBS for each in jobs))
    return exchanges[-count:]


def _scenarios(calls: Iterable[Call], jobs: Iterable[Job]) -> list[str]:
    """Return the scenarios that jobs went by, the first first; also those of jobs that are gone."""
    of_jobs = [job.plan.scenario or "" for job in sorted(jobs, key=lambda job: job.number)]
    names = [*(call.scenario for call in calls), *of_jobs]
    return list(dict.fromkeys(name for name in names if name))


def _counts(polls: Sequence[Poll]) -> dict[str, int]:
    """Count requests, of which one may have asked for many jobs; a retry is one for all of them."""
    requests = {id(poll.exchange) for poll in polls}
    asked = {id(poll.exchange) for poll in polls if not poll.is_retry}
    return {"polls": len(asked), "retries": len(requests - asked)}


def _remarks(remarks: Sequence[Remark], *, is_complete: bool) -> dict[str, Any]:
    return {
        "remarks": [
            {
                "kind": remark.kind.value,
                "at": instant(remark.at),
                "detail": remark.detail,
                "job": remark.job,
                "request": remark.exchange.number,
            }
            for remark in remarks[-MOST_REQUESTS:]
        ],
        "remarks_in_all": len(remarks),
        "clean": is_clean(remarks, is_complete=is_complete),
        "complete": is_complete,
    }


def _poll(poll: Poll) -> dict[str, Any]:
    exchange = poll.exchange
    return {
        "number": exchange.number,
        "at": instant(exchange.arrived_at),
        "answered_at": instant(exchange.answered_at),
        "held": _held(exchange),
        "status": exchange.status,
        "told": poll.told and poll.told.status,
        "estimated_time_remaining": poll.told and poll.told.estimate,
        "lateness": _rounded(poll.lateness),
        "fault": exchange.fault or None,
        "retry": poll.is_retry,
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    return {
        "number": exchange.number,
        "at": instant(exchange.arrived_at),
        "answered_at": instant(exchange.answered_at),
        "operation": exchange.operation.value,
        "jobs": list(exchange.jobs),
        "status": exchange.status,
        "retry_after": exchange.retry_after,
        "told": [_told(job, told) for job, told in exchange.told.items()],
        "fault": exchange.fault or None,
        "delivered": exchange.status is not None and exchange.is_whole,
        "asked_wait": exchange.asked_wait,
        "held": _held(exchange),
        "user_agent": exchange.user_agent,
    }


def _told(job: str, told: Told) -> dict[str, Any]:
    return {"id": job, "status": told.status, "estimated_time_remaining": told.estimate}


def _held(exchange: Exchange) -> float | None:
    if not exchange.is_held:
        return None
    return _rounded((exchange.answered - exchange.arrived).total_seconds())


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS)
