"""Following many jobs to their ends with few requests: which step comes next."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, cast

from .errors import PollingTimeout, WaitStopped, count_causes, wait_error
from .following import with_decision
from .group_polls import SHARED_ERRORS, GroupPoller, NoFinding, error_about
from .jobs import Job
from .poll_queue import PollQueue
from .retries import stopped, timed_out
from .schedule import Decision, longest_sleep, whole_seconds
from .steps import ShowJob, Sleep
from .targets import id_of
from .tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .following import Follower
    from .group_polls import Finding
    from .started_jobs import StartedJobs
    from .steps import JobOutcome, JobTarget, Steps
    from .waits import Wait

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
        with self.follower.waits.add(jobs) as wait:
            trackers = {job_id: Tracker(target, wait=wait) for job_id, target in jobs.items()}
            return (yield from self._follow_all(trackers, wait, deadline=deadline, now=now))

    def _follow_all(
        self,
        trackers: Mapping[str, Tracker],
        wait: Wait,
        *,
        deadline: float,
        now: float,
    ) -> Steps[dict[str, JobOutcome]]:
        outcomes: dict[str, JobOutcome] = {}
        for tracker in trackers.values():
            if tracker.job is not None and tracker.job.is_finished:
                outcomes[tracker.id] = tracker.job
                self.follower.waits.leave(wait, tracker.id)
                yield ShowJob(job=tracker.job)
        pending = [tracker for job_id, tracker in trackers.items() if job_id not in outcomes]
        deadlines = {tracker.id: deadline for tracker in pending}
        try:
            yield from self._follow_pending(
                pending, outcomes.__setitem__, wait, deadlines=deadlines, now=now
            )
        except WaitStopped:
            for tracker in pending:
                error = stopped(self.follower.last_seen(tracker), name=f"job {tracker.id}")
                outcomes.setdefault(tracker.id, error)
        except SHARED_ERRORS as error:
            for tracker in pending:
                outcomes.setdefault(tracker.id, error_about(tracker, error))
        return {job_id: outcomes[job_id] for job_id in trackers}

    def follow_started(self, started: StartedJobs) -> Steps[None]:
        """Follow jobs to their ends, also those that are started meanwhile, until none is left."""
        while not started.end_following():
            now = yield Sleep(seconds=0.0)
            with self.follower.waits.add([]) as wait:
                try:
                    yield from self._follow_pending(
                        [], started.end, wait, deadlines={}, now=now, started=started
                    )
                except SHARED_ERRORS as error:
                    started.fail(error, is_followed=True)

    def _follow_pending(
        self,
        pending: Sequence[Tracker],
        on_end: Callable[[str, JobOutcome], object],
        wait: Wait,
        *,
        deadlines: dict[str, float],
        now: float,
        started: StartedJobs | None = None,
    ) -> Steps[None]:
        """Follow jobs and call `on_end` with the id of each and how waiting for it ended.

        `deadlines` are those of the jobs that have not ended. Jobs of `started` may join.
        """

        def joins() -> bool:
            return started is not None and started.has_new()

        def has_news() -> bool:
            return bool(wait.ended) or bool(wait.notified) or joins()

        is_open = started is not None
        follower = self.follower
        end = partial(self._end, wait, deadlines, on_end)
        queue = PollQueue(
            max_interval=longest_sleep(follower.max_interval, follower.lateness_cost),
            max_batch=follower.dialect.max_batch,
        )
        self._add_first_polls(queue, pending, end, deadlines, now=now, is_open=is_open)
        count = len(queue)
        while queue or joins():
            if started and joins():
                new = self._join(wait, started, deadlines)
                self._add_first_polls(queue, new, end, deadlines, now=now, is_open=True)
                count = len(queue)
                continue
            due, long_poll, group = queue.pop(can_share=self.poller.can_share)
            now = yield Sleep(seconds=max(due - now, 0.0), is_over=has_news)
            if has_news():
                group = _take_news(queue, wait, now=now)
                if not group:
                    continue
            deadline = max(deadlines.values())
            if count == 1 and not is_open:
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
                outcome = self._outcome(
                    tracker,
                    finding,
                    deadlines[tracker.id],
                    now=at,
                    is_shared=is_open or count > 1,
                )
                now = yield from self._show(finding, outcome, now=now)
                if isinstance(outcome, Decision):
                    queue.add(tracker, outcome, at=at)
                else:
                    end(tracker.id, outcome)
                    count -= 1

    def _end(
        self,
        wait: Wait,
        deadlines: dict[str, float],
        on_end: Callable[[str, JobOutcome], object],
        job_id: str,
        outcome: JobOutcome,
    ) -> None:
        """Take a job out of a wait, which forgets it, and pass on how waiting for it ended."""
        self.follower.waits.leave(wait, job_id)
        del deadlines[job_id]
        on_end(job_id, outcome)

    def _join(
        self, wait: Wait, started: StartedJobs, deadlines: dict[str, float]
    ) -> Sequence[Tracker]:
        """Let the jobs that were started join a wait; write their deadlines."""
        joining = [(Tracker(job, wait=wait), deadline) for job, deadline in started.take_new()]
        deadlines |= {tracker.id: deadline for tracker, deadline in joining}
        self.follower.waits.join(wait, deadlines)
        return [tracker for tracker, _ in joining]

    def _show(
        self, finding: Finding, outcome: JobOutcome | Decision, *, now: float
    ) -> Steps[float]:
        """Show the job of a response, with the decision on it; return the time afterwards."""
        if not isinstance(finding, Job):
            return now
        job = finding
        if isinstance(outcome, Decision):
            job = with_decision(job, outcome, self.follower.learner.experience)
        return cast("float", (yield ShowJob(job=job)))

    def _add_first_polls(
        self,
        queue: PollQueue,
        pending: Sequence[Tracker],
        end: Callable[[str, JobOutcome], None],
        deadlines: Mapping[str, float],
        *,
        now: float,
        is_open: bool,
    ) -> None:
        """Add the first poll of each job to the queue, or end the wait for it if there is none."""
        is_shared = is_open or len(pending) > 1
        for tracker in pending:
            first, at = self.follower.first_decision(
                tracker, now, deadlines[tracker.id], is_shared=is_shared
            )
            self.follower.log_first_decision(tracker, first, at=at, now=now)
            if first.gives_up:
                end(tracker.id, timed_out(self.follower.last_seen(tracker), first.reason))
            else:
                queue.add(tracker, first, at=at)

    def _outcome(
        self, tracker: Tracker, finding: Finding, deadline: float, *, now: float, is_shared: bool
    ) -> JobOutcome | Decision:
        """Return how waiting for a job ended, or when to poll it next."""
        if isinstance(finding, Job):
            tracker.failures = 0
            if finding.is_finished:
                return finding
            decision = self.follower.decide(tracker, now, deadline, is_shared=is_shared)
            return (
                timed_out(self.follower.last_seen(tracker), decision.reason)
                if decision.gives_up
                else decision
            )
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


def _take_news(queue: PollQueue, wait: Wait, *, now: float) -> list[Tracker]:
    """Let the polls of jobs that events were about be due now, and undo the last `pop`.

    Returns the jobs whose ends other calls have seen, which no longer are in the queue.
    """
    queue.put_back()
    queue.hasten(wait.take_notified(), now=now)
    return queue.pop_ended(tuple(wait.ended))


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
