"""Plans: how long a simulated job takes, how it ends, and how its estimates err."""

import math
import random
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

LONGEST_DURATION: Final = 86_400.0  # seconds


class Outcome(StrEnum):
    """How a simulated job is to end."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"
    """Never: it stays pending for ever, with no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ended in error, as its answers say it."""

    code: str
    message: str
    retryable: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)


CANCELED: Final = Failure(code="canceled", message="The job was canceled.", retryable=False)

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
class Guesswork:
    """How well a job's estimates hold: `noise` and `bias` as asked for, the rest drawn.

    The first guess of the time left is off by the factor `bias * exp(noise * misjudgement)`;
    `phases` (radians) shape how the guess wanders on its way to the truth.
    """

    noise: float
    bias: float
    misjudgement: float
    phases: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one simulated job was dealt; drawn once, stored, never redrawn."""

    seed: int
    outcome: Outcome
    duration: float | None
    """Seconds from creation to the end; None where it never ends."""
    failure: Failure | None
    guesswork: Guesswork | None
    """None where the job is silent about the time left."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        failure, guesswork = stored["failure"], stored["guesswork"]
        return cls(
            seed=stored["seed"],
            outcome=Outcome(stored["outcome"]),
            duration=stored["duration"],
            failure=failure and Failure.from_json(failure),
            guesswork=guesswork
            and Guesswork(
                noise=guesswork["noise"],
                bias=guesswork["bias"],
                misjudgement=guesswork["misjudgement"],
                phases=tuple(guesswork["phases"]),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateQuality:
    """How estimates err: the standard deviation of the first guess's logarithm, and its bias."""

    noise: float | None = None
    """None where it is left to the odds."""
    bias: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a request's `simulation` fixes; whatever is None is left to the odds."""

    duration: tuple[float, float] | None = None
    outcome: Outcome | None = None
    error_probability: float | None = None
    failure: Failure | None = None
    estimate: EstimateQuality | None = None
    is_silent: bool = False
    """Whether the job gives no estimate at all."""
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """What decides where a request's wishes do not."""

    duration: tuple[float, float]
    error_probability: float
    noise: float


def deal(wishes: Wishes, odds: Odds) -> Plan:
    """Draw the plan of a new job; the same wishes with the same seed get the same plan.

    Everything is drawn in the same order whatever was wished for, so that fixing one thing
    changes nothing else.
    """
    seed = secrets.randbits(32) if wishes.seed is None else wishes.seed
    rng = random.Random(seed)  # noqa: S311 (a simulation, and it has to be repeatable)
    duration = rng.uniform(*(wishes.duration or odds.duration))
    fails = rng.random() < (
        odds.error_probability if wishes.error_probability is None else wishes.error_probability
    )
    plausible = rng.choice(PLAUSIBLE_FAILURES)
    misjudgement = rng.gauss(0, 1)
    phases = (rng.uniform(0, math.tau), rng.uniform(0, math.tau))

    outcome = wishes.outcome or (Outcome.ERROR if fails else Outcome.COMPLETED)
    quality = wishes.estimate or EstimateQuality()
    is_silent = wishes.is_silent or outcome is Outcome.STUCK
    return Plan(
        seed=seed,
        outcome=outcome,
        duration=None if outcome is Outcome.STUCK else duration,
        failure=(wishes.failure or plausible) if outcome is Outcome.ERROR else None,
        guesswork=None
        if is_silent
        else Guesswork(
            noise=odds.noise if quality.noise is None else quality.noise,
            bias=quality.bias,
            misjudgement=misjudgement,
            phases=phases,
        ),
    )
