"""A job's violations as its timeline shows them: by kind, causes before their consequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vid_trans_api.journal.violations import Violation, ViolationKind

MOST_SHOWN: Final = 3
"""Violations of each kind that are shown at once; the rest is behind a fold."""

MOST_FOLDED: Final = 50

MEANINGS: Final = {
    ViolationKind.CREATED_TWICE: "A repeated creation may have started, and cost, a second job."
    " Send the same Idempotency-Key again.",
    ViolationKind.ASKED_TOO_SOON: "A request was repeated before its Retry-After was over.",
    ViolationKind.ASKED_AFTER_END: "The job was polled after a response had reported its end.",
    ViolationKind.HAMMERED: "Three or more requests for the same thing came quickly in a row.",
    ViolationKind.NEVER_NOTICED: "Neither a response nor an accepted event reported the job's end."
    " Cancel or delete a job that is not waited for.",
    ViolationKind.ACCEPTED_FORGED: "The receiver accepted an event with a signature that was wrong"
    " or too old: anybody could send it one.",
    ViolationKind.ANSWERED_LATE: "The receiver did not respond in time, so the event is sent again."
    " Respond first, and do the work later.",
    ViolationKind.NEVER_ACCEPTED: "The receiver accepted no attempt to send it an event.",
}
"""What each kind means, causes first: who ignores a Retry-After or an end goes on to hammer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationGroup:
    """The violations of one kind, the first first: later ones often follow from it."""

    kind: ViolationKind
    meaning: str
    count: int
    shown: Sequence[Violation]
    folded: Sequence[Violation]

    @property
    def left_out(self) -> int:
        return self.count - len(self.shown) - len(self.folded)


def group_violations(violations: Sequence[Violation]) -> Iterator[ViolationGroup]:
    """Yield the kinds that there are."""
    for kind, meaning in MEANINGS.items():
        of_kind = [violation for violation in violations if violation.kind is kind]
        if of_kind:
            yield ViolationGroup(
                kind=kind,
                meaning=meaning,
                count=len(of_kind),
                shown=of_kind[:MOST_SHOWN],
                folded=of_kind[MOST_SHOWN : MOST_SHOWN + MOST_FOLDED],
            )
