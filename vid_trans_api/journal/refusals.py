"""The rule for refused requests: repeat none before its Retry-After is over.

"Received" and "responded" are instants of the workspace's clock, which says how long a client
waited. Those of the server's clock say which came first, and how long a client waited that does not
sleep by the workspace's.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

from vid_trans_api.journal.subjects import States, jobs_of, names_of
from vid_trans_api.journal.violations import (
    TOLERANCE_SECONDS,
    Flagged,
    ViolationKind,
    Violations,
)
from vid_trans_api.models import LoggedRequest

LONGEST_REQUIRED_WAIT: Final = 60
"""Seconds. A client that waited for this long is not flagged, however long the Retry-After."""

MOST_IN_FORCE: Final = 8
"""How many refusals of one subject are compared with a request: the newest."""

_TOLERANCE: Final = timedelta(seconds=TOLERANCE_SECONDS)
_REFUSED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True, eq=False)
class _Refusal:
    status: int
    retry_after: int
    responded_at: datetime
    server_responded_at: datetime
    over_at: datetime
    server_over_at: datetime

    def missing_wait(self, request: LoggedRequest) -> timedelta:
        """Return how much longer the client should have waited.

        It may wait by either clock: libraries that repeat requests sleep by the real one.
        """
        return min(
            self.over_at - request.received_at, self.server_over_at - request.server_received_at
        )

    def covers(self, other: "_Refusal") -> bool:
        """Return whether it requires at least as long a wait as the other, by both clocks."""
        return self.over_at >= other.over_at and self.server_over_at >= other.server_over_at


@dataclass(slots=True, eq=False)
class _InForce:
    """The refusals of one subject, oldest first."""

    position: int
    refusals: tuple[_Refusal, ...]


@dataclass(slots=True)
class AskedTooSoon:
    """Flags requests that repeat a refused one before its Retry-After is over.

    A creation repeats another if it has the same Idempotency-Key. A key that is used only once says
    nothing; such a creation repeats another if it has the same body.
    """

    violations: Violations
    key_uses: Mapping[str, int]
    """How often each Idempotency-Key is used, by its digest."""
    _states: States[_InForce] = field(default_factory=States)
    _has_refusals: bool = False

    def add(self, request: LoggedRequest, flagged: Flagged) -> None:
        """Judge the next request."""
        refusal = _refusal_of(request)
        if refusal is None and not self._has_refusals:
            return
        self._has_refusals = True
        operation, names = request.operation, self._names(request)
        for state, members in self._states.grouped(operation, names):
            earlier = () if state is None else state.refusals
            if ignored := _ignored(earlier, request):
                self.violations.add(
                    ViolationKind.ASKED_TOO_SOON,
                    flagged,
                    jobs_of(request, members),
                    partial(_detail, ignored, request.received_at),
                )
            if refusal is not None:
                in_force = (*_still_in_force(earlier, request), refusal)[-MOST_IN_FORCE:]
                self._states.replace(operation, members, _InForce(flagged.position, in_force))
        self._states.evict_oldest(operation)

    def _names(self, request: LoggedRequest) -> Collection[str]:
        key = request.idempotency_key_digest
        return (key,) if key and self.key_uses[key] > 1 else names_of(request)


def _refusal_of(request: LoggedRequest) -> _Refusal | None:
    if not request.is_readable or request.status not in _REFUSED or request.retry_after is None:
        return None
    wait = timedelta(seconds=min(request.retry_after, LONGEST_REQUIRED_WAIT))
    return _Refusal(
        status=request.status,
        retry_after=request.retry_after,
        responded_at=request.responded_at,
        server_responded_at=request.server_responded_at,
        over_at=request.responded_at + wait,
        server_over_at=request.server_responded_at + wait,
    )


def _ignored(earlier: Collection[_Refusal], request: LoggedRequest) -> _Refusal | None:
    """Return the refusal that requires the longest wait of those that the request ignored."""
    ignored = [
        refusal
        for refusal in earlier
        if request.server_received_at >= refusal.server_responded_at
        and refusal.missing_wait(request) > _TOLERANCE
    ]
    return max(ignored, key=lambda refusal: refusal.missing_wait(request), default=None)


def _still_in_force(earlier: tuple[_Refusal, ...], request: LoggedRequest) -> Iterator[_Refusal]:
    """Yield the refusals that later requests may ignore.

    A refusal does not matter any more if the client has got another that covers it.
    """
    for index, refusal in enumerate(earlier):
        if refusal.missing_wait(request) > timedelta() and not any(
            later.covers(refusal) and later.server_responded_at <= request.server_received_at
            for later in earlier[index + 1 :]
        ):
            yield refusal


def _detail(refusal: _Refusal, received_at: datetime) -> str:
    waited = (received_at - refusal.responded_at).total_seconds()
    is_capped = refusal.retry_after > LONGEST_REQUIRED_WAIT
    enough = f"; {LONGEST_REQUIRED_WAIT} s would have been enough" if is_capped else ""
    return (
        f"The response was {refusal.status} with Retry-After {refusal.retry_after}, and the next"
        f" request came after {waited:.2f} s{enough}."
    )
