"""Scenarios: plans with a name, and what the wishes of several sides come to together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from vid_trans_api.simulation.faults import Fault, Operation, Rule
from vid_trans_api.simulation.plans import Course, EstimateQuality, Outcome, Silence, Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A name for what a job may be put through."""

    name: str
    description: str
    """One sentence."""
    wishes: Wishes


SCENARIOS: Final = (
    Scenario(
        name="ok",
        description="It completes, and has no faults of its own.",
        wishes=Wishes(outcome=Outcome.COMPLETED, faults=()),
    ),
    Scenario(
        name="instant",
        description="It has completed by the time that its creation is answered.",
        wishes=Wishes(outcome=Outcome.COMPLETED, duration=(0, 0)),
    ),
    Scenario(
        name="slow",
        description="It takes ten times as long as it would have otherwise.",
        wishes=Wishes(outcome=Outcome.COMPLETED, stretch=10),
    ),
    Scenario(
        name="fail",
        description="It fails early, at a tenth of its duration.",
        wishes=Wishes(outcome=Outcome.ERROR, fails_at=0.1),
    ),
    Scenario(
        name="fail-late",
        description="It fails late, at 95 % of its duration.",
        wishes=Wishes(outcome=Outcome.ERROR, fails_at=0.95),
    ),
    Scenario(
        name="stuck",
        description="It stays pending for ever, with no estimate.",
        wishes=Wishes(outcome=Outcome.STUCK),
    ),
    Scenario(
        name="lost",
        description="From the middle of its duration on, every request for it is answered 404.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.ANY, fault=404, from_middle=True),),
        ),
    ),
    Scenario(
        name="amnesia",
        description="It is created, but the answer that says so never comes.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.CREATE, fault=Fault.LOST_RESPONSE, times=1),),
        ),
    ),
    Scenario(
        name="optimist",
        description="Its estimate counts down from 0.3 of the truth, and is zero from then on.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=0.3, course=Course.COUNTDOWN),
        ),
    ),
    Scenario(
        name="pessimist",
        description="Its estimate counts down from three times the truth.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            estimate=EstimateQuality(noise=0, bias=3, course=Course.COUNTDOWN),
        ),
    ),
    Scenario(
        name="silent",
        description="It tells no estimate, no range, and not when to ask again.",
        wishes=Wishes(outcome=Outcome.COMPLETED, estimate=Silence.SILENT),
    ),
    Scenario(
        name="frozen",
        description="Its estimate stays as it was at first.",
        wishes=Wishes(outcome=Outcome.COMPLETED, estimate=EstimateQuality(course=Course.FROZEN)),
    ),
    Scenario(
        name="backwards",
        description="Now and then its progress and its estimate jump back.",
        wishes=Wishes(outcome=Outcome.COMPLETED, estimate=EstimateQuality(course=Course.BACKWARDS)),
    ),
    Scenario(
        name="stale",
        description="Three in ten answers about it are from half its age.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=Fault.STALE, probability=0.3),),
        ),
    ),
    Scenario(
        name="flaky",
        description="Every third poll is answered 503.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=503, every=3),),
        ),
    ),
    Scenario(
        name="throttled",
        description="The first two polls are answered 429, with a Retry-After of 2 seconds.",
        wishes=Wishes(
            outcome=Outcome.COMPLETED,
            faults=(Rule(on=Operation.STATUS, fault=429, retry_after=2, times=2),),
        ),
    ),
    Scenario(
        name="broken",
        description="The first poll is answered with garbage, the second is cut off half-way,"
        " the third has its connection reset.",
        wishes=Wishes(
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
        wishes=Wishes(
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
"""What leaves nothing to say about what: odds asked for above are not cut short from below."""

_KEYS: Final = tuple(field.name for field in fields(Wishes) if field.name != "scenario")


def resolve(levels: Iterable[Wishes]) -> Wishes:
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
            _fill(wanted, _BY_NAME[level.scenario].wishes)
    return Wishes(**wanted)


def _fill(wanted: dict[str, Any], wishes: Wishes) -> None:
    """Add the wishes that nothing said before stands against."""
    settled = {_SETTLED_BY[name] for name in wanted if name in _SETTLED_BY}
    for name in _KEYS:
        wish = getattr(wishes, name)
        if wish is not None and name not in wanted and name not in settled:
            wanted[name] = wish
