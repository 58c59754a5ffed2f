"""What events are in each format. Dialects register the writers at start-up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from vid_trans_api.models import Batch, Job, PayloadFormat, Proofread


class EventContent(NamedTuple):
    """The type of an event, and what is sent as JSON."""

    type: str
    document: dict[str, Any]


class EventWriter(Protocol):
    """Writes the events of one format. A method returns None if the format has no such event."""

    types: Sequence[str]
    """All types, in the order in which they are listed."""

    other_types: Sequence[str]
    """Types that an endpoint may name as well, although no such event happens here."""

    def of_job(self, job: Job) -> EventContent | None:
        """Write the end of a job."""

    def of_batch(self, batch: Batch, jobs: Sequence[Job]) -> EventContent | None:
        """Write the end of a batch with these jobs."""

    def of_proofread(self, proofread: Proofread) -> EventContent | None:
        """Write the end of a proofread."""

    def example(self, now: datetime) -> EventContent:
        """Write an event that tests an endpoint."""


_WRITERS: Final[dict[PayloadFormat, EventWriter]] = {}


def register_event_writer(payload_format: PayloadFormat, writer: EventWriter) -> None:
    _WRITERS[payload_format] = writer


def writer_of(payload_format: str) -> EventWriter:
    return _WRITERS[PayloadFormat(payload_format)]
