"""Faults that can happen to a request or its response, and rules that choose the requests."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Self

from vid_trans_api.snapshots import Operation


class Fault(StrEnum):
    """A fault other than an error status, which is an integer."""

    HTML = "html"
    """Replaces the request: the response is a gateway's error page."""
    RESET = "reset"
    """Replaces the request: the connection is reset."""
    HANG = "hang"
    """Replaces the request: nothing is sent for a while, then the connection is closed."""
    GARBAGE = "garbage"
    """The response claims to be JSON, but cannot be parsed."""
    EMPTY = "empty"
    """The response has an empty body."""
    TRUNCATE = "truncate"
    """The connection ends after half of the response."""
    SLOW = "slow"
    """The response is late."""
    DRIBBLE = "dribble"
    """The response is sent byte by byte."""
    LOST_RESPONSE = "lost-response"
    """The request is carried out, but its response is never sent."""
    STALE = "stale"
    """The response shows the job as it was at half its age."""
    UNKNOWN_STATUS = "unknown-status"
    """The response has a status that the API does not define."""
    MASKED_ERROR = "masked-error"
    """Replaces the request: the response is an error, which HeyGen's v2 sends with status 200."""


ERROR_STATUSES: Final = (int(HTTPStatus.BAD_REQUEST), 599)
"""The lowest and the highest status code that a fault can have."""

LONGEST_FAULT: Final = 300
"""Seconds. The longest `hang`, `slow` or `dribble`."""

_NEEDS_SOCKET: Final = frozenset(
    {Fault.RESET, Fault.HANG, Fault.TRUNCATE, Fault.SLOW, Fault.DRIBBLE, Fault.LOST_RESPONSE}
)
_REPLACES_REQUEST: Final = frozenset({Fault.HTML, Fault.RESET, Fault.HANG, Fault.MASKED_ERROR})
_UNREADABLE: Final = frozenset(
    {Fault.HTML, Fault.GARBAGE, Fault.EMPTY, Fault.TRUNCATE, Fault.MASKED_ERROR}
)
_NO_RESPONSE: Final = frozenset({Fault.RESET, Fault.HANG, Fault.LOST_RESPONSE})
_AFFECTS_ONE_JOB: Final = frozenset({int(HTTPStatus.NOT_FOUND), Fault.STALE, Fault.UNKNOWN_STATUS})
_WITH_BODY: Final = frozenset(set(Operation) - {Operation.DELETE, Operation.ANY})
_APPLIES_ONLY_TO: Final = {
    # A body after a 204 would be read as the start of the connection's next response.
    Fault.GARBAGE: _WITH_BODY,
    Fault.EMPTY: _WITH_BODY,
    Fault.STALE: frozenset({Operation.STATUS, Operation.LIST}),
    Fault.UNKNOWN_STATUS: frozenset(
        {Operation.CREATE, Operation.STATUS, Operation.LIST, Operation.CANCEL}
    ),
}
_USUAL_SECONDS: Final = {Fault.HANG: 60.0, Fault.SLOW: 3.0, Fault.DRIBBLE: 3.0}


def needs_socket(fault: int | Fault) -> bool:
    """Return whether the server needs the client's socket to produce this fault."""
    return fault in _NEEDS_SOCKET


def has_no_response(fault: int | str) -> bool:
    """Return whether the client receives no response at all."""
    return fault in _NO_RESPONSE


def is_unreadable(fault: int | str) -> bool:
    """Return whether the client cannot read the response, or receives none."""
    return fault in _UNREADABLE or fault in _NO_RESPONSE


def replaces_request(fault: int | Fault) -> bool:
    """Return whether this fault happens instead of the request, which then changes nothing."""
    return isinstance(fault, int) or fault in _REPLACES_REQUEST


def affects_one_job(fault: int | Fault) -> bool:
    """Return whether this fault can affect one job of a response about several jobs."""
    return fault in _AFFECTS_ONE_JOB


def can_apply(fault: int | Fault, operation: Operation) -> bool:
    """Return whether this fault can happen to such a request; for `any`, to some request."""
    if operation is Operation.ANY or not isinstance(fault, Fault):
        return True
    return fault not in _APPLIES_ONLY_TO or operation in _APPLIES_ONLY_TO[fault]


def parameters_of(fault: int | Fault) -> tuple[str, ...]:
    """Return which of `retry_after`, `status` and `seconds` a rule with this fault can have."""
    if isinstance(fault, int):
        return ("retry_after",)
    if fault is Fault.HTML:
        return ("retry_after", "status")
    return ("seconds",) if fault in _USUAL_SECONDS else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which requests a fault happens to; by default every request for its operation."""

    on: Operation
    fault: int | Fault
    times: int | None = None
    """The fault happens at most this often; None is without limit."""
    after: int = 0
    """The number of matching requests to skip at first."""
    every: int = 1
    """After the skipped ones, every n-th matching request has the fault."""
    between: tuple[float, float | None] | None = None
    """Only while the job's age in seconds is in this interval, bounds included; an upper bound of
    None is infinite."""
    from_middle: bool = False
    """Set `between` to the second half of the job's duration, once that is known."""
    probability: float = 1
    """Of the requests that fit all else, this share has the fault."""
    retry_after: int | None = None
    """The Retry-After header of an error status or `html`, in seconds; None for no header."""
    status: int | None = None
    """The status code of `html`; None for the usual one."""
    seconds: float | None = None
    """The duration of `hang`, `slow` and `dribble`; None for the usual one."""

    @property
    def page_status(self) -> int:
        """The status code of the fault `html`."""
        return HTTPStatus.BAD_GATEWAY.value if self.status is None else self.status

    @property
    def fault_seconds(self) -> float:
        """The seconds that the fault takes; 0 if it happens at once."""
        if self.seconds is not None:
            return self.seconds
        return _USUAL_SECONDS.get(self.fault, 0.0) if isinstance(self.fault, Fault) else 0.0

    def for_duration(self, duration: float) -> Self:
        """Return this rule for a job of that duration, which `from_middle` depends on."""
        return replace(self, between=(duration / 2, None)) if self.from_middle else self

    def matches(self, operation: Operation, *, age: float | None) -> bool:
        """Return whether this rule is about such a request, and therefore counts it.

        `age` is the age of the request's job in seconds: 0 for a job that is being created, None if
        the request is about no job in particular. A rule with `between` never matches the latter.
        """
        if self.on not in {operation, Operation.ANY} or not can_apply(self.fault, operation):
            return False
        if self.between is None:
            return True
        first, last = self.between
        return age is not None and first <= age and (last is None or age <= last)

    def applies(self, *, match: int, applied: int, seed: int, position: int) -> bool:
        """Return whether the fault happens to a request that matches.

        The request is the `match`-th one, counted from 1, and the fault has happened to `applied`
        requests before. If the rule has a probability, the decision depends only on `seed`, on the
        rule's `position` in its list and on `match`.
        """
        if self.times is not None and applied >= self.times:
            return False
        number = match - self.after
        if number < 1 or number % self.every:
            return False
        if self.probability >= 1:
            return True
        # The prefix keeps this stream apart from the one that plans are drawn from.
        rng = random.Random(f"fault {seed} {position} {match}")  # noqa: S311 (must be repeatable)
        return rng.random() < self.probability

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a request would write it, without default values."""
        return {name: value for name, value in asdict(self).items() if value != _DEFAULTS[name]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        fault, between = stored["fault"], stored.get("between")
        values = {
            **stored,
            "on": Operation(stored["on"]),
            "fault": fault if isinstance(fault, int) else Fault(fault),
            "between": between and (between[0], between[1]),
        }
        return cls(**values)


_DEFAULTS: Final = {field.name: field.default for field in fields(Rule)}
