"""Notes: known mistakes in requests that have no effect here, as the dialects found them."""

from dataclasses import dataclass, field, replace
from typing import Final

from vid_trans_api.models import LoggedRequest

MOST_NOTES: Final = 100
"""How many different notes are collected: the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A known mistake, which may have been made in many requests."""

    request: int
    """The number of the first request that made it."""
    text: str
    count: int
    """How many requests made it."""


@dataclass(slots=True)
class Notes:
    """The notes about requests, each text once."""

    of_job: str | None = None
    """Requests that are not about this job are ignored; None for all jobs."""
    _by_text: dict[str, Note] = field(default_factory=dict)

    def add(self, request: LoggedRequest) -> None:
        if not request.notes:
            return
        if self.of_job is not None and self.of_job not in request.reported_by_job:
            return
        for text in dict.fromkeys(request.notes.splitlines()):
            known = self._by_text.get(text)
            if known is not None:
                self._by_text[text] = replace(known, count=known.count + 1)
            elif len(self._by_text) < MOST_NOTES:
                self._by_text[text] = Note(request=request.number, text=text, count=1)

    def all(self) -> tuple[Note, ...]:
        """Return the notes in the order of their first requests."""
        return tuple(self._by_text.values())
