"""The rules for receivers of webhooks: respond in time, accept what is genuine and nothing else."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Final

from vid_trans_api.journal.violations import Flagged, ViolationKind, Violations
from vid_trans_api.models import DeliveryState, PayloadFormat, SentAttempt
from vid_trans_api.simulation.webhook_faults import DeliveryKind

_FEWEST_ATTEMPTS: Final = 2
"""How many attempts must have failed if there will be more: a receiver that is being restarted
misses one."""

_LONGEST_URL: Final = 100
"""Characters of a URL in a sentence."""

_WRONG_SIGNATURES: Final[Mapping[tuple[str, str], str]] = {
    (DeliveryKind.FORGED, PayloadFormat.STANDARD): "a wrong signature",
    (DeliveryKind.FORGED, PayloadFormat.HEYGEN): "a wrong signature",
    # HeyGen does not sign the time, so its receivers cannot tell a replay by it.
    (DeliveryKind.STALE_TIMESTAMP, PayloadFormat.STANDARD): "a signature that was an hour old",
}
"""What must not be accepted, by kind and format. Half an event may be, as its signature is right
and some receivers respond before they parse it."""


@dataclass(slots=True)
class Receivers:
    """Flags what receivers did, and collects which ends they know."""

    violations: Violations
    accepted: dict[str, datetime] = field(default_factory=dict)
    """When the end of each job was first accepted, by job."""
    _sent: dict[str, str] = field(default_factory=dict)
    """An event about the end of each job, by job."""
    _waiting: set[str] = field(default_factory=set)
    """The jobs whose ends may still be sent."""

    @property
    def known(self) -> AbstractSet[str]:
        """The jobs whose ends a receiver has accepted, or may still be sent."""
        return self.accepted.keys() | self._waiting

    @property
    def unaccepted(self) -> Mapping[str, str]:
        """The events by job that no receiver has accepted, and that are not sent any more."""
        known = self.known
        return {job: event for job, event in self._sent.items() if job not in known}

    def add(self, attempts: Iterable[SentAttempt]) -> None:
        """Judge the attempts to send events, which are ordered by event."""
        for _, of_event in groupby(attempts, key=attrgetter("event")):
            by_endpoint: dict[int, list[SentAttempt]] = {}
            for attempt in of_event:
                self._judge_one(attempt)
                if attempt.kind == DeliveryKind.GENUINE:
                    by_endpoint.setdefault(attempt.endpoint, []).append(attempt)
            for genuine in by_endpoint.values():
                self._judge_all(genuine)

    def _judge_one(self, attempt: SentAttempt) -> None:
        """Judge one attempt. If it was slow, the receiver had less than the usual time."""
        if attempt.timed_out and not attempt.slow_seconds:
            self._flag(ViolationKind.ANSWERED_LATE, attempt, partial(_late, attempt))
        wrong = _WRONG_SIGNATURES.get((attempt.kind, attempt.format))
        if wrong is not None and _is_accepted(attempt):
            self._flag(ViolationKind.ACCEPTED_FORGED, attempt, partial(_forged, attempt, wrong))

    def _judge_all(self, genuine: Sequence[SentAttempt]) -> None:
        """Judge all attempts to send an event and its duplicates to one endpoint."""
        accepted = [each.at for each in genuine if each.at is not None and _is_accepted(each)]
        if not accepted:
            self._judge_unaccepted([each for each in genuine if each.at is not None])
        job = genuine[0].subject
        if genuine[0].is_about_job:
            self._sent.setdefault(job, genuine[0].event_id)
            if accepted:
                self.accepted[job] = min([*accepted, self.accepted.get(job, accepted[0])])
            if any(map(_may_be_sent, genuine)):
                self._waiting.add(job)

    def _judge_unaccepted(self, failed: Sequence[SentAttempt]) -> None:
        """Judge the failed attempts of an event. A 410 is how a receiver says that it is gone."""
        tries = Counter(each.delivery for each in failed)
        is_gone = any(each.status == HTTPStatus.GONE for each in failed)
        if not is_gone and any(count >= _FEWEST_ATTEMPTS for count in tries.values()):
            last = max(failed, key=attrgetter("at"))
            self._flag(ViolationKind.NEVER_ACCEPTED, last, partial(_unaccepted, last, len(failed)))

    def _flag(self, kind: ViolationKind, attempt: SentAttempt, detail: Callable[[], str]) -> None:
        assert attempt.at is not None  # noqa: S101 (it was made)
        flagged = flagged_event(attempt.event_id, attempt.at)
        jobs = (attempt.subject if attempt.is_about_job else None,)
        self.violations.add(kind, flagged, jobs, detail)


def flagged_event(event: str, at: datetime) -> Flagged:
    """Return what is kept of an event that is flagged."""
    return Flagged(round(at.timestamp() * 1_000_000), None, at, event)


def _is_accepted(attempt: SentAttempt) -> bool:
    return attempt.status is not None and 200 <= attempt.status < 300  # noqa: PLR2004 (2xx)


def _may_be_sent(delivery: SentAttempt) -> bool:
    return delivery.state == DeliveryState.PENDING and not delivery.disabled_reason


def _late(attempt: SentAttempt) -> str:
    seconds = (attempt.milliseconds or 0) / 1_000
    return f"{_url(attempt)} did not respond to {attempt.event_type} within {seconds:.1f} s."


def _forged(attempt: SentAttempt, wrong: str) -> str:
    return f"{_url(attempt)} responded with {attempt.status} to {attempt.event_type} with {wrong}."


def _unaccepted(last: SentAttempt, count: int) -> str:
    response = "there was no response" if last.status is None else f"the response was {last.status}"
    return (
        f"{_url(last)} accepted none of {count} attempts to send {last.event_type};"
        f" {response} to the last one."
    )


def _url(attempt: SentAttempt) -> str:
    url = attempt.url
    return url if len(url) <= _LONGEST_URL else f"{url[: _LONGEST_URL - 1]}…"
