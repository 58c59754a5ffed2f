"""Requests for new jobs, and the uploaded videos and proofreads that they name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models import NO_DETAILS, Asset, Job, JobDetails, Proofread, Workspace
from vid_trans_api.operations.assets import asset_id_of_url, refuse_other_than_video
from vid_trans_api.operations.errors import AssetNotFound, NoResult, ProofreadNotFound
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """The fields and options of a new job.

    It names uploaded videos and proofreads by their ids. The creation reads them under its lock, so
    that nothing deletes them meanwhile.
    """

    video_url: str = ""
    title: str = ""
    target_language: str = DEFAULT_LANGUAGE
    options: Mapping[str, SimulationOptions] = field(default_factory=dict)
    """By the part of the request that gives them; the first have the highest precedence."""
    plan: Plan | None = None
    """The plan of a job to repeat; if it is given, the options have no effect."""
    fallback: SimulationOptions | None = None
    """Options with the lowest precedence."""
    details: JobDetails | None = None
    video_duration: float | None = None
    """Seconds of video; if it is left out, that of the uploaded video, if there is one."""
    asset_id: str = ""
    """Of the uploaded video; if it is left out, that of `video_url`, if it leads to one."""
    repeated_asset: int | None = None
    """The primary key of the uploaded video of a job to repeat; it may have been deleted."""
    proofread_id: str = ""
    """Of the proofread that the job is generated from, which then says what the video is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRequest:
    """A request for a job, and the rows that it names."""

    request: JobRequest
    asset: Asset | None
    proofread: Proofread | None


def repeat_of(job: Job) -> JobRequest:
    """Return the request for a job with the same fields and the same plan."""
    return JobRequest(
        video_url=job.video_url,
        title=job.title,
        target_language=job.target_language,
        plan=job.plan,
        details=job.details,
        video_duration=job.video_duration,
        repeated_asset=job.asset_id,
    )


def resolve(
    requests: Sequence[JobRequest], workspace: Workspace, now: datetime
) -> list[ResolvedRequest]:
    """Return the requests with the rows that they name. Needs the lock.

    Raises AssetNotFound, NotAVideo, ProofreadNotFound, and NoResult for a proofread that is not
    completed.
    """
    proofreads = _proofreads_of(requests, workspace)
    requests = [
        _generation(each, proofreads.get(each.proofread_id), now) if each.proofread_id else each
        for each in requests
    ]
    by_url = {each.video_url: asset_id_of_url(each.video_url) for each in requests}
    assets = Asset.objects.lock_many(
        {each.asset_id or by_url[each.video_url] for each in requests} - {""},
        {each.repeated_asset for each in requests if each.repeated_asset is not None},
        workspace=workspace,
    )
    by_id = {asset.public_id: asset for asset in assets}
    by_key = {asset.pk: asset for asset in assets}
    return [
        _with_asset(
            each,
            by_key.get(each.repeated_asset or 0)
            or by_id.get(each.asset_id or by_url[each.video_url]),
            proofreads.get(each.proofread_id),
        )
        for each in requests
    ]


def _proofreads_of(requests: Sequence[JobRequest], workspace: Workspace) -> dict[str, Proofread]:
    ids = {each.proofread_id for each in requests} - {""}
    found = Proofread.objects.lock_many(ids, workspace=workspace)
    return {proofread.public_id: proofread for proofread in found}


def _with_asset(
    request: JobRequest, asset: Asset | None, proofread: Proofread | None
) -> ResolvedRequest:
    if asset is not None:
        refuse_other_than_video(asset, is_named_by_id=bool(request.asset_id))
        if request.video_duration is None:
            request = replace(request, video_duration=asset.duration)
    elif request.asset_id:
        raise AssetNotFound(request.asset_id)
    return ResolvedRequest(request=request, asset=asset, proofread=proofread)


def _generation(request: JobRequest, proofread: Proofread | None, now: datetime) -> JobRequest:
    """Return the request for the job that renders a proofread.

    The job follows the proofread's plan, unless there are options.
    """
    if proofread is None:
        raise ProofreadNotFound(request.proofread_id)
    refuse_without_captions(proofread, now)
    known = proofread.details or NO_DETAILS
    return replace(
        request,
        video_url=proofread.video_url,
        title=proofread.title,
        target_language=proofread.target_language,
        plan=None if request.options else proofread.plan,
        details=replace(
            request.details or NO_DETAILS, input_language=known.input_language, mode=known.mode
        ),
        video_duration=proofread.video_duration,
        repeated_asset=proofread.asset_id,
    )


def refuse_without_captions(proofread: Proofread, now: datetime) -> None:
    """Raise NoResult unless the proofread is completed."""
    status = proofread.status_at(now)
    if status is not Status.COMPLETED:
        raise NoResult(
            f"Proofread {proofread.public_id} is {status}, so it has no captions; only completed"
            " ones do."
        )
