"""Proofreads: created, found, corrected, and turned into jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final

from django.conf import settings

from vid_trans_api.ids import new_id
from vid_trans_api.models import (
    Asset,
    JobDetails,
    JobFacts,
    Proofread,
    QuotaExceeded,
    Workspace,
    lock,
)
from vid_trans_api.operations.callbacks import prepare_callbacks
from vid_trans_api.operations.clock import read as read_clock
from vid_trans_api.operations.concurrency import WhenBusy
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.creation import (
    AcceptedRequests,
    Creation,
    create_jobs,
    create_under_faults,
    facts_of,
)
from vid_trans_api.operations.errors import AssetNotFound, ProofreadNotFound
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.operations.idempotency import Idempotency, StoredResponse
from vid_trans_api.operations.job_requests import (
    JobRequest,
    ResolvedRequest,
    refuse_without_captions,
)
from vid_trans_api.operations.reading import note_subject
from vid_trans_api.simulation.captions import LONGEST_SRT, decode_srt, parse_srt
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.snapshots import Operation, Status

_JOB_PER_PROOFREAD: Final = 3
"""How much longer a job takes than its proofread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofreadState:
    """A proofread, and what its facts mean at an instant."""

    proofread: Proofread
    now: datetime
    """When it was read, by its workspace's clock."""

    @property
    def status(self) -> Status:
        return self.proofread.status_at(self.now)

    def refuse_unless_completed(self) -> None:
        """Raise NoResult if it has no captions."""
        refuse_without_captions(self.proofread, self.now)


def create_proofreads(
    context: RequestContext, requests: Sequence[JobRequest], idempotency: Idempotency
) -> Creation | StoredResponse:
    """Create a proofread for each request for a job, or none.

    They count neither for the wallet nor for how many jobs run at once. Raises what
    `create_under_faults` does.
    """
    return create_under_faults(context, requests, idempotency, _create)


def find_proofread(
    context: RequestContext, proofread_id: str, operation: Operation
) -> ProofreadState:
    """Find a proofread, and apply the rate limit and the workspace's fault rules to the request.

    Raises ProofreadNotFound, and what `apply_faults` does.
    """
    workspace, server_time = read_clock(context.key_digest)
    now = workspace.now(server_time)
    proofread = Proofread.objects.find(proofread_id, workspace=workspace)
    # Under a name of its own: requests about several proofreads are not about the same thing.
    note_subject(context, workspace, [proofread_id])
    apply_faults(context, operation, workspace=workspace, jobs=(), now=now)
    if proofread is None:
        raise ProofreadNotFound(proofread_id)
    return ProofreadState(proofread=proofread, now=now)


def captions_of(asset: Asset) -> str:
    """Return the text of an uploaded file with captions.

    Raises InvalidCaptions, and AssetNotFound if the file was deleted since its row was found.
    """
    try:
        file = asset.file.open("rb")
    except FileNotFoundError:
        raise AssetNotFound(asset.public_id) from None
    with file:
        return captions_in(file)


def captions_in(file: IO[bytes]) -> str:
    """Return the text of a file with captions. Raises InvalidCaptions."""
    text = decode_srt(file.read(LONGEST_SRT + 1))
    parse_srt(text)
    return text


def correct_proofread(state: ProofreadState, srt: str) -> ProofreadState:
    """Replace the captions of a proofread. Raises NoResult and ProofreadNotFound."""
    state.refuse_unless_completed()
    proofread = state.proofread
    try:
        with lock(proofread.workspace):
            if not Proofread.objects.filter(pk=proofread.pk).update(srt=srt):
                raise ProofreadNotFound(proofread.public_id)
    except Workspace.DoesNotExist:  # deleted since it was found, with its proofreads
        raise ProofreadNotFound(proofread.public_id) from None
    proofread.srt = srt
    return state


def generate_job(
    context: RequestContext,
    proofread_id: str,
    details: JobDetails,
    idempotency: Idempotency,
    *,
    options: Mapping[str, SimulationOptions],
) -> Creation | StoredResponse:
    """Create the job that renders a proofread.

    It goes as the proofread's plan says, unless there are options. Raises what `create_jobs` does.
    """
    return create_jobs(
        context,
        [JobRequest(proofread_id=proofread_id, details=details, options=options)],
        idempotency,
        when_busy=WhenBusy.REFUSE,
    )


def _refuse_if_full(workspace: Workspace, count: int) -> None:
    """Raise QuotaExceeded if there are as many proofreads as MAX_JOBS allows."""
    most = settings.MAX_JOBS
    if most and workspace.proofreads.count() + count > most:
        raise QuotaExceeded(f"This workspace may have {most} proofreads, as many as jobs.")


def _create(accepted: AcceptedRequests) -> Creation:
    """Store the proofreads. Raises QuotaExceeded."""
    _refuse_if_full(accepted.workspace, len(accepted.requests))
    requests = prepare_callbacks(
        accepted.context, accepted.workspace, accepted.requests, batch_callback="", now=accepted.now
    )
    return Creation(
        proofreads=tuple(
            _add(accepted.workspace, request, facts, accepted.now)
            for request, facts in zip(requests, facts_of(accepted), strict=True)
        )
    )


def _add(
    workspace: Workspace, resolved: ResolvedRequest, facts: JobFacts, now: datetime
) -> Proofread:
    request, end = resolved.request, facts.finishes_at
    return Proofread.objects.create(
        public_id=new_id(),
        workspace=workspace,
        title=request.title,
        video_url=request.video_url,
        asset=resolved.asset,
        target_language=request.target_language,
        details=request.details,
        video_duration=facts.video_duration or 0,
        created_at=now,
        finishes_at=None if end is None else now + (end - now) / _JOB_PER_PROOFREAD,
        outcome=facts.outcome or "",
        failure=facts.failure,
        plan=facts.plan,
        is_reported=not workspace.has_webhooks,
    )
