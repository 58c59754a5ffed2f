"""What is known about a workspace's client, and about the client of one job."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.verdicts import Poll, Verdict, judge
from vid_trans_api.journal.violations import Violation
from vid_trans_api.models import Job, LoggedRequest, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known about a client."""

    requests: Sequence[LoggedRequest]
    polls: Sequence[Poll]
    violations: Sequence[Violation]
    is_complete: bool
    """Whether no request that may matter is missing."""

    @property
    def is_clean(self) -> bool | None:
        """Whether there is no violation.

        None if none is known, but requests are missing, or nothing was requested.
        """
        if self.violations:
            return False
        return True if self.is_complete and self.requests else None

    @property
    def poll_count(self) -> int:
        """How many requests poll, without retries. One request may poll many jobs."""
        return len(self._first_attempts)

    @property
    def retry_count(self) -> int:
        """How many requests repeat polls that failed, and poll no other job for the first time."""
        return len({id(poll.request) for poll in self.polls} - self._first_attempts)

    @property
    def _first_attempts(self) -> set[int]:
        return {id(poll.request) for poll in self.polls if not poll.is_retry}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport(Report):
    """What is known about the client of one job."""

    noticed_after: float | None
    """Seconds from the job's end to the first delivered response that reported it, if known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceReport(Report):
    """What is known about the client of all jobs of a workspace."""

    noticed_after: Sequence[float]
    """As for one job, of those jobs for which it is known."""
    job_count: int
    """How many jobs the requests are about."""
    scenarios: Sequence[str]
    """The scenarios of these jobs, also of deleted ones, in the order of their first use."""


def newest_request(workspace: Workspace) -> int | None:
    """Return the number of the newest request, which tells whether a report would be the same."""
    journal.flush()
    numbers = workspace.logged_requests.order_by("-number").values_list("number", flat=True)
    return numbers.first()


def report_on_job(job: Job) -> JobReport:
    is_written = journal.flush()
    requests = job.workspace.logged_requests.all().newest_about(
        job.public_id, settings.JOURNAL_LENGTH
    )
    # Read after the requests, so that it covers what was evicted in the meantime.
    job.workspace.refresh_from_db(fields=["evicted_until"])
    evicted_until = job.workspace.evicted_until
    verdicts, _ = judge(requests, {job.public_id: job.finishes_at}, evicted_until=evicted_until)
    verdict = verdicts.get(job.public_id, Verdict())
    return JobReport(
        requests=verdict.requests,
        polls=verdict.polls,
        violations=verdict.violations,
        is_complete=is_written
        and settings.JOURNAL_LENGTH > 0
        and (evicted_until is None or evicted_until < job.created_at),
        noticed_after=verdict.noticed_after,
    )


def report_on_workspace(workspace: Workspace) -> WorkspaceReport:
    """Report on the client of a workspace, which need not be stored."""
    is_written = journal.flush()
    requests: Sequence[LoggedRequest] = ()
    if workspace.pk is not None:
        requests = workspace.logged_requests.all().newest(settings.JOURNAL_LENGTH)
        # Read after the requests, so that it covers what was evicted in the meantime.
        workspace.refresh_from_db(fields=["evicted_until"])
    evicted_until = workspace.evicted_until
    mentioned = {job_id for request in requests for job_id in request.reported_by_job}
    existing = {job.public_id: job for job in Job.objects.find_many(mentioned, workspace=workspace)}
    verdicts, violations = judge(
        requests,
        {job_id: job.finishes_at for job_id, job in existing.items()},
        evicted_until=evicted_until,
    )
    reported = {
        job_id
        for request in requests
        for job_id, stored in request.reported_by_job.items()
        if stored is not None
    }
    return WorkspaceReport(
        requests=requests,
        polls=[poll for verdict in verdicts.values() for poll in verdict.polls],
        violations=violations,
        is_complete=is_written and settings.JOURNAL_LENGTH > 0 and evicted_until is None,
        noticed_after=[
            verdict.noticed_after
            for verdict in verdicts.values()
            if verdict.noticed_after is not None
        ],
        job_count=len(existing.keys() | reported),
        scenarios=_scenarios(requests, existing.values()),
    )


def _scenarios(requests: Iterable[LoggedRequest], jobs: Iterable[Job]) -> list[str]:
    in_order = sorted(jobs, key=lambda job: job.number)
    names = [request.scenario for request in requests]
    names += [job.plan.scenario or "" for job in in_order if job.plan]
    return list(dict.fromkeys(filter(None, names)))
