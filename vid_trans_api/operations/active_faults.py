"""The simulated faults that apply to a request, and how they change what it reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from vid_trans_api.models import Job
from vid_trans_api.serving.fault_responses import FaultScope
from vid_trans_api.simulation.faults import Fault, Rule, affects_one_job
from vid_trans_api.snapshots import Snapshot

NO_SCOPE: Final = FaultScope(owner="", is_over=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFaults:
    """The fault rules that apply to one request and leave it to be done."""

    rule: Rule | None = None
    """The rule that applies to the response as a whole."""
    by_job: Mapping[int, Rule] = field(default_factory=dict)
    """Rules that apply to one job of several, by the job's number."""
    is_job_rule: bool = False
    """Whether `rule` is a rule of a job, and not of the workspace."""
    scope: FaultScope = NO_SCOPE
    """Of the fault of `rule`."""

    def hides(self, job: Job) -> bool:
        """Return whether a job of a batch is reported as not found."""
        rule = self.by_job.get(job.number) if self.by_job else None
        return rule is not None and rule.fault == HTTPStatus.NOT_FOUND

    def snapshot(self, job: Job, now: datetime, *, with_estimate: bool = True) -> Snapshot:
        """Return what is reported about a job, which the faults stale and unknown-status change."""
        if self is NO_FAULTS:
            return job.at(now, with_estimate=with_estimate)
        if self._changes(job, Fault.STALE):
            now = job.created_at + (now - job.created_at) / 2
        snapshot = job.at(now, with_estimate=with_estimate)
        if self._changes(job, Fault.UNKNOWN_STATUS):
            snapshot = replace(snapshot, has_unknown_status=True)
        return snapshot

    def names(self, *, reports_jobs: bool) -> list[str]:
        """Return the names of those that changed the response, given whether it reports any job."""
        names = {str(rule.fault) for rule in self.by_job.values()}
        if self.rule and (reports_jobs or not affects_one_job(self.rule.fault)):
            names.add(str(self.rule.fault))
        return sorted(names)

    def _changes(self, job: Job, fault: Fault) -> bool:
        of_job = self.by_job.get(job.number)
        return any(rule is not None and rule.fault is fault for rule in (self.rule, of_job))


NO_FAULTS: Final = ActiveFaults()
