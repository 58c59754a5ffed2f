"""Batches of jobs, and the states of many jobs and batches at once."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vid_trans_api.ids import untagged_id
from vid_trans_api.models import Batch, Job, Workspace, read_consistent_in
from vid_trans_api.operations.clock import read as read_clock
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.errors import BatchNotFound
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.operations.reading import is_id_of, note_subject, states_of
from vid_trans_api.snapshots import Operation, Status

MOST_ROWS: Final = 100
"""How many rows `find_rows` returns at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """How many jobs are in each state at an instant."""

    queued: int
    running: int
    completed: int
    failed: int

    @property
    def pending(self) -> int:
        return self.queued + self.running

    @property
    def total(self) -> int:
        return self.pending + self.completed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A batch, and some of its jobs. A deleted job is no longer part of its batch."""

    batch: Batch
    counts: JobCounts
    """Of all its jobs."""
    states: tuple[JobState, ...]
    next_after: int | None
    """The job number after which the next page begins; None on the last page."""

    @property
    def status(self) -> Status:
        """Pending until all jobs have ended; then completed if one of them is, else an error."""
        if self.counts.pending:
            return Status.PENDING
        return Status.COMPLETED if self.counts.completed else Status.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The state of a job, or an id that is not found."""

    job_id: str = ""
    """As the request gave it; "" for a job of a batch."""
    batch_id: str = ""
    """Of the batch, if the request asked for that."""
    state: JobState | None = None
    """None if nothing has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """Rows, at most MOST_ROWS of them."""

    rows: tuple[Row, ...]
    next_after: int | None
    """As in BatchPage."""


def find_batch(
    context: RequestContext, batch_id: str, *, limit: int, after: int | None
) -> BatchPage:
    """Find a batch, and `limit` of its jobs that are newer than the job number `after`.

    Applies the rate limit and fault rules to a status request about these jobs. Raises
    BatchNotFound, and what `apply_faults` does.
    """
    workspace, server_time = read_clock(context.key_digest)
    now = workspace.now(server_time)
    batch = Batch.objects.find(batch_id, workspace=workspace)
    if batch is None:
        note_subject(context, workspace, [batch_id])
        apply_faults(context, Operation.STATUS, workspace=workspace, jobs=(), now=now)
        raise BatchNotFound(batch_id)
    jobs, now = read_consistent_in(
        workspace,
        # All of them by one query, so that counts and states agree: a batch is small.
        lambda _: _items(workspace, [batch.pk]),
        server_time,
    )
    if not jobs and not Batch.objects.filter(pk=batch.pk).exists():  # deleted meanwhile
        raise BatchNotFound(batch_id)
    rest = [job for job in jobs if after is None or job.number > after]
    return BatchPage(
        batch=batch,
        counts=_counts(jobs, now),
        states=tuple(states_of(context, rest[:limit], workspace=workspace, now=now)),
        next_after=rest[limit - 1].number if len(rest) > limit else None,
    )


def _counts(jobs: Sequence[Job], now: datetime) -> JobCounts:
    snapshots = [job.at(now, with_estimate=False) for job in jobs]
    statuses = Counter(each.status for each in snapshots)
    running = sum(each.status is Status.PENDING and each.has_started for each in snapshots)
    return JobCounts(
        queued=statuses[Status.PENDING] - running,
        running=running,
        completed=statuses[Status.COMPLETED],
        failed=statuses[Status.ERROR],
    )


def find_rows(
    context: RequestContext,
    job_ids: Sequence[str],
    batch_ids: Sequence[str],
    *,
    after: int | None = None,
) -> RowPage:
    """Return the states of jobs: those with these ids, then those of the batches.

    There are at most MOST_ROWS ids in all.

    On later pages, only jobs of the batches that are newer than the job number `after`. Applies the
    rate limit and fault rules to a status request about all jobs of the page. Raises what
    `apply_faults` does.
    """
    workspace, server_time = read_clock(context.key_digest)
    batches = Batch.objects.find_many(batch_ids, workspace=workspace)
    known = {batch.public_id for batch in batches.values()}
    unknown = [] if after is not None else [each for each in batch_ids if each not in known]
    wanted = [] if after is not None else [(each, untagged_id(each)) for each in job_ids]
    free = MOST_ROWS - len(wanted) - len(unknown)
    items: list[Job] = []

    def read(_: datetime) -> list[Job]:
        named = {public_id for _, public_id in wanted}
        items[:] = _items(workspace, batches, after=after, limit=free + 1)
        found = Job.objects.find_many(named, workspace=workspace) if named else []
        return [*found, *(job for job in items[:free] if job.public_id not in named)]

    jobs, now = read_consistent_in(workspace, read, server_time)
    known_ids = [job.public_id for job in items[:free]]
    note_subject(context, workspace, [*(public_id for _, public_id in wanted), *known_ids])
    states = {
        state.job.public_id: state
        for state in states_of(context, jobs, workspace=workspace, now=now)
    }
    rows = [Row(job_id=each, state=_named(states.get(key), each)) for each, key in wanted]
    rows += [Row(batch_id=each) for each in unknown]
    rows += [
        Row(batch_id=batches[job.batch_id].public_id, state=states[job.public_id])
        for job in items[:free]
        if job.batch_id in batches and job.public_id in states
    ]
    return RowPage(
        rows=tuple(rows), next_after=items[free - 1].number if len(items) > free else None
    )


def _items(
    workspace: Workspace,
    batches: Collection[int],
    *,
    after: int | None = None,
    limit: int | None = None,
) -> list[Job]:
    if not batches:
        return []
    return Job.objects.of_batches(batches, workspace=workspace, after=after, limit=limit)


def _named(state: JobState | None, job_id: str) -> JobState | None:
    """Return the state if the id is one of the job's."""
    return state if state is not None and is_id_of(state.job, job_id) else None
