"""Finding jobs, listing them, and waiting for their end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from vid_trans_api.ids import tagged_id, untagged_id
from vid_trans_api.models import (
    Asset,
    Job,
    Workspace,
    read_consistent,
    read_consistent_in,
    read_time,
)
from vid_trans_api.operations.assets import asset_of_url
from vid_trans_api.operations.clock import read as read_clock
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.errors import AssetNotFound, JobNotFound, NoJobYet, NotDownloaded
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.serving.long_polls import Wait, long_polls, wait_for_end, workspace_name
from vid_trans_api.snapshots import Operation, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Jobs of a list, the newest first."""

    workspace: Workspace
    now: datetime
    """When it was read, by the workspace's clock."""
    states: tuple[JobState, ...]
    is_last: bool


def find_job(context: RequestContext, job_id: str, operation: Operation) -> JobState:
    """Find a job, and apply the rate limit and fault rules to the request about it.

    Raises JobNotFound, and what `apply_faults` does.
    """
    job, now = read_job(job_id, key_digest=context.key_digest)
    if job is None:
        workspace = Workspace.objects.of_key(context.key_digest)
        note_subject(context, workspace)
        apply_faults(context, operation, workspace=workspace, jobs=(), now=workspace.now(now))
        raise JobNotFound(job_id)
    note_subject(context, job.workspace, [job.public_id])
    apply_faults(context, operation, workspace=job.workspace, jobs=(job,), now=now)
    return _state(context, job, now)


def find_newest_job(context: RequestContext) -> JobState:
    """Find the newest job, as `find_job` does. Raises NoJobYet."""
    workspace, server_time = read_clock(context.key_digest)
    job, now = read_newest_job(workspace, server_time)
    jobs = () if job is None else (job,)
    note_subject(context, workspace, [each.public_id for each in jobs])
    apply_faults(context, Operation.STATUS, workspace=workspace, jobs=jobs, now=now)
    if job is None:
        raise NoJobYet
    return _state(context, job, now)


def find_jobs(context: RequestContext, job_ids: Sequence[str]) -> dict[str, JobState]:
    """Return jobs by their ids, without those that are not found.

    A fault of one job leaves the others alone.
    """
    workspace, server_time = read_clock(context.key_digest)
    wanted = {job_id: untagged_id(job_id) for job_id in job_ids}
    found, now = read_consistent_in(
        workspace,
        lambda _: Job.objects.find_many(set(wanted.values()), workspace=workspace),
        server_time,
    )
    states = {
        state.job.public_id: state
        for state in states_of(context, found, workspace=workspace, now=now)
    }
    return {
        job_id: states[public_id]
        for job_id, public_id in wanted.items()
        if public_id in states and is_id_of(states[public_id].job, job_id)
    }


def states_of(
    context: RequestContext, jobs: Sequence[Job], *, workspace: Workspace, now: datetime
) -> list[JobState]:
    """Apply the rate limit and fault rules to a status request about these jobs.

    Return their states, without those of jobs that a fault hides. A fault of one job leaves the
    others alone. Raises what `apply_faults` does.
    """
    note_subject(context, workspace, [job.public_id for job in jobs])
    apply_faults(context, Operation.STATUS, workspace=workspace, jobs=jobs, now=now, is_batch=True)
    return [_state(context, job, now) for job in jobs if not context.faults.hides(job)]


def list_jobs(
    context: RequestContext,
    *,
    limit: int,
    status: Status | None = None,
    target_language: str | None = None,
    before: int | None = None,
) -> Page:
    """List the newest jobs that match, older than the job number `before`."""
    workspace, server_time = read_clock(context.key_digest)
    note_subject(context, workspace)
    apply_faults(
        context, Operation.LIST, workspace=workspace, jobs=(), now=workspace.now(server_time)
    )
    jobs, now = read_consistent_in(
        workspace,
        lambda now: Job.objects.page(
            workspace=workspace,
            now=now,
            status=status,
            target_language=target_language,
            before=before,
            limit=limit + 1,  # one more tells whether there is a next page
        ),
        server_time,
    )
    return Page(
        workspace=workspace,
        now=now,
        states=tuple(_state(context, job, now) for job in jobs[:limit]),
        is_last=len(jobs) <= limit,
    )


def wait_for_job(
    context: RequestContext, state: JobState, *, seconds: float
) -> tuple[JobState, bool]:
    """Wait until a job has ended, at most `seconds` of real time.

    Return its state then, and whether the wait was granted: at most MAX_LONG_POLLS requests wait in
    one process, and no workspace can have all of these slots. The wait ends if the client leaves.
    Rules that match the job at its new age apply as well. Raises JobNotFound
    if it was deleted, and what `apply_faults` does.
    """
    job, arrived_at = state.job, state.now
    if job.at(arrived_at).status.is_terminal:
        return state, True
    with long_polls.slot(
        job.public_id, owner=workspace_name(job.workspace_id), limit=settings.MAX_LONG_POLLS
    ) as event:
        if event is None:
            return state, False
        if context.recording is not None:
            context.recording.is_long_poll = True
        found, now = wait_for_end(
            lambda: read_job(job.public_id, key_digest=context.key_digest),
            wait=Wait(job_id=job.public_id, event=event, has_left=context.has_left),
            seconds=seconds,
        )
    if found is None:
        raise JobNotFound(job.public_id)
    if now > arrived_at and not context.faults.is_job_rule:
        apply_faults(
            context,
            Operation.STATUS,
            workspace=found.workspace,
            jobs=(found,),
            now=now,
            arrived_at=arrived_at,
        )
    return _state(context, found, now), True


def find_asset(context: RequestContext, asset_id: str) -> Asset:
    """Return an uploaded file. Raises AssetNotFound."""
    workspace = Workspace.objects.of_key(context.key_digest)
    asset = Asset.objects.find(asset_id, workspace=workspace)
    if asset is None:
        raise AssetNotFound(asset_id)
    return asset


def find_asset_by_url(context: RequestContext, url: str) -> Asset:
    """Return the uploaded file that a URL of this server leads to. Raises NotDownloaded."""
    asset = asset_of_url(url, Workspace.objects.of_key(context.key_digest))
    if asset is None:
        raise NotDownloaded(url)
    return asset


def with_faults(context: RequestContext, state: JobState) -> JobState:
    """Return a job's state at the same instant, as the faults of the request let it appear."""
    return _state(context, state.job, state.now)


def read_job(job_id: str, *, key_digest: str) -> tuple[Job | None, datetime]:
    """Return a job of a workspace, or None, and the time there (the server's, if None)."""
    return _read(lambda: Job.objects.find(untagged_id(job_id), key_digest=key_digest), job_id)


def read_job_anywhere(job_id: str) -> tuple[Job | None, datetime]:
    """Return a job of any workspace, or None, and the time there."""
    return _read(lambda: Job.objects.find_anywhere(untagged_id(job_id)), job_id)


def read_newest_job(workspace: Workspace, server_time: datetime) -> tuple[Job | None, datetime]:
    """Return the newest job of a workspace, or None, and the time there.

    `server_time` is that at which the workspace's clock was read.
    """
    jobs, now = read_consistent_in(
        workspace,
        lambda now: Job.objects.page(workspace=workspace, now=now, limit=1),
        server_time,
    )
    return (jobs[0] if jobs else None), now


def is_id_of(job: Job, job_id: str) -> bool:
    """Return whether an id with a tag has the tag of the job's language."""
    return job_id == job.public_id or job_id == tagged_id(job.public_id, job.target_language)


def _read(find: Callable[[], Job | None], job_id: str) -> tuple[Job | None, datetime]:
    def read() -> list[Job]:
        job = find()
        return [job] if job and is_id_of(job, job_id) else []

    jobs = read_consistent(read)
    return (jobs[0], jobs[0].workspace.now()) if jobs else (None, read_time())


def _state(context: RequestContext, job: Job, now: datetime) -> JobState:
    snapshot = context.faults.snapshot(job, now, with_estimate=context.with_estimates)
    return JobState(job=job, now=now, snapshot=snapshot)


def note_subject(
    context: RequestContext, workspace: Workspace, job_ids: Sequence[str] = ()
) -> None:
    if context.recording is not None:
        context.recording.workspace = context.recording.workspace or workspace
        context.recording.job_ids = context.recording.job_ids or job_ids
