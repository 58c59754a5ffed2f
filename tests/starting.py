"""Create jobs without the API, and read pages."""

import html
import re
from typing import Any

from django.http import HttpResponse

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models import Job, digest_of
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.simulation.options import EstimateQuality, Outcome, SimulationOptions


def start(
    *,
    key: str = "",
    title: str = "Talk",
    video_url: str = "",
    target_language: str = DEFAULT_LANGUAGE,
    seconds: float = 10,
    **options: Any,
) -> Job:
    """Create a job that completes and has exact estimates, unless the options say otherwise."""
    usual: dict[str, Any] = {"outcome": Outcome.COMPLETED, "estimate": EstimateQuality(noise=0)}
    chosen = SimulationOptions(**usual | {"duration": (seconds, seconds)} | options)
    request = JobRequest(
        title=title,
        video_url=video_url,
        target_language=target_language,
        options={"simulation": chosen},
    )
    return create_exempt_job(request, key_digest=digest_of(key))


def page_of(job: Job) -> str:
    """Return the path of the job's page."""
    return f"/jobs/{job.public_id}"


def timeline_of(job: Job) -> str:
    """Return the path of the job's timeline."""
    return f"/jobs/{job.public_id}/timeline"


def found(pattern: str, response: HttpResponse) -> str | None:
    """Return the text of the pattern's group in a response, or None if it does not match."""
    match = re.search(pattern, response.text)
    return match and html.unescape(match[1])


def shown_titles(response: HttpResponse) -> list[str]:
    """Return the titles in the list of jobs, in order."""
    return re.findall(r'class="name" [^>]*>([^<]+)</a>', response.text)
