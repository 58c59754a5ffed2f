"""From HeyGen's fields to requests for jobs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.conf import settings

from vid_trans_api.http.options import options_from_url
from vid_trans_api.models import JobDetails, Mode
from vid_trans_api.operations import JobRequest
from vid_trans_api.simulation.options import SimulationOptions

_QUEUED: Final = SimulationOptions(queued=0.1)
"""HeyGen's jobs are pending before they run."""


def job_requests(fields: Mapping[str, Any]) -> Iterator[JobRequest]:
    """Yield a request for each output language. Raises ValidationError."""
    video = fields["video"]
    options = {
        "simulation": fields.get("simulation"),
        "video.url": options_from_url(video.url) if settings.SIMULATION and video.url else None,
    }
    details = JobDetails(
        input_language=fields.get("input_language", ""),
        mode=Mode(fields.get("mode", Mode.SPEED)),
        is_audio_only=fields.get("translate_audio_only", False),
        has_captions=fields.get("enable_caption", False),
        callback_id=fields.get("callback_id", ""),
        callback_url=fields.get("callback_url", ""),
    )
    for language in fields["output_languages"]:
        yield JobRequest(
            video_url=video.url,
            title=fields.get("title", ""),
            target_language=language,
            options={name: each for name, each in options.items() if each},
            fallback=_QUEUED,
            details=details,
            asset_id=video.asset_id,
        )
