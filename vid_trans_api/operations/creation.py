"""Creating jobs: from a request, by a form, again, or for a demonstration."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from vid_trans_api import clock
from vid_trans_api.engines import ENGINE
from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models import Asset, IdempotencyKey, Job, QuotaExceeded, Workspace
from vid_trans_api.operations.assets import asset_of_url
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.defaults import default_options
from vid_trans_api.operations.errors import IdempotencyKeyReused
from vid_trans_api.operations.faults import (
    apply_creation_faults,
    refuse_unreachable_options,
)
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.scenarios import merge_options


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """The fields and options of a new job."""

    video_url: str = ""
    title: str = ""
    target_language: str = DEFAULT_LANGUAGE
    options: Mapping[str, SimulationOptions] = field(default_factory=dict)
    """By the part of the request that gives them; the first have the highest precedence."""
    asset: Asset | None = None
    """The uploaded video; if it is left out, that of `video_url`, if there is one."""
    video_duration: float | None = None
    """Seconds of video; if it is left out, that of the uploaded video."""
    plan: Plan | None = None
    """The plan of a job to repeat; if it is given, the options have no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response that is stored for later requests with the same key."""

    body: str
    headers: Mapping[str, str]
    reported: Mapping[str, list[object]]
    """What it reports about jobs, for the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """How a repeated creation is recognised, and how its response is written."""

    key: str
    """The Idempotency-Key; "" if there is none."""
    request_digest: str
    write: Callable[[JobState], StoredResponse]


def create_job(
    context: RequestContext, request: JobRequest, idempotency: Idempotency | None = None
) -> JobState | StoredResponse:
    """Create a job, or return the first response if its key was used before.

    The job, its key and the counters of fault rules are stored in one transaction. Raises, after
    it, FaultResponse, IdempotencyKeyReused and QuotaExceeded, so that the counters stay; raises
    SocketRequired, NoRequestsLeft, RateLimited, NotAVideo and, for a new workspace, QuotaExceeded.
    """
    with transaction.atomic():
        # Under this lock, one of several requests with the same key creates the job.
        workspace = Workspace.objects.locked(context.key_digest)
        now = workspace.now(clock.now())
        options = {**request.options, **default_options(workspace)}
        refuse_unreachable_options(context, options)
        merged = merge_options(options.values())
        if context.recording and idempotency:
            context.recording.workspace = workspace
            context.recording.content_digest = idempotency.request_digest
            context.recording.idempotency_key = idempotency.key
        first = _first_use(workspace, idempotency, now)
        fault = apply_creation_faults(
            context,
            merged,
            workspace=workspace,
            name=_name(idempotency),
            is_replay=first is not None,
            now=now,
        )
        created: JobState | StoredResponse | Exception
        if fault is not None:
            created = fault
        elif first is not None and idempotency is not None:
            created = _replay(first, idempotency)
        elif _is_full(workspace):
            created = QuotaExceeded(
                f"This workspace has {settings.MAX_JOBS} jobs, as many as MAX_JOBS allows."
            )
        else:
            created = _create(workspace, request, options.values(), now)
            _remember(workspace, idempotency, created, now)
    if isinstance(created, Exception):
        raise created
    if context.recording and isinstance(created, JobState):
        context.recording.scenario = created.job.scenario
    return created


def _is_full(workspace: Workspace) -> bool:
    most = settings.MAX_JOBS
    return bool(most) and workspace.jobs.count_up_to(most) >= most


def repeat_of(job: Job) -> JobRequest:
    """Return the request for a job with the same fields and the same plan."""
    return JobRequest(
        video_url=job.video_url,
        title=job.title,
        target_language=job.target_language,
        asset=job.asset,
        video_duration=job.video_duration,
        plan=job.plan,
    )


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
    workspace: Workspace, request: JobRequest, options: Iterable[SimulationOptions], now: datetime
) -> JobState:
    asset = request.asset or asset_of_url(request.video_url, workspace)
    duration = request.video_duration
    if duration is None and asset is not None:
        duration = asset.duration
    facts = ENGINE.start(options, plan=request.plan, next_seed=workspace.next_seed, now=now)
    job = Job.objects.add(
        workspace=workspace,
        now=now,
        facts=facts,
        title=request.title,
        video_url=request.video_url,
        target_language=request.target_language,
        asset=asset,
        video_duration=duration,
    )
    return JobState(job=job, now=now, snapshot=job.at(now))


def _name(idempotency: Idempotency | None) -> str:
    """Return what the attempts of one creation have in common."""
    if idempotency is None:
        return ""
    key = idempotency.key
    return f"key {key}" if key else f"body {idempotency.request_digest}"


def _first_use(
    workspace: Workspace, idempotency: Idempotency | None, now: datetime
) -> IdempotencyKey | None:
    if idempotency is None or not idempotency.key:
        return None
    return IdempotencyKey.objects.live(now, workspace=workspace, key=idempotency.key)


def _replay(
    first: IdempotencyKey, idempotency: Idempotency
) -> StoredResponse | IdempotencyKeyReused:
    if first.request_digest != idempotency.request_digest:
        return IdempotencyKeyReused(
            "This Idempotency-Key came with another body before; a new request needs a new key."
        )
    return StoredResponse(body=first.response, headers=first.headers, reported=first.reported)


def _remember(
    workspace: Workspace, idempotency: Idempotency | None, state: JobState, now: datetime
) -> None:
    """Store the response, as it is without faults, for later requests with the key."""
    if idempotency is not None and idempotency.key:
        stored = idempotency.write(state)
        IdempotencyKey.objects.remember(
            workspace=workspace,
            key=idempotency.key,
            now=now,
            request_digest=idempotency.request_digest,
            response=stored.body,
            headers=stored.headers,
            reported=stored.reported,
        )
