"""Plans: how long a job takes, how it ends, how its estimates err, and what goes wrong."""

import math
import random
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from vid_trans_api.simulation.faults import Rule, placed
from vid_trans_api.snapshots import Failure

LONGEST_DURATION: Final = 86_400.0  # seconds


class Outcome(StrEnum):
    """How a simulated job is to end."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"
    """Never: it stays pending for ever, with no estimate."""


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


class EstimateProfile(StrEnum):
    """How a job's guesses go on from the first one."""

    CONVERGING = "converging"
    """To the truth."""
    COUNTDOWN = "countdown"
    """Down by a second each second, and then zero."""
    FROZEN = "frozen"
    """Nowhere: the first guess stays for ever."""
    BACKWARDS = "backwards"
    """To the truth, but now and then as they were at half the time."""


class Silence(StrEnum):
    """What a job does not tell."""

    NONE = "none"
    """The time left."""
    SILENT = "silent"
    """The time left, nor when to ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateModel:
    """How well a job's estimates hold: `noise`, `bias` and `profile` as asked for, the rest drawn.

    The first guess of the time left is off by the factor `bias * exp(noise * initial_error)`;
    `phases` (radians) shape how the guess wanders on its way to the truth.
    """

    noise: float
    bias: float
    initial_error: float
    phases: tuple[float, float]
    profile: EstimateProfile = EstimateProfile.CONVERGING


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one simulated job was dealt; drawn once, stored, never redrawn."""

    seed: int
    outcome: Outcome
    duration: float | None
    """Seconds that its estimates aim at, and that it takes unless it fails before; None where it
    never ends."""
    failure: Failure | None
    estimate_model: EstimateModel | None
    """None where the job says nothing of the time left."""
    scenario: str | None = None
    """The name of the scenario that had a say in it."""
    fails_at: float | None = None
    """The share of the duration after which it fails; None where it takes all of it."""
    faults: tuple[Rule, ...] = ()
    is_silent: bool = False
    """Whether its pending answers do not even say when to ask again."""

    @property
    def ends_after(self) -> float | None:
        """Return the seconds from creation to the end; None where it never ends."""
        if self.duration is None or self.fails_at is None:
            return self.duration
        return self.duration * self.fails_at

    def to_json(self) -> dict[str, Any]:
        """Write it for the store, without what most plans have nothing of."""
        stored = asdict(self)
        stored["faults"] = [rule.to_json() for rule in self.faults]
        for name, nothing in _MOSTLY.items():
            if stored[name] == nothing:
                del stored[name]
        if self.estimate_model and self.estimate_model.profile is EstimateProfile.CONVERGING:
            del stored["estimate_model"]["profile"]
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        failure, estimate_model = stored["failure"], stored["estimate_model"]
        return cls(
            seed=stored["seed"],
            outcome=Outcome(stored["outcome"]),
            duration=stored["duration"],
            failure=failure and Failure.from_json(failure),
            estimate_model=estimate_model
            and EstimateModel(
                noise=estimate_model["noise"],
                bias=estimate_model["bias"],
                initial_error=estimate_model["initial_error"],
                phases=tuple(estimate_model["phases"]),
                profile=EstimateProfile(estimate_model["profile"])
                if "profile" in estimate_model
                else EstimateProfile.CONVERGING,
            ),
            **({} if len(stored) == _PLAIN else _rest_of(stored)),
        )


_PLAIN: Final = 5
"""How many keys a stored plan has that has only what every plan has."""


def _rest_of(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "scenario": stored.get("scenario"),
        "fails_at": stored.get("fails_at"),
        "faults": tuple(map(Rule.from_json, stored.get("faults", ()))),
        "is_silent": "is_silent" in stored,
    }


_MOSTLY: Final[dict[str, Any]] = {
    "scenario": None,
    "fails_at": None,
    "faults": [],
    "is_silent": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateQuality:
    """How estimates err: the standard deviation of the first guess's logarithm, and its bias."""

    noise: float | None = None
    """None where it is left to the defaults."""
    bias: float = 1.0
    profile: EstimateProfile = EstimateProfile.CONVERGING


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """What one side wants of a plan; whatever is None is left to others, and last to the defaults."""

    scenario: str | None = None
    duration: tuple[float, float] | None = None
    outcome: Outcome | None = None
    error_probability: float | None = None
    failure: Failure | None = None
    fails_at: float | None = None
    """The share of the duration after which it fails, if it does."""
    estimate: EstimateQuality | Silence | None = None
    faults: tuple[Rule, ...] | None = None
    seed: int | None = None
    stretch: float | None = None
    """By how much whatever duration is drawn is multiplied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationDefaults:
    """What decides where a request's options do not."""

    duration: tuple[float, float]
    error_probability: float
    noise: float


def draw_plan(options: SimulationOptions, defaults: SimulationDefaults, *, seed: int) -> Plan:
    """Draw the plan of a new job; the same options with the same seed get the same plan.

    A seed that was wished for counts before the one given. Everything is drawn in the same order
    whatever was wished for, so that fixing one thing changes nothing else.
    """
    seed = seed if options.seed is None else options.seed
    rng = random.Random(seed)  # noqa: S311 (a simulation, and it has to be repeatable)
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
        fails_at=options.fails_at if is_error else None,
        faults=tuple(placed(rule, duration=duration) for rule in options.faults or ()),
        is_silent=quality is Silence.SILENT,
    )


def updated_plan(
    plan: Plan,
    *,
    outcome: Outcome | None = None,
    failure: Failure | None = None,
    duration: float | None = None,
) -> Plan:
    """Return the plan as it is to go on; what is None stays as it was dealt.

    A failure that nobody says more about is drawn from the plan's seed, in a stream of its own. One
    that was dealt to be stuck has no duration until it is given one, and no estimate either way.
    """
    if duration is not None:
        faults = tuple(placed(rule, duration=duration) for rule in plan.faults)
        plan = replace(plan, duration=duration, fails_at=None, faults=faults)
    if outcome is Outcome.STUCK:
        return replace(plan, outcome=outcome, duration=None, failure=None)
    if outcome is Outcome.COMPLETED:
        return replace(plan, outcome=outcome, failure=None, fails_at=None)
    if outcome is Outcome.ERROR:
        rng = random.Random(f"steered {plan.seed}")  # noqa: S311 (it has to be repeatable)
        failure = failure or plan.failure or rng.choice(PLAUSIBLE_FAILURES)
        return replace(plan, outcome=outcome, failure=failure)
    return plan if failure is None else replace(plan, failure=failure)
