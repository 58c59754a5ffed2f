"""Creating jobs: from a request, by a form, again, or for a demonstration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from vid_trans_api.engines import ENGINE
from vid_trans_api.ids import new_id
from vid_trans_api.models import (
    Batch,
    Job,
    JobFacts,
    Proofread,
    QuotaExceeded,
    Workspace,
    webhook_times,
)
from vid_trans_api.operations.callbacks import prepare_callbacks
from vid_trans_api.operations.concurrency import (
    WhenBusy,
    plan_queue,
    refuse_if_busy,
    turns_of_new_jobs,
)
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.defaults import default_options
from vid_trans_api.operations.errors import (
    AssetNotFound,
    InsufficientCredit,
    InvalidCallback,
    JobRefused,
    NoResult,
    NotAVideo,
    ProofreadNotFound,
    TooManyAtOnce,
    TooManyRunning,
)
from vid_trans_api.operations.faults import (
    apply_creation_faults,
    refuse_unreachable_options,
)
from vid_trans_api.operations.idempotency import (
    Idempotency,
    StoredResponse,
    first_use,
    remember,
    replay,
)
from vid_trans_api.operations.job_requests import (
    JobRequest,
    ResolvedRequest,
    repeat_of,
    resolve,
)
from vid_trans_api.operations.wallet import charge
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.scenarios import merge_options


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """The fields of a new batch."""

    title: str = ""
    callback_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What a request has created."""

    states: tuple[JobState, ...] = ()
    """The jobs, in the order of the requests for them."""
    batch: Batch | None = None
    proofreads: tuple[Proofread, ...] = ()
    """In the order of the requests for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRequests:
    """Requests that no fault replaces and no scenario refuses, in their locked workspace."""

    context: RequestContext
    workspace: Workspace
    now: datetime
    """By the clock of the workspace."""
    requests: Sequence[ResolvedRequest]
    levels: Sequence[Sequence[SimulationOptions]]
    """The options of each request; the first have the highest precedence."""


def create_job(
    context: RequestContext, request: JobRequest, idempotency: Idempotency | None = None
) -> JobState | StoredResponse:
    """Create a job as `create_jobs` does, whatever the number of jobs that run."""
    created = create_jobs(context, [request], idempotency)
    return created if isinstance(created, StoredResponse) else created.states[0]


def create_jobs(
    context: RequestContext,
    requests: Sequence[JobRequest],
    idempotency: Idempotency | None = None,
    *,
    when_busy: WhenBusy = WhenBusy.RUN,
    batch: BatchRequest | None = None,
) -> Creation | StoredResponse:
    """Create all or none of these jobs, or return the first response if its key was used before.

    Raises InsufficientCredit, TooManyAtOnce, TooManyRunning, and what `create_under_faults` does.
    """

    def store(accepted: AcceptedRequests) -> Creation:
        _refuse_too_many(accepted, when_busy)
        return _create(accepted, when_busy=when_busy, batch=batch)

    created = create_under_faults(context, requests, idempotency, store)
    if context.recording and isinstance(created, Creation):
        context.recording.scenario = created.states[0].job.scenario
    return created


def create_under_faults(
    context: RequestContext,
    requests: Sequence[JobRequest],
    idempotency: Idempotency | None,
    store: Callable[[AcceptedRequests], Creation],
) -> Creation | StoredResponse:
    """Store what is created, or return the first response if its key was used before.

    What `store` creates, the response with its key and the counters of fault rules are stored in
    one transaction. Raises, after it, FaultResponse, IdempotencyKeyReused, QuotaExceeded,
    JobRefused, what `resolve` does, and any of _REFUSALS that `store` raises, so that the counters
    stay; raises SocketRequired, NoRequestsLeft, RateLimited and, for a new workspace,
    QuotaExceeded.
    """
    with transaction.atomic():
        # Under this lock, one of several requests with the same key creates something.
        workspace = Workspace.objects.locked(context.key_digest)
        now = workspace.now()
        levels = [_levels_of(context, request, workspace) for request in requests]
        options = [merge_options(each) for each in levels]
        if context.recording and idempotency:
            context.recording.workspace = workspace
            context.recording.content_digest = idempotency.request_digest
            context.recording.idempotency_key = idempotency.key
        first = first_use(workspace, idempotency, now) if idempotency else None
        fault = apply_creation_faults(
            context,
            options,
            workspace=workspace,
            name=idempotency.name if idempotency else "",
            is_replay=first is not None,
            now=now,
        )
        created: Creation | StoredResponse | Exception
        if fault is not None:
            created = fault
        elif first is not None and idempotency is not None:
            created = replay(first, idempotency)
        else:
            try:
                resolved = resolve(requests, workspace, now)
                _refuse_by_scenario(resolved, options)
                with transaction.atomic():  # a creation that cannot be paid draws no plan
                    accepted = AcceptedRequests(
                        context=context,
                        workspace=workspace,
                        now=now,
                        requests=resolved,
                        levels=levels,
                    )
                    created = store(accepted)
                    webhook_times.plan_report(workspace)
                    if idempotency is not None:
                        remember(workspace, idempotency, created, now)
            except _REFUSALS as refusal:
                created = refusal
    if isinstance(created, Exception):
        raise created
    return created


_REFUSALS: Final = (
    QuotaExceeded,
    JobRefused,
    InsufficientCredit,
    TooManyAtOnce,
    TooManyRunning,
    AssetNotFound,
    NotAVideo,
    ProofreadNotFound,
    NoResult,
    InvalidCallback,
)


def _levels_of(
    context: RequestContext, request: JobRequest, workspace: Workspace
) -> tuple[SimulationOptions, ...]:
    """Return the options of a new job; the first have the highest precedence."""
    named = {**request.options, **default_options(workspace)}
    refuse_unreachable_options(context, named)
    return (*named.values(), *([request.fallback] if request.fallback else ()))


def _refuse_too_many(accepted: AcceptedRequests, when_busy: WhenBusy) -> None:
    """Raise QuotaExceeded, TooManyAtOnce or TooManyRunning."""
    workspace, count, most = accepted.workspace, len(accepted.requests), settings.MAX_JOBS
    if most and workspace.jobs.count_up_to(most) + count > most:
        raise QuotaExceeded(f"This workspace may have {most} jobs, as many as MAX_JOBS allows.")
    if when_busy is WhenBusy.REFUSE:
        refuse_if_busy(workspace, count, now=accepted.now)


def _refuse_by_scenario(
    requests: Sequence[ResolvedRequest], options: Sequence[SimulationOptions]
) -> None:
    """Raise JobRefused if a scenario says so. `options` are those of each request."""
    for position, (request, each) in enumerate(zip(requests, options, strict=True)):
        if each.refusal and request.request.plan is None:
            raise JobRefused(each.refusal, request.request.video_url, position=position)


def run_again(job: Job) -> Job:
    """Create a job with the same fields and the same plan, for staff."""
    return create_exempt_job(repeat_of(job), key_digest=job.workspace.key_digest)


def create_exempt_job(request: JobRequest, *, key_digest: str, has_socket: bool = True) -> Job:
    """Create a job for staff: no fault rule applies, and nothing is recorded."""
    context = RequestContext(key_digest=key_digest, has_socket=has_socket, is_exempt=True)
    created = create_job(context, request)
    assert isinstance(created, JobState)  # noqa: S101 (without a key, nothing is replayed)
    return created.job


def _create(
    accepted: AcceptedRequests, *, when_busy: WhenBusy, batch: BatchRequest | None
) -> Creation:
    """Store the jobs and their batch. Raises InsufficientCredit."""
    workspace, now = accepted.workspace, accepted.now
    requests = prepare_callbacks(
        accepted.context,
        workspace,
        accepted.requests,
        batch_callback=batch.callback_url if batch else "",
        now=now,
    )
    facts = facts_of(accepted)
    charge(workspace, zip((each.request.details for each in requests), facts, strict=True))
    turns = (
        turns_of_new_jobs(workspace, facts, now=now)
        if when_busy is WhenBusy.WAIT
        else [now] * len(facts)
    )
    stored_batch = None if batch is None else _add_batch(workspace, batch, now)
    jobs = [
        _add(workspace, resolved, each, begins_at=turn, now=now, **_place(stored_batch, position))
        for position, (resolved, each, turn) in enumerate(zip(requests, facts, turns, strict=True))
    ]
    if when_busy is WhenBusy.RUN:  # they run before those that wait
        plan_queue(workspace, now=now)
    return Creation(
        states=tuple(JobState(job=job, now=now, snapshot=job.at(now)) for job in jobs),
        batch=stored_batch,
    )


def facts_of(accepted: AcceptedRequests) -> list[JobFacts]:
    """Return the facts of new jobs that begin now. Needs the lock."""
    facts = [
        ENGINE.start(
            options,
            plan=each.request.plan,
            video_duration=each.request.video_duration,
            next_seed=accepted.workspace.next_seed,
            begins_at=accepted.now,
        )
        for each, options in zip(accepted.requests, accepted.levels, strict=True)
    ]
    return _with_equal_videos(accepted.requests, facts)


def _with_equal_videos(
    requests: Sequence[ResolvedRequest], facts: Sequence[JobFacts]
) -> list[JobFacts]:
    """Let jobs for the same URL have a video of the same duration."""
    durations: dict[str, float | None] = {}
    return [
        replace(
            each,
            video_duration=durations.setdefault(resolved.request.video_url, each.video_duration),
        )
        if resolved.asset is None
        else each
        for resolved, each in zip(requests, facts, strict=True)
    ]


def _add_batch(workspace: Workspace, request: BatchRequest, now: datetime) -> Batch:
    return Batch.objects.create(
        public_id=new_id(),
        workspace=workspace,
        title=request.title,
        callback_url=request.callback_url,
        created_at=now,
        is_reported=not workspace.has_webhooks,
    )


def _place(batch: Batch | None, position: int) -> dict[str, Any]:
    return {} if batch is None else {"batch": batch, "batch_position": position}


def _add(
    workspace: Workspace,
    resolved: ResolvedRequest,
    facts: JobFacts,
    *,
    begins_at: datetime | None,
    now: datetime,
    **fields: Any,
) -> Job:
    request, is_queued = resolved.request, begins_at != now
    return Job.objects.add(
        workspace=workspace,
        now=now,
        facts=ENGINE.reschedule(facts, begins_at=begins_at) if is_queued else facts,
        title=request.title,
        video_url=request.video_url,
        target_language=request.target_language,
        details=request.details,
        asset=resolved.asset,
        proofread=resolved.proofread,
        is_queued=is_queued,
        is_reported=not workspace.has_webhooks,
        begins_at=begins_at if is_queued else None,
        **fields,
    )
