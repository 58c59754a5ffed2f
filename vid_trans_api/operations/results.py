"""Results: the video, the sound and the captions of a job or proofread, as files."""

from datetime import datetime

from vid_trans_api.engines import ENGINE, Result
from vid_trans_api.file_types import SRT, VTT
from vid_trans_api.models import Asset, Job, Proofread
from vid_trans_api.operations.errors import NoResult
from vid_trans_api.simulation.captions import Cue, as_srt, as_vtt, parse_srt, placeholder_cues
from vid_trans_api.snapshots import Snapshot, Status

_USUAL_DURATION = 60.0
"""Seconds of video of a job whose duration is unknown."""


def get_result(job: Job, now: datetime) -> Result:
    """Return the translated video of a job. Raises NoResult if it is not completed."""
    _refuse_without_result(job, now)
    if job.details is not None and job.details.is_audio_only:
        raise NoResult("Only the sound was translated, so there is no video.")
    return ENGINE.result(job)


def get_audio(job: Job, now: datetime) -> Result:
    """Return the translated sound of a job. Raises NoResult if it is not completed."""
    _refuse_unless_completed(job.at(now))
    return ENGINE.audio(job)


def get_captions(job: Job, now: datetime, *, as_webvtt: bool = False) -> Result:
    """Return the captions of a job, as SRT or WebVTT. Raises NoResult if it is not completed."""
    _refuse_unless_completed(job.at(now))
    cues = (
        parse_srt(job.proofread.srt)
        if job.proofread is not None and job.proofread.srt
        else _cues(job.video_duration, language=job.target_language)
    )
    if as_webvtt:
        return Result(content=as_vtt(cues).encode(), content_type=VTT)
    return _srt(cues)


def get_asset(asset: Asset) -> Result:
    """Return an uploaded file."""
    return Result(file=asset.file, content_type=asset.mime_type)


def get_proofread_srt(proofread: Proofread, now: datetime) -> Result:
    """Return the translated captions of a proofread: the corrected ones, if there are any.

    Raises NoResult if it is not completed.
    """
    _refuse_without_proofread(proofread, now)
    if proofread.srt:
        return Result(content=proofread.srt.encode(), content_type=SRT)
    return _srt(_cues(proofread.video_duration, language=proofread.target_language))


def get_original_srt(proofread: Proofread, now: datetime) -> Result:
    """Return the captions of a proofread in the language of its video. Raises NoResult."""
    _refuse_without_proofread(proofread, now)
    language = proofread.details.input_language if proofread.details is not None else ""
    return _srt(_cues(proofread.video_duration, language=language))


def _cues(duration: float | None, *, language: str) -> tuple[Cue, ...]:
    return placeholder_cues(_USUAL_DURATION if duration is None else duration, language=language)


def _srt(cues: tuple[Cue, ...]) -> Result:
    return Result(content=as_srt(cues).encode(), content_type=SRT)


def _refuse_without_result(job: Job, now: datetime) -> None:
    snapshot = job.at(now)
    _refuse_unless_completed(snapshot)
    if not snapshot.has_result:
        raise NoResult("It is completed, but its result is not there yet.")


def _refuse_unless_completed(snapshot: Snapshot) -> None:
    if snapshot.status is not Status.COMPLETED:
        raise NoResult("It is not completed, so it has no result.")


def _refuse_without_proofread(proofread: Proofread, now: datetime) -> None:
    if proofread.status_at(now) is not Status.COMPLETED:
        raise NoResult("It is not completed, so it has no captions.")
