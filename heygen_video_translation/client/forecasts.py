"""The client's own estimate of a job whose server sends none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .durations import Traits

if TYPE_CHECKING:
    from .creation import TranslationRequest
    from .experience import Experience
    from .jobs import Job

PRECISE_MODES = frozenset({"precision", "quality"})
"""The names of the slower mode in HeyGen's API v3 and v2."""


def traits_of(job: Job) -> Traits:
    """Return what is known of a job that its duration depends on."""
    return Traits(
        video_duration=job.video_duration,
        language=job.target_language,
        is_precise=job.mode in PRECISE_MODES,
        is_audio_only=job.is_audio_only is True,
    )


def with_request(job: Job, wanted: TranslationRequest) -> Job:
    """Return a created job with what its request says of its video and mode.

    A response to a creation says nothing about them.
    """
    options = wanted.options or {}
    duration = wanted.video_duration
    start, end = options.get("start_time"), options.get("end_time")
    # They may be of any type, and the job exists already: it must not be lost by an error here.
    if isinstance(start, int | float) and isinstance(end, int | float):
        duration = end - start
    return replace(
        job,
        video_duration=duration,
        mode=options.get("mode"),
        is_audio_only=options.get("translate_audio_only"),
    )


def with_own_estimate(job: Job, experience: Experience) -> Job:
    """Return a pending job with the client's own estimate, if the server sent none.

    There is none either if the job's age is unknown, or if nothing is known about durations.
    """
    seen = job.observation
    if job.is_finished or job.estimated_time_remaining is not None:
        return job
    if seen is None or seen.job_created_at is None:
        return job
    forecast = experience.durations.forecast(traits_of(job))
    if forecast is None:
        return job
    age = max(seen.received_at - seen.job_created_at, 0.0)
    low, median, high = forecast.remaining(age)
    return replace(
        job,
        estimated_time_remaining=median,
        estimated_time_remaining_range=(low, high),
        is_own_estimate=True,
    )


def without_own_estimate(job: Job) -> Job:
    """Return the job as the server described it."""
    if not job.is_own_estimate:
        return job
    return replace(
        job,
        estimated_time_remaining=None,
        estimated_time_remaining_range=None,
        is_own_estimate=False,
    )
