"""What was sent to the receivers of webhooks, as reports read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Max

from vid_trans_api.models import Delivery, Job, SentAttempt, Workspace

MOST_ATTEMPTS: Final = 100_000
"""After how many attempts a report reads no older events."""

READ_BATCH: Final = 500
"""How many events are read at once."""


@dataclass(slots=True)
class SentEvents:
    """The newest events of a workspace: as many as there may be logged requests."""

    workspace: Workspace
    left_out_until: datetime | None = None
    """When the newest event happened that was not read, if any, by the workspace's clock."""

    def read(self) -> Iterator[SentAttempt]:
        """Yield the attempts to send them, event by event."""
        if not self.workspace.has_webhooks:
            return
        length = settings.JOURNAL_LENGTH
        newest = self.workspace.events.order_by("-number").values_list("number", "created_at")
        events = list(newest[: length + 1])
        count = 0
        for start in range(0, length, READ_BATCH):
            if count > MOST_ATTEMPTS:
                self.left_out_until = events[start][1]
                return
            batch = [number for number, _ in events[start : min(start + READ_BATCH, length)]]
            if not batch:
                return
            for attempt in Delivery.objects.filter(event__in=batch).attempts():
                count += 1
                yield attempt
        if len(events) > length:
            self.left_out_until = events[length][1]


def attempts_about(job: Job) -> Iterator[SentAttempt]:
    """Yield the attempts to send the events about a job."""
    about = Delivery.objects.filter(event__workspace=job.workspace, event__subject=job.public_id)
    return about.attempts()


def newest_attempt_about(job: Job) -> tuple[int | None, int | None]:
    """Return the numbers of the newest delivery and attempt: they tell whether there are others."""
    about = Delivery.objects.filter(event__workspace=job.workspace, event__subject=job.public_id)
    newest = about.aggregate(delivery=Max("number"), attempt=Max("attempts__pk"))
    return newest["delivery"], newest["attempt"]
