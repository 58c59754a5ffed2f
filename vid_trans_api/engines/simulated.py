"""The engine that simulates: each job follows a plan that is drawn when it is created."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from vid_trans_api.engines.base import CannotUpdate, JobUpdate, Result
from vid_trans_api.models import Job, JobFacts
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.simulation.options import Outcome, SimulationDefaults, SimulationOptions
from vid_trans_api.simulation.plans import (
    VIDEO_PER_DURATION,
    Plan,
    draw_plan,
    draw_video_duration,
    updated_plan,
)
from vid_trans_api.simulation.scenarios import merge_options
from vid_trans_api.simulation.silence import SILENCE
from vid_trans_api.snapshots import Status


class SimulatedEngine:
    """Knows the end of each job when it is created, unless the job is stuck."""

    def start(
        self,
        options: Iterable[SimulationOptions],
        *,
        plan: Plan | None,
        video_duration: float | None,
        next_seed: Callable[[], int],
        begins_at: datetime,
    ) -> JobFacts:
        if plan is None:
            if video_duration is not None:
                seconds = video_duration / VIDEO_PER_DURATION
                options = (*options, SimulationOptions(duration=(seconds, seconds)))
            plan = draw_plan(merge_options(options), _defaults(), seed=next_seed())
        if video_duration is None:
            video_duration = draw_video_duration(plan, _defaults())
        return _facts(plan, begins_at=begins_at, video_duration=video_duration)

    def reschedule(self, facts: JobFacts, *, begins_at: datetime | None) -> JobFacts:
        if facts.plan is None:
            return facts
        return _facts(facts.plan, begins_at=begins_at, video_duration=facts.video_duration)

    def update(self, job: Job, update: JobUpdate, *, now: datetime) -> JobFacts:
        if job.plan is None:
            raise CannotUpdate("The job is not simulated.")
        plan, outcome = job.plan, update.outcome
        if update.is_finished and plan.outcome is Outcome.STUCK:
            outcome = outcome or Outcome.COMPLETED
        if update.failure and (outcome or plan.outcome) is not Outcome.ERROR:
            raise CannotUpdate(
                'The job is not going to fail, so it has no error; also set "outcome" to "error".'
            )
        plan = updated_plan(plan, outcome=outcome, failure=update.failure, duration=update.duration)
        has_end, is_stuck = plan.ends_after is not None, plan.outcome is Outcome.STUCK
        if not update.is_finished and has_end is is_stuck:
            raise CannotUpdate('The job is stuck; give both "outcome" and "duration".')
        begins_at = job.begins_at if job.is_queued else job.created_at
        facts = _facts(plan, begins_at=begins_at, video_duration=job.video_duration)
        if job.started_at is not None and job.started_at <= now:  # it does not go back to the queue
            facts = replace(facts, started_at=job.started_at)
        if update.is_finished:
            return replace(
                facts,
                started_at=facts.started_at and min(facts.started_at, now),
                finishes_at=now,
                result_at=_result_at(plan, now),
                outcome=Status(plan.outcome),
            )
        if facts.finishes_at is not None and facts.finishes_at <= now:
            raise CannotUpdate(
                f"The job has run for {job.age(now):g} s already, so it cannot end after"
                f" {plan.ends_after:g} s."
            )
        return facts

    def result(self, job: Job) -> Result:
        return _uploaded(job, "video/") or Result(content=CLIP, content_type="video/mp4")

    def audio(self, job: Job) -> Result:
        return _uploaded(job, "audio/") or Result(content=SILENCE, content_type="audio/wav")


def _uploaded(job: Job, kind: str) -> Result | None:
    """Return the file that the job was created for, if there is one of this kind."""
    asset = job.asset
    if asset is None or not asset.mime_type.startswith(kind):
        return None
    return Result(file=asset.file, content_type=asset.mime_type)


def _defaults() -> SimulationDefaults:
    return SimulationDefaults(
        duration=(settings.MIN_DELAY, settings.MAX_DELAY),
        error_probability=settings.ERROR_PROBABILITY,
        noise=settings.ESTIMATE_NOISE,
    )


def _facts(plan: Plan, *, begins_at: datetime | None, video_duration: float | None) -> JobFacts:
    if begins_at is None or plan.ends_after is None:
        finishes_at = None
    else:
        finishes_at = begins_at + timedelta(seconds=plan.ends_after)
    return JobFacts(
        started_at=begins_at and begins_at + timedelta(seconds=plan.starts_after),
        finishes_at=finishes_at,
        result_at=finishes_at and _result_at(plan, finishes_at),
        outcome=None if finishes_at is None else Status(plan.outcome),
        failure=plan.failure,
        video_duration=video_duration,
        plan=plan,
    )


def _result_at(plan: Plan, finishes_at: datetime) -> datetime | None:
    return finishes_at + timedelta(seconds=plan.result_delay) if plan.result_delay else None
