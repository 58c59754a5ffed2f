"""What a request, a workspace or a scenario can choose about a simulated job."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.webhook_faults import WebhookRule
from vid_trans_api.snapshots import Failure

LONGEST_DURATION: Final = 86_400.0
"""Seconds."""


class Outcome(StrEnum):
    """How a simulated job ends."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"
    """It never ends: it stays pending and has no estimate."""


class Silence(StrEnum):
    """What the responses about a job leave out."""

    NONE = "none"
    """The estimate."""
    SILENT = "silent"
    """The estimate and the Retry-After header."""


class Refusal(StrEnum):
    """Why a creation is refused, if its scenario says so."""

    MODERATED = "moderated"
    """The content policy does not allow the video."""
    NO_CREDIT = "no-credit"
    """The account cannot pay for it."""
    QUOTA = "quota"
    """The account has used its quota, and no wait helps."""
    UNREACHABLE = "unreachable"
    """The video could not be downloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateQuality:
    """How far estimates are off, and how they develop."""

    noise: float | None = None
    """Standard deviation of the logarithm of the first estimate; None for the default."""
    bias: float = 1.0
    """Factor by which the first estimate is off on average."""
    profile: EstimateProfile = EstimateProfile.CONVERGING


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """What one level chooses about a job; an option that is None is left to the next level."""

    scenario: str | None = None
    duration: tuple[float, float] | None = None
    """Seconds: the bounds between which the duration is drawn."""
    queued: float | None = None
    """The share of the duration that the job spends in the queue."""
    outcome: Outcome | None = None
    error_probability: float | None = None
    failure: Failure | None = None
    """Why the job fails, if it does."""
    fails_at: float | None = None
    """The share of the duration after which the job fails, if it does."""
    estimate: EstimateQuality | Silence | None = None
    faults: tuple[Rule, ...] | None = None
    seed: int | None = None
    webhooks: tuple[WebhookRule, ...] | None = None
    """The faults of the events about the job."""
    stretch: float | None = None
    """A factor for the duration that is drawn; only scenarios have this and what follows."""
    fails_within: float | None = None
    """Seconds after which the job fails, if it does, unless `fails_at` comes first."""
    result_delay: float | None = None
    """Seconds from the end of the job until its result can be downloaded."""
    refusal: Refusal | None = None
    """Why the creation is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationDefaults:
    """What applies if no level has chosen: the server's settings."""

    duration: tuple[float, float]
    error_probability: float
    noise: float
