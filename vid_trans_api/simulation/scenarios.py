"""Scenarios, which are named sets of options, and how the options of several levels are merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Refusal,
    Silence,
    SimulationOptions,
)
from vid_trans_api.snapshots import Failure, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named set of simulation options."""

    name: str
    description: str
    """One sentence whose subject is the job."""
    options: SimulationOptions


SCENARIOS: Final = (
    Scenario(
        name="ok",
        description="Completes, and has no faults of its own.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, faults=()),
    ),
    Scenario(
        name="instant",
        description="Is completed as soon as it is created.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, duration=(0, 0)),
    ),
    Scenario(
        name="slow",
        description="Completes after ten times its duration.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, stretch=10),
    ),
    Scenario(
        name="fail",
        description="Fails at 10 % of its duration.",
        options=SimulationOptions(outcome=Outcome.ERROR, fails_at=0.1),
    ),
    Scenario(
        name="fail-late",
        description="Fails at 95 % of its duration.",
        options=SimulationOptions(outcome=Outcome.ERROR, fails_at=0.95),
    ),
    Scenario(
        name="stuck",
        description="Stays pending for ever, without an estimate.",
        options=SimulationOptions(outcome=Outcome.STUCK),
    ),
    Scenario(
        name="lost",
        description="Responds with 404 from the middle of its duration on.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.ANY, fault=404, from_middle=True),),
        ),
    ),
    Scenario(
        name="amnesia",
        description="Is created, but the response to its creation never arrives.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.CREATE, fault=Fault.LOST_RESPONSE, times=1),),
        ),
    ),
    Scenario(
        name="optimist",
        description="Starts with an estimate of 0.3 times the duration, which counts down to zero.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=0.3, profile=EstimateProfile.COUNTDOWN),
        ),
    ),
    Scenario(
        name="pessimist",
        description="Starts with an estimate of 3 times the duration, which counts down.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=3, profile=EstimateProfile.COUNTDOWN),
        ),
    ),
    Scenario(
        name="silent",
        description="Reports no estimate, no range and no Retry-After.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, estimate=Silence.SILENT),
    ),
    Scenario(
        name="frozen",
        description="Keeps its first estimate until it ends.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED, estimate=EstimateQuality(profile=EstimateProfile.FROZEN)
        ),
    ),
    Scenario(
        name="backwards",
        description="Reports progress and estimates that sometimes jump back.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED, estimate=EstimateQuality(profile=EstimateProfile.BACKWARDS)
        ),
    ),
    Scenario(
        name="stale",
        description="Is shown at half its age in 30 % of the responses.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=Fault.STALE, probability=0.3),),
        ),
    ),
    Scenario(
        name="flaky",
        description="Responds to every third poll with 503.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=503, every=3),),
        ),
    ),
    Scenario(
        name="throttled",
        description="Responds to the first two polls with 429 and a Retry-After of 2 seconds.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=429, retry_after=2, times=2),),
        ),
    ),
    Scenario(
        name="broken",
        description="Responds to its first poll with garbage, to the second with half a response,"
        " to the third with a connection reset.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=tuple(
                Rule(on=Operation.STATUS, fault=fault, times=1)
                for fault in (Fault.GARBAGE, Fault.TRUNCATE, Fault.RESET)
            ),
        ),
    ),
    Scenario(
        name="slowpoke",
        description="Sends each response byte by byte over 2 seconds.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=tuple(
                Rule(on=operation, fault=Fault.DRIBBLE, seconds=2)
                for operation in (Operation.CREATE, Operation.ANY)
            ),
        ),
    ),
    Scenario(
        name="masked-error",
        description="Responds to its second poll with 500, and in HeyGen's v2 with 200 and an error"
        " inside.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=Fault.MASKED_ERROR, after=1, times=1),),
        ),
    ),
    Scenario(
        name="late-url",
        description="Completes, and its result can be downloaded 30 seconds later.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, result_delay=30),
    ),
    Scenario(
        name="bad-url",
        description="Fails within a second, as its video cannot be downloaded.",
        options=SimulationOptions(
            outcome=Outcome.ERROR,
            fails_within=1,
            failure=Failure(
                code="video_download_failed",
                message="Failed to download video from url, please check the url is valid or the"
                " video is public",
                retryable=True,
            ),
        ),
    ),
    Scenario(
        name="bad-audio",
        description="Fails after half its duration, and after 30 seconds at the latest, as its"
        " sound is damaged.",
        options=SimulationOptions(
            outcome=Outcome.ERROR,
            fails_at=0.5,
            fails_within=30,
            failure=Failure(
                code="audio_unreadable",
                message="Your video's audio is missing or corrupted, please try with another video",
                retryable=False,
            ),
        ),
    ),
    Scenario(
        name="moderated",
        description="Is refused, as the content policy does not allow its video.",
        options=SimulationOptions(refusal=Refusal.MODERATED),
    ),
    Scenario(
        name="no-credit",
        description="Is refused, as the account has too little credit.",
        options=SimulationOptions(refusal=Refusal.NO_CREDIT),
    ),
    Scenario(
        name="quota",
        description="Is refused for good, as the account has used its quota.",
        options=SimulationOptions(refusal=Refusal.QUOTA),
    ),
    Scenario(
        name="unreachable",
        description="Is refused, as its video cannot be downloaded.",
        options=SimulationOptions(refusal=Refusal.UNREACHABLE),
    ),
)

NAMES: Final = tuple(scenario.name for scenario in SCENARIOS)
_BY_NAME: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in SCENARIOS}

_OVERRIDES: Final = {"error_probability": "outcome", "duration": "stretch"}
"""An option of a higher level that overrides another option of a lower level."""

_KEYS: Final = tuple(field.name for field in fields(SimulationOptions) if field.name != "scenario")


def merge_options(levels: Iterable[SimulationOptions]) -> SimulationOptions:
    """Return the options of all levels together; `levels` starts with the highest.

    A level's own options come before those of its scenario, and both before the next level. Only
    the first scenario counts; lower levels contribute just their own options. A scenario's factor
    for the duration applies to a duration from a lower level, not from its own or a higher one.
    """
    merged: dict[str, Any] = {}
    for level in levels:
        _add(merged, level)
        if level.scenario is not None and "scenario" not in merged:
            merged["scenario"] = level.scenario
            _add(merged, _BY_NAME[level.scenario].options)
    return SimulationOptions(**merged)


def _add(merged: dict[str, Any], options: SimulationOptions) -> None:
    """Add the options that `merged` neither has nor overrides."""
    overridden = {_OVERRIDES[name] for name in merged if name in _OVERRIDES}
    for name in _KEYS:
        option = getattr(options, name)
        if option is not None and name not in merged and name not in overridden:
            merged[name] = option
