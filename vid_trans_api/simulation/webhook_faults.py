"""How the delivery of an event misbehaves on demand."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

MOST_DUPLICATES: Final = 10

_OUT_OF_ORDER_DELAY: Final = 60.0
"""Seconds by which an event is held back if no other end is known that it could follow."""


class WebhookFault(StrEnum):
    """What happens to an event."""

    DUPLICATE = "duplicate"
    """It is sent again, `times` times."""
    LATE = "late"
    """It is sent `seconds` later."""
    LOST = "lost"
    """It is never sent."""
    OUT_OF_ORDER = "out-of-order"
    """It is sent after the next event of the workspace."""
    SLOW = "slow"
    """Its body takes `seconds` to be sent."""
    FORGED = "forged"
    """A copy with a wrong signature is sent beside it."""
    STALE_TIMESTAMP = "stale-timestamp"
    """A copy that was signed an hour ago is sent beside it."""
    MALFORMED = "malformed"
    """Half of it is sent beside it, signed."""


class DeliveryKind(StrEnum):
    """What is sent. All but the genuine event are tried once."""

    GENUINE = "genuine"
    FORGED = "forged"
    STALE_TIMESTAMP = "stale-timestamp"
    MALFORMED = "malformed"


_EXTRA: Final = {
    WebhookFault.FORGED: DeliveryKind.FORGED,
    WebhookFault.STALE_TIMESTAMP: DeliveryKind.STALE_TIMESTAMP,
    WebhookFault.MALFORMED: DeliveryKind.MALFORMED,
}

DEFAULT_SECONDS: Final = {WebhookFault.LATE: 30.0, WebhookFault.SLOW: 5.0}

LONGEST_SECONDS: Final = {WebhookFault.LATE: 86_400.0, WebhookFault.SLOW: 9.0}
"""A slow attempt must leave the receiver some time: it is cut off after ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRule:
    """One fault of the events about a job."""

    fault: WebhookFault
    times: int = 1
    """For `duplicate`: how many more times the event is sent."""
    seconds: float = 0
    """For `late` and `slow`."""

    def to_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = {"fault": self.fault.value}
        if self.times != 1:
            stored["times"] = self.times
        if self.seconds:
            stored["seconds"] = self.seconds
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**{**stored, "fault": WebhookFault(stored["fault"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """One delivery of an event to an endpoint."""

    kind: DeliveryKind = DeliveryKind.GENUINE
    delay: float = 0
    """Seconds after the event."""
    slow_seconds: float = 0
    is_lost: bool = False


def plan_deliveries(
    rules: Iterable[WebhookRule], *, next_end_in: float | None
) -> list[PlannedDelivery]:
    """Return the deliveries of an event, the genuine one first.

    `next_end_in` is the number of seconds until the next end in the workspace, after which an event
    out of order is sent; None if that is unknown.
    """
    by_fault = {rule.fault: rule for rule in rules}
    late, slow = by_fault.get(WebhookFault.LATE), by_fault.get(WebhookFault.SLOW)
    delay = late.seconds if late else 0.0
    if WebhookFault.OUT_OF_ORDER in by_fault:
        delay += _OUT_OF_ORDER_DELAY if next_end_in is None else next_end_in + 0.001
    genuine = PlannedDelivery(
        delay=delay,
        slow_seconds=slow.seconds if slow else 0.0,
        is_lost=WebhookFault.LOST in by_fault,
    )
    duplicate = by_fault.get(WebhookFault.DUPLICATE)
    copies = [genuine] * (1 + (duplicate.times if duplicate else 0))
    extra = [
        PlannedDelivery(kind=kind, delay=delay)
        for fault, kind in _EXTRA.items()
        if fault in by_fault
    ]
    return [*copies, *extra]
