"""The rule for creations: repeat one that may have succeeded only by its Idempotency-Key."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from vid_trans_api.journal.violations import (
    TOLERANCE_SECONDS,
    Flagged,
    ViolationKind,
    Violations,
)
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation


class _Doubtful(NamedTuple):
    """A creation of which the client cannot know whether it succeeded."""

    known_to_have_failed_at: datetime
    """The earliest instant at which the client can have known that it failed."""
    responded_at: datetime
    outcome: str
    has_key: bool


@dataclass(slots=True)
class CreatedTwice:
    """Flags creations that repeat a doubtful one, other than by its Idempotency-Key.

    A creation is doubtful if the client cannot know whether it succeeded. The client may repeat it
    with the same key, so a doubtful creation is left aside if its key is used again later. Any
    other creation with the same body, sent after the doubtful one had failed, may start a second
    job. One creation is flagged for each doubtful one.
    """

    violations: Violations
    key_uses: Mapping[str, int]
    """How often each Idempotency-Key is used, by its digest."""
    _used: Counter[str] = field(default_factory=Counter)
    """How often each key has been used so far."""
    _doubtful: dict[str, list[_Doubtful]] = field(default_factory=dict)
    """By the digest of the body."""

    def add(self, request: LoggedRequest, flagged: Flagged) -> None:
        """Judge the next request."""
        if request.operation != Operation.CREATE or not request.content_digest:
            return
        key = request.idempotency_key_digest
        same_body = self._doubtful.setdefault(request.content_digest, [])
        if not key or key not in self._used:
            for earlier in same_body:
                if request.server_received_at >= earlier.known_to_have_failed_at:
                    same_body.remove(earlier)
                    detail = partial(_detail, earlier, request.received_at, has_key=bool(key))
                    jobs = tuple(request.reported_by_job) or (None,)
                    self.violations.add(ViolationKind.CREATED_TWICE, flagged, jobs, detail)
                    break
        self._used[key] += 1
        is_last_use = not key or self._used[key] == self.key_uses[key]
        if request.is_doubtful and is_last_use:
            same_body.append(_doubt(request))
        if not same_body:
            del self._doubtful[request.content_digest]


def _doubt(request: LoggedRequest) -> _Doubtful:
    was_abandoned = request.was_abandoned
    if request.status is None or was_abandoned:
        outcome = "had no response"
    elif not request.is_readable:
        outcome = "had an unreadable response"
    else:
        outcome = f"had the response {request.status}"
    # The server notices a moment late that a client has hung up; its next request may come first.
    early = timedelta(seconds=TOLERANCE_SECONDS if was_abandoned else 0)
    return _Doubtful(
        known_to_have_failed_at=request.server_responded_at - early,
        responded_at=request.responded_at,
        outcome=outcome,
        has_key=bool(request.idempotency_key_digest),
    )


def _detail(earlier: _Doubtful, received_at: datetime, *, has_key: bool) -> str:
    if not has_key:
        key = "without an Idempotency-Key"
    elif earlier.has_key:
        key = "with another Idempotency-Key"
    else:
        key = "with an Idempotency-Key that the first did not have"
    waited = max(0.0, (received_at - earlier.responded_at).total_seconds())
    return (
        f"A creation {earlier.outcome}, so it may have started a job; the client sent the same"
        f" again {waited:.2f} s later, {key}."
    )
