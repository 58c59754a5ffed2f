"""Plans: how a simulated job goes, drawn once when it is created."""

import math
import random
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from vid_trans_api.simulation.estimates import (
    EstimateModel,
    EstimateProfile,
    estimate_and_progress,
)
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.webhook_faults import WebhookRule
from vid_trans_api.snapshots import Estimate, Failure

VIDEO_PER_DURATION: Final = 6
"""How much longer a video lasts than its translation takes."""

_SHORTEST_VIDEO: Final = 1.0
"""Seconds."""

PLAUSIBLE_FAILURES: Final = (
    Failure(
        code="no_speech_detected",
        message="No speech was found in the video.",
        retryable=False,
    ),
    Failure(
        code="video_unreadable",
        message="The video could not be decoded; it may be damaged.",
        retryable=False,
    ),
    Failure(
        code="video_download_failed",
        message="The video could not be downloaded from its URL.",
        retryable=True,
    ),
    Failure(
        code="rendering_failed",
        message="The translated video could not be rendered.",
        retryable=True,
    ),
    Failure(
        code="internal_error",
        message="Something went wrong on our side.",
        retryable=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one simulated job goes: drawn once, stored, and changed only by an update."""

    seed: int
    outcome: Outcome
    duration: float | None
    """Seconds that the estimates aim at, and that the job takes unless it fails early; None if it
    never ends."""
    failure: Failure | None
    estimate_model: EstimateModel | None
    """None if the job reports no estimates."""
    scenario: str | None = None
    """The name of the scenario that the plan is based on."""
    queued: float = 0
    """The share of the duration that the job spends in the queue."""
    fails_at: float | None = None
    """The share of the duration after which the job fails; None if it takes all of it."""
    faults: tuple[Rule, ...] = ()
    result_delay: float = 0
    """Seconds from the end until the result can be downloaded."""
    is_silent: bool = False
    """Whether responses about the pending job have no Retry-After header either."""
    webhooks: tuple[WebhookRule, ...] = ()
    """The faults of the events about it."""

    @property
    def starts_after(self) -> float:
        """Seconds from creation until the job leaves the queue: at its end if it fails before.

        0 for a job that has no duration.
        """
        if self.duration is None or not self.queued:
            return 0.0
        return self.duration * (
            self.queued if self.fails_at is None else min(self.queued, self.fails_at)
        )

    @property
    def ends_after(self) -> float | None:
        """Seconds from creation to the end; None if the job never ends."""
        if self.duration is None or self.fails_at is None:
            return self.duration
        return self.duration * self.fails_at

    def estimate_after(self, elapsed: float) -> tuple[Estimate, float] | None:
        """Return the estimate after `elapsed` seconds and the progress, 0 to 1; None if unknown."""
        if self.estimate_model is None or self.duration is None:
            return None
        return estimate_and_progress(
            self.estimate_model, duration=self.duration, elapsed=min(elapsed, self.duration)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the plan to be stored, without optional parts that it does not have."""
        stored = asdict(self)
        stored["faults"] = [rule.to_json() for rule in self.faults]
        stored["webhooks"] = [rule.to_json() for rule in self.webhooks]
        for name, default in _OPTIONAL.items():
            if stored[name] == default:
                del stored[name]
        if self.estimate_model and self.estimate_model.profile is EstimateProfile.CONVERGING:
            del stored["estimate_model"]["profile"]
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        failure, model = stored["failure"], stored["estimate_model"]
        return cls(
            seed=stored["seed"],
            outcome=Outcome(stored["outcome"]),
            duration=stored["duration"],
            failure=failure and Failure.from_json(failure),
            estimate_model=model
            and EstimateModel(
                noise=model["noise"],
                bias=model["bias"],
                initial_error=model["initial_error"],
                phases=tuple(model["phases"]),
                profile=EstimateProfile(model["profile"])
                if "profile" in model
                else EstimateProfile.CONVERGING,
            ),
            # Most plans have no optional part; status requests should not pay for it.
            **({} if len(stored) == _REQUIRED else _optional_parts(stored)),
        )


_REQUIRED: Final = 5
"""The number of keys of a stored plan without optional parts."""


def _optional_parts(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "scenario": stored.get("scenario"),
        "queued": stored.get("queued", 0),
        "fails_at": stored.get("fails_at"),
        "faults": tuple(map(Rule.from_json, stored.get("faults", ()))),
        "result_delay": stored.get("result_delay", 0),
        "is_silent": "is_silent" in stored,
        "webhooks": tuple(map(WebhookRule.from_json, stored.get("webhooks", ()))),
    }


_OPTIONAL: Final[dict[str, Any]] = {
    "scenario": None,
    "queued": 0,
    "fails_at": None,
    "faults": [],
    "result_delay": 0,
    "is_silent": False,
    "webhooks": [],
}


def draw_plan(options: SimulationOptions, defaults: SimulationDefaults, *, seed: int) -> Plan:
    """Draw the plan of a new job; equal options with an equal seed give an equal plan.

    The seed of the options, if any, replaces `seed`. All random numbers are drawn in the same order
    whatever the options are, so that fixing one value does not change the others.
    """
    seed = seed if options.seed is None else options.seed
    rng = random.Random(seed)  # noqa: S311 (must be repeatable)
    duration = rng.uniform(*(options.duration or defaults.duration)) * (options.stretch or 1)
    fails = rng.random() < (
        defaults.error_probability
        if options.error_probability is None
        else options.error_probability
    )
    plausible = rng.choice(PLAUSIBLE_FAILURES)
    initial_error = rng.gauss(0, 1)
    phases = (rng.uniform(0, math.tau), rng.uniform(0, math.tau))

    outcome = options.outcome or (Outcome.ERROR if fails else Outcome.COMPLETED)
    is_error, is_stuck = outcome is Outcome.ERROR, outcome is Outcome.STUCK
    quality = options.estimate or EstimateQuality()
    return Plan(
        seed=seed,
        outcome=outcome,
        duration=None if is_stuck else duration,
        failure=(options.failure or plausible) if is_error else None,
        estimate_model=None
        if is_stuck or isinstance(quality, Silence)
        else EstimateModel(
            noise=defaults.noise if quality.noise is None else quality.noise,
            bias=quality.bias,
            initial_error=initial_error,
            phases=phases,
            profile=quality.profile,
        ),
        scenario=options.scenario,
        queued=options.queued or 0,
        fails_at=_failing_share(options, duration) if is_error else None,
        faults=tuple(rule.for_duration(duration) for rule in options.faults or ()),
        result_delay=options.result_delay or 0,
        is_silent=quality is Silence.SILENT,
        webhooks=options.webhooks or (),
    )


def _failing_share(options: SimulationOptions, duration: float) -> float | None:
    """Return the share of the duration after which a job fails; None for all of it."""
    if options.fails_within is None or options.fails_within >= duration:
        return options.fails_at
    within = options.fails_within / duration
    return within if options.fails_at is None else min(within, options.fails_at)


def draw_video_duration(plan: Plan, defaults: SimulationDefaults) -> float:
    """Draw how many seconds a video lasts whose translation takes as long as this plan.

    Six times as long, and up to 20 % more or less. If the job never ends, the mean of the default
    duration counts.
    """
    # The word keeps this stream apart from draw_plan's.
    rng = random.Random(f"video {plan.seed}")  # noqa: S311 (must be repeatable)
    duration = sum(defaults.duration) / 2 if plan.duration is None else plan.duration
    return max(_SHORTEST_VIDEO, duration * VIDEO_PER_DURATION * rng.uniform(0.8, 1.2))


def updated_plan(
    plan: Plan,
    *,
    outcome: Outcome | None = None,
    failure: Failure | None = None,
    duration: float | None = None,
) -> Plan:
    """Return the plan with these changes; None leaves a value as it is.

    A job that is to fail, with no failure given here or in the plan, gets one drawn from the plan's
    seed. A stuck job gets a duration only from `duration`, and never gets estimates.
    """
    if duration is not None:
        faults = tuple(rule.for_duration(duration) for rule in plan.faults)
        plan = replace(plan, duration=duration, fails_at=None, faults=faults)
    if outcome is Outcome.STUCK:
        return replace(plan, outcome=outcome, duration=None, failure=None)
    if outcome is Outcome.COMPLETED:
        return replace(plan, outcome=outcome, failure=None, fails_at=None)
    if outcome is Outcome.ERROR:
        # The word keeps this stream apart from draw_plan's. It is 0.1.0's: another one would change
        # the failures that a seed draws.
        rng = random.Random(f"steered {plan.seed}")  # noqa: S311 (must be repeatable)
        failure = failure or plan.failure or rng.choice(PLAUSIBLE_FAILURES)
        return replace(plan, outcome=outcome, failure=failure)
    return plan if failure is None else replace(plan, failure=failure)
