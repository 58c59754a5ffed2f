"""How tests of the pages start a job without the API, and find it on a page."""

import html
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from vid_trans_api.models import Job, digest_of
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.simulation.options import EstimateQuality, Outcome, SimulationOptions


def start(
    clock: Callable[[], datetime],
    *,
    key: str = "",
    title: str = "Talk",
    video_url: str = "",
    seconds: float = 10,
    **options: Any,
) -> Job:
    """Start a job that is to complete, with exact estimates, unless it is wished for otherwise."""
    usual: dict[str, Any] = {"outcome": Outcome.COMPLETED, "estimate": EstimateQuality(noise=0)}
    chosen = SimulationOptions(**usual | {"duration": (seconds, seconds)} | options)
    request = JobRequest(title=title, video_url=video_url, options={"simulation": chosen})
    return create_exempt_job(request, key_digest=digest_of(key))


def page_of(job: Job) -> str:
    """Return the path of that job's page."""
    return f"/vid_trans_api/status?job_id={job.public_id}"


def timeline_of(job: Job) -> str:
    """Return the path of that job's timeline."""
    return f"/jobs/{job.public_id}/timeline"


def found(pattern: str, answer: HttpResponse) -> str | None:
    """Return what the pattern's group stands for in the answer, None where it is not there."""
    match = re.search(pattern, answer.text)
    return match and html.unescape(match[1])


def shown_titles(answer: HttpResponse) -> list[str]:
    """Return the names in the list of jobs, in its order."""
    return re.findall(r'class="name" [^>]*>([^<]+)</a>', answer.text)
