"""Following many jobs to their ends with few requests: which step comes next."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from .errors import PollingTimeout, WaitStopped, count_causes, wait_error
from .following import log_first_decision, with_decision
from .group_polls import SHARED_ERRORS, GroupPoller, NoFinding, error_about
from .jobs import Job
from .poll_queue import PollQueue
from .retries import stopped, timed_out
from .schedule import Decision, whole_seconds
from .steps import ShowJob, Sleep
from .targets import id_of
from .tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .following import Follower
    from .group_polls import Finding
    from .steps import JobOutcome, JobTarget, Steps

logger = logging.getLogger(__package__)

MAX_NAMED = 3
"""Most ids in the message of an error about many jobs."""


@dataclass(slots=True, kw_only=True)
class GroupFollower:
    """Follows many jobs on one server, whose polls share requests."""

    follower: Follower
    poller: GroupPoller

    def follow(
        self, targets: Iterable[JobTarget], *, deadline: float, now: float
    ) -> Steps[dict[str, JobOutcome]]:
        """Follow jobs to their ends, showing the job of every response.

        Arguments:
            targets: the jobs or their ids; a repeated one counts once.
            deadline: instant on the client's clock at which to give up.
            now: the time on the client's clock.

        Returns how waiting for each job ended, by id, in the order given.

        """
        jobs = {id_of(target): target for target in targets}
        with self.follower.waits.add(jobs) as ended:
            trackers = {job_id: Tracker(target, ended=ended) for job_id, target in jobs.items()}
            return (yield from self._follow_all(trackers, ended, deadline=deadline, now=now))

    def _follow_all(
        self,
        trackers: Mapping[str, Tracker],
        ended: Mapping[str, Job],
        *,
        deadline: float,
        now: float,
    ) -> Steps[dict[str, JobOutcome]]:
        outcomes: dict[str, JobOutcome] = {}
        for tracker in trackers.values():
            if tracker.job is not None and tracker.job.is_finished:
                outcomes[tracker.id] = tracker.job
                yield ShowJob(job=tracker.job)
        pending = [tracker for job_id, tracker in trackers.items() if job_id not in outcomes]
        try:
            yield from self._follow_pending(pending, outcomes, ended, deadline=deadline, now=now)
        except WaitStopped:
            for tracker in pending:
                error = stopped(tracker.job, name=f"job {tracker.id}")
                outcomes.setdefault(tracker.id, error)
        except SHARED_ERRORS as error:
            for tracker in pending:
                outcomes.setdefault(tracker.id, error_about(tracker, error))
        return {job_id: outcomes[job_id] for job_id in trackers}

    def _follow_pending(
        self,
        pending: Sequence[Tracker],
        outcomes: dict[str, JobOutcome],
        ended: Mapping[str, Job],
        *,
        deadline: float,
        now: float,
    ) -> Steps[None]:
        """Follow jobs and write to `outcomes` how waiting for each of them ended.

        `ended` are jobs whose ends other calls have seen, by id.
        """

        def has_news() -> bool:
            return any(job_id not in outcomes for job_id in tuple(ended))

        queue = self._first_polls(pending, outcomes, deadline=deadline, now=now)
        count = len(queue)
        while queue:
            due, long_poll, group = queue.pop(can_share=self.poller.can_share)
            now = yield Sleep(seconds=max(due - now, 0.0), is_over=has_news)
            if has_news():
                queue.put_back()
                group = queue.pop_ended()
            if count == 1:
                findings = yield from self.poller.poll_last(
                    group[0],
                    long_poll=min(long_poll, whole_seconds(deadline - now)),
                    deadline=deadline,
                    now=now,
                )
            else:
                findings = yield from self.poller.poll(
                    group, witness=queue.pop_witness, deadline=deadline, now=now
                )
            for tracker, finding, at in findings:
                outcome = self._outcome(tracker, finding, deadline, now=at, is_shared=count > 1)
                shown = finding
                if isinstance(shown, Job):
                    if isinstance(outcome, Decision):
                        shown = with_decision(shown, outcome, self.follower.learner.experience)
                    now = yield ShowJob(job=shown)
                if isinstance(outcome, Decision):
                    queue.add(tracker, outcome, at=at)
                else:
                    outcomes[tracker.id] = outcome
                    count -= 1

    def _first_polls(
        self,
        pending: Sequence[Tracker],
        outcomes: dict[str, JobOutcome],
        *,
        deadline: float,
        now: float,
    ) -> PollQueue:
        """Return the queue with the first poll of each job, or write why there is none."""
        follower, is_shared = self.follower, len(pending) > 1
        queue = PollQueue(max_interval=follower.max_interval, max_batch=follower.dialect.max_batch)
        for tracker in pending:
            first, at = follower.first_decision(tracker, now, deadline, is_shared=is_shared)
            log_first_decision(tracker, first, at=at, now=now)
            if first.gives_up:
                outcomes[tracker.id] = timed_out(tracker.job, first.reason)
            else:
                queue.add(tracker, first, at=at)
        return queue

    def _outcome(
        self, tracker: Tracker, finding: Finding, deadline: float, *, now: float, is_shared: bool
    ) -> JobOutcome | Decision:
        """Return how waiting for a job ended, or when to poll it next."""
        if isinstance(finding, Job):
            tracker.failures = 0
            if finding.is_finished:
                return finding
            decision = self.follower.decide(tracker, now, deadline, is_shared=is_shared)
            return timed_out(finding, decision.reason) if decision.gives_up else decision
        if not isinstance(finding, NoFinding):
            return finding
        tracker.failures += 1
        tracker.is_polled_alone = True
        error = finding.error
        if tracker.failures > self.poller.max_retries:
            return error
        sender = self.follower.sender
        try:
            pause = sender.pause_after(
                error, sender.pause(tracker.failures), left=deadline - now, job=tracker.job
            )
        except PollingTimeout as timeout:
            return timeout
        return Decision(seconds=pause, reason=error.detail)


def require_jobs(outcomes: Mapping[str, JobOutcome]) -> dict[str, Job]:
    """Return the finished jobs by id, or raise `WaitFailed` if waiting for any of them failed."""
    jobs = {job_id: job for job_id, job in outcomes.items() if isinstance(job, Job)}
    errors = {job_id: error for job_id, error in outcomes.items() if not isinstance(error, Job)}
    if not errors:
        return jobs
    named = ", ".join(islice(errors, MAX_NAMED))
    if len(errors) > MAX_NAMED:
        named = f"{named} and {len(errors) - MAX_NAMED} more"
    failed = list(errors.values())
    raise wait_error(
        f"waiting failed for {len(errors)} of {len(outcomes)} jobs"
        f" ({count_causes(failed)}): {named}",
        failed,
        jobs=jobs,
    )
