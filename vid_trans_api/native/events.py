"""The events of this API, as Standard Webhooks has them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.urls import get_script_prefix, reverse

from vid_trans_api.http.documents import instant
from vid_trans_api.models import NO_DETAILS, Batch, Job, Proofread
from vid_trans_api.native.documents import job_document
from vid_trans_api.snapshots import Status
from vid_trans_api.webhooks.formats import EventContent

COMPLETED: Final = "job.completed"
ERROR: Final = "job.error"
TEST: Final = "test"


class StandardEventWriter:
    """Writes the ends of jobs. This API has no batches and no proofreads."""

    types: Sequence[str] = (COMPLETED, ERROR)
    other_types: Sequence[str] = ()

    def of_job(self, job: Job) -> EventContent | None:
        assert job.finishes_at is not None  # noqa: S101 (it has ended)
        snapshot = job.at(job.finishes_at)
        is_completed = snapshot.status is Status.COMPLETED
        event_type = COMPLETED if is_completed else ERROR
        document = {
            "type": event_type,
            "timestamp": instant(job.finishes_at),
            "data": job_document(
                job, snapshot, result_url=_result_url(job) if snapshot.has_result else None
            ),
        }
        return EventContent(type=event_type, document=document)

    def of_batch(self, batch: Batch, jobs: Sequence[Job]) -> None:
        return None

    def of_proofread(self, proofread: Proofread) -> None:
        return None

    def example(self, now: datetime) -> EventContent:
        document = {"type": TEST, "timestamp": instant(now), "data": {}}
        return EventContent(type=TEST, document=document)


def _result_url(job: Job) -> str:
    path = reverse("vid_trans_api:result", args=(job.public_id,))
    address = (job.details or NO_DETAILS).address
    return f"{address}/{path.removeprefix(get_script_prefix())}"
