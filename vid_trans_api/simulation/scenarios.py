"""Scenarios: plans with a name, and what the options of several sides come to together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.plans import (
    EstimateProfile,
    EstimateQuality,
    Outcome,
    Silence,
    SimulationOptions,
)
from vid_trans_api.snapshots import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A name for what a job may be put through."""

    name: str
    description: str
    """One sentence."""
    options: SimulationOptions


SCENARIOS: Final = (
    Scenario(
        name="ok",
        description="It completes, and has no faults of its own.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, faults=()),
    ),
    Scenario(
        name="instant",
        description="It has completed by the time that its creation is answered.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, duration=(0, 0)),
    ),
    Scenario(
        name="slow",
        description="It takes ten times as long as it would have otherwise.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, stretch=10),
    ),
    Scenario(
        name="fail",
        description="It fails early, at a tenth of its duration.",
        options=SimulationOptions(outcome=Outcome.ERROR, fails_at=0.1),
    ),
    Scenario(
        name="fail-late",
        description="It fails late, at 95 % of its duration.",
        options=SimulationOptions(outcome=Outcome.ERROR, fails_at=0.95),
    ),
    Scenario(
        name="stuck",
        description="It stays pending for ever, with no estimate.",
        options=SimulationOptions(outcome=Outcome.STUCK),
    ),
    Scenario(
        name="lost",
        description="From the middle of its duration on, every request for it is answered 404.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.ANY, fault=404, from_middle=True),),
        ),
    ),
    Scenario(
        name="amnesia",
        description="It is created, but the answer that says so never comes.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.CREATE, fault=Fault.LOST_RESPONSE, times=1),),
        ),
    ),
    Scenario(
        name="optimist",
        description="Its estimate counts down from 0.3 of the truth, and is zero from then on.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=0.3, profile=EstimateProfile.COUNTDOWN),
        ),
    ),
    Scenario(
        name="pessimist",
        description="Its estimate counts down from three times the truth.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=3, profile=EstimateProfile.COUNTDOWN),
        ),
    ),
    Scenario(
        name="silent",
        description="It tells no estimate, no range, and not when to ask again.",
        options=SimulationOptions(outcome=Outcome.COMPLETED, estimate=Silence.SILENT),
    ),
    Scenario(
        name="frozen",
        description="Its estimate stays as it was at first.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED, estimate=EstimateQuality(profile=EstimateProfile.FROZEN)
        ),
    ),
    Scenario(
        name="backwards",
        description="Now and then its progress and its estimate jump back.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED, estimate=EstimateQuality(profile=EstimateProfile.BACKWARDS)
        ),
    ),
    Scenario(
        name="stale",
        description="Three in ten answers about it are from half its age.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=Fault.STALE, probability=0.3),),
        ),
    ),
    Scenario(
        name="flaky",
        description="Every third poll is answered 503.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=503, every=3),),
        ),
    ),
    Scenario(
        name="throttled",
        description="The first two polls are answered 429, with a Retry-After of 2 seconds.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=429, retry_after=2, times=2),),
        ),
    ),
    Scenario(
        name="broken",
        description="The first poll is answered with garbage, the second is cut off half-way,"
        " the third has its connection reset.",
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
        description="Every answer trickles in over 2 seconds.",
        options=SimulationOptions(
            outcome=Outcome.COMPLETED,
            faults=tuple(
                Rule(on=operation, fault=Fault.DRIBBLE, seconds=2)
                for operation in (Operation.CREATE, Operation.ANY)
            ),
        ),
    ),
)

NAMES: Final = tuple(scenario.name for scenario in SCENARIOS)
_BY_NAME: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in SCENARIOS}

_SETTLED_BY: Final = {"error_probability": "outcome", "duration": "stretch"}
"""What leaves nothing to say about what: defaults asked for above are not cut short from below."""

_KEYS: Final = tuple(field.name for field in fields(SimulationOptions) if field.name != "scenario")


def resolve(levels: Iterable[SimulationOptions]) -> SimulationOptions:
    """Return what is wanted in all, where the levels come from the highest to the lowest.

    What a level says itself counts before its scenario, and that before the next level. Only the
    first scenario counts: those of lower levels are not mixed in. A scenario that makes a job slow
    does so to whatever duration comes from below it, and not to one that was asked for above.
    """
    wanted: dict[str, Any] = {}
    for level in levels:
        _fill(wanted, level)
        if level.scenario is not None and "scenario" not in wanted:
            wanted["scenario"] = level.scenario
            _fill(wanted, _BY_NAME[level.scenario].options)
    return SimulationOptions(**wanted)


def _fill(wanted: dict[str, Any], options: SimulationOptions) -> None:
    """Add the options that nothing said before stands against."""
    settled = {_SETTLED_BY[name] for name in wanted if name in _SETTLED_BY}
    for name in _KEYS:
        option = getattr(options, name)
        if option is not None and name not in wanted and name not in settled:
            wanted[name] = option
