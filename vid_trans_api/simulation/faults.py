"""Faults: what may go wrong with an answer, and the rules that say when it does."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Self

from vid_trans_api.snapshots import Operation


class Fault(StrEnum):
    """What goes wrong, where it is no status code."""

    HTML = "html"
    """Instead of the request: a gateway's page."""
    RESET = "reset"
    """Instead of the request: the connection is reset."""
    HANG = "hang"
    """Instead of the request: nothing comes for a while, and then the connection ends."""
    GARBAGE = "garbage"
    """The answer is called JSON and is none."""
    EMPTY = "empty"
    """The answer has no body."""
    TRUNCATE = "truncate"
    """The answer ends half-way."""
    SLOW = "slow"
    """The answer comes late."""
    DRIBBLE = "dribble"
    """The answer comes byte by byte."""
    LOST_RESPONSE = "lost-response"
    """The request is done, and its answer never comes."""
    STALE = "stale"
    """The answer is from half the job's age."""
    UNKNOWN_STATUS = "unknown-status"
    """The status is a word that no list has."""


ERRORS: Final = (int(HTTPStatus.BAD_REQUEST), 599)
"""The lowest and the highest status code that is a fault."""

LONGEST_FAULT: Final = 300
"""Seconds that a hang, a slow or a dribbling answer may take."""

_WIRE: Final = frozenset(
    {Fault.RESET, Fault.HANG, Fault.TRUNCATE, Fault.SLOW, Fault.DRIBBLE, Fault.LOST_RESPONSE}
)
_INSTEAD: Final = frozenset({Fault.HTML, Fault.RESET, Fault.HANG})
_UNREADABLE: Final = frozenset({Fault.HTML, Fault.GARBAGE, Fault.EMPTY, Fault.TRUNCATE})
_UNANSWERED: Final = frozenset({Fault.RESET, Fault.HANG, Fault.LOST_RESPONSE})
_OF_ONE_JOB: Final = frozenset({int(HTTPStatus.NOT_FOUND), Fault.STALE, Fault.UNKNOWN_STATUS})
_WITH_A_BODY: Final = frozenset(set(Operation) - {Operation.DELETE, Operation.ANY})
_STRIKES: Final = {
    # Nothing may follow a 204: the next answer on the connection would begin with it.
    Fault.GARBAGE: _WITH_A_BODY,
    Fault.EMPTY: _WITH_A_BODY,
    Fault.STALE: frozenset({Operation.STATUS, Operation.LIST}),
    Fault.UNKNOWN_STATUS: frozenset(
        {Operation.CREATE, Operation.STATUS, Operation.LIST, Operation.CANCEL}
    ),
}
_SECONDS: Final = {Fault.HANG: 60.0, Fault.SLOW: 3.0, Fault.DRIBBLE: 3.0}


def is_wire(fault: int | Fault) -> bool:
    """Tell whether this happens on the client's connection itself, and so needs its socket."""
    return fault in _WIRE


def is_unanswered(fault: int | str) -> bool:
    """Tell whether the client gets no answer at all."""
    return fault in _UNANSWERED


def is_unreadable(fault: int | str) -> bool:
    """Tell whether the client can read nothing of what it was to be answered."""
    return fault in _UNREADABLE or fault in _UNANSWERED


def replaces_request(fault: int | Fault) -> bool:
    """Tell whether this happens in place of the request, which then changes nothing."""
    return isinstance(fault, int) or fault in _INSTEAD


def details_of(fault: int | Fault) -> tuple[str, ...]:
    """Return what else a rule may say of this: of `retry_after`, `status` and `seconds`."""
    if isinstance(fault, int):
        return ("retry_after",)
    if fault is Fault.HTML:
        return ("retry_after", "status")
    return ("seconds",) if fault in _SECONDS else ()


def is_of_one_job(fault: int | Fault) -> bool:
    """Tell whether this can happen to one of several jobs that are asked for together."""
    return fault in _OF_ONE_JOB


def can_apply(fault: int | Fault, operation: Operation) -> bool:
    """Tell whether this can go wrong with the answer to such a request, or to any at all."""
    if operation is Operation.ANY or not isinstance(fault, Fault):
        return True
    return fault not in _STRIKES or operation in _STRIKES[fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a fault happens; a rule that says nothing of when is for every call."""

    on: Operation
    fault: int | Fault
    times: int | None = None
    """It happens at most so many times."""
    after: int = 0
    """So many calls are left alone first."""
    every: int = 1
    """Of the calls after these, each n-th."""
    between: tuple[float, float | None] | None = None
    """In these seconds of the job's life, both ends included; an end that is None never comes."""
    from_middle: bool = False
    """From the middle of the job's duration on: in a plan, `between` says when that is."""
    probability: float = 1.0
    retry_after: int | None = None
    """Seconds that the answer asks the client to stay away for."""
    status: int | None = None
    """Of the page, for `html`; None for the usual one."""
    seconds: float | None = None
    """How long it takes, for `hang`, `slow` and `dribble`; None for the usual time."""

    @property
    def page_status(self) -> int:
        return HTTPStatus.BAD_GATEWAY.value if self.status is None else self.status

    @property
    def lasts(self) -> float:
        """Return the seconds that the fault takes; 0 where it takes no time."""
        if self.seconds is not None:
            return self.seconds
        return _SECONDS.get(self.fault, 0.0) if isinstance(self.fault, Fault) else 0.0

    def to_json(self) -> dict[str, Any]:
        """Write it as requests do, without what goes without saying."""
        return {name: value for name, value in asdict(self).items() if value != _UNSAID[name]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        fault, between = stored["fault"], stored.get("between")
        given = {
            **stored,
            "on": Operation(stored["on"]),
            "fault": fault if isinstance(fault, int) else Fault(fault),
            "between": between and (between[0], between[1]),
        }
        return cls(**given)


_UNSAID: Final = {field.name: field.default for field in fields(Rule)}


def placed(rule: Rule, *, duration: float) -> Rule:
    """Return the rule as it is for a job of that duration."""
    return replace(rule, between=(duration / 2, None)) if rule.from_middle else rule


def matches(rule: Rule, operation: Operation, *, age: float | None) -> bool:
    """Tell whether a rule is about such a request, which then counts as one of its calls.

    `age` is that of the job asked for, in seconds, 0 for one that is being created; None where the
    request is about no job in particular, which no rule `between` two ages is about.
    """
    if rule.on not in {operation, Operation.ANY} or not can_apply(rule.fault, operation):
        return False
    if rule.between is None:
        return True
    first, last = rule.between
    return age is not None and first <= age and (last is None or age <= last)


def fires(rule: Rule, *, call: int, fired: int, seed: int, place: int) -> bool:
    """Tell whether a rule strikes the `call`-th of its calls, counted from 1.

    It has struck `fired` times before. What is drawn follows from the seed, the rule's place among
    its fellows and the call's number, and from nothing else.
    """
    if rule.times is not None and fired >= rule.times:
        return False
    number = call - rule.after
    if number < 1 or number % rule.every:
        return False
    if rule.probability >= 1:
        return True
    # A key of its own, so that no plan is drawn from the same stream.
    rng = random.Random(f"fault {seed} {place} {call}")  # noqa: S311 (it has to be repeatable)
    return rng.random() < rule.probability
