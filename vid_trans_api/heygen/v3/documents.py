"""How v3 writes jobs as JSON: what is null is left out."""

import json
from typing import Any, Final

from vid_trans_api.heygen import webhooks
from vid_trans_api.heygen.documents import failure_message_of, heygen_id, status_of
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.http.documents import instant
from vid_trans_api.models import NO_DETAILS, Asset, Endpoint, Event
from vid_trans_api.operations import BatchPage, JobState, ProofreadState, Row
from vid_trans_api.snapshots import UNKNOWN_STATUS, Snapshot, Status

STATUS_WORDS: Final = {
    Status.PENDING: "processing",
    Status.COMPLETED: "completed",
    Status.ERROR: "failed",
}
"""The words for batches, their items and proofreads."""


def item_status(snapshot: Snapshot) -> str:
    """Return the status of a translation as an item of a batch."""
    if snapshot.has_unknown_status:
        return UNKNOWN_STATUS
    if snapshot.status is Status.PENDING and not snapshot.has_started:
        return "queued"
    return STATUS_WORDS[snapshot.status]


def item_document(state: JobState) -> dict[str, Any]:
    """Write what items of batches and rows of statuses say about a job."""
    job, snapshot = state.job, state.snapshot
    document = {"status": item_status(snapshot), "video_id": heygen_id(job)}
    if message := failure_message_of(snapshot):
        document["error"] = message
    return document


def row_document(row: Row) -> dict[str, Any]:
    """Write a row of statuses."""
    place: dict[str, Any] = {"batch_id": row.batch_id} if row.batch_id else {}
    if row.state is None:
        named = {"video_id": row.job_id} if row.job_id else {}
        return {"status": "not_found", **named, **place}
    if row.batch_id:
        place["item_index"] = row.state.job.batch_position
    return {**item_document(row.state), **place}


def proofread_document(state: ProofreadState) -> dict[str, Any]:
    """Write a proofread."""
    proofread, status = state.proofread, state.status
    details = proofread.details or NO_DETAILS
    document = {
        "id": proofread.public_id,
        "status": STATUS_WORDS[status],
        "title": proofread.title,
        "output_language": proofread.target_language,
        "created_at": int(proofread.created_at.timestamp()),
        "submitted_for_review": False,
    }
    if details.input_language:
        document["input_language"] = details.input_language
    if status is Status.ERROR and proofread.failure:
        document["failure_message"] = proofread.failure.message
    return document


def asset_document(asset: Asset, *, url: str) -> dict[str, Any]:
    """Write an uploaded file."""
    return {
        "asset_id": asset.public_id,
        "url": url,
        "mime_type": asset.mime_type,
        "size_bytes": asset.size,
    }


def endpoint_document(endpoint: Endpoint) -> dict[str, Any]:
    """Write a webhook endpoint, without its secret."""
    document = webhooks.endpoint_document(endpoint)
    if document["events"] is None:
        del document["events"]
    return document


def event_document(event: Event) -> dict[str, Any]:
    """Write an event; its data is what was sent."""
    return {
        "event_id": event.public_id,
        "event_type": event.type,
        "event_data": json.loads(event.body)["event_data"],
        "created_at": instant(event.created_at),
    }


def batch_document(page: BatchPage) -> dict[str, Any]:
    """Write a batch, without the end of its page."""
    batch, counts = page.batch, page.counts
    return {
        "batch_id": batch.public_id,
        "status": STATUS_WORDS[page.status],
        **({"title": batch.title} if batch.title else {}),
        "created_at": int(batch.created_at.timestamp()),
        "total_items": counts.total,
        "counts_by_status": {
            "queued": counts.queued,
            "processing": counts.running,
            "completed": counts.completed,
            "failed": counts.failed,
        },
        "items": [
            {"item_index": state.job.batch_position, **item_document(state)}
            for state in page.states
        ],
    }


def translation_document(state: JobState, links: FileLinks) -> dict[str, Any]:
    """Write a job.

    By hand, as a serializer takes several times as long, and most requests are status requests.
    """
    job, snapshot = state.job, state.snapshot
    details = job.details or NO_DETAILS
    document: dict[str, Any] = {
        "id": heygen_id(job),
        "status": status_of(snapshot, completed="completed"),
        "output_language": job.target_language,
        "created_at": int(job.created_at.timestamp()),
        "translate_audio_only": details.is_audio_only,
    }
    if job.title:
        document["title"] = job.title
    if details.input_language:
        document["input_language"] = details.input_language
    if job.video_duration is not None:
        document["duration"] = round(job.video_duration, 3)
    if details.callback_id:
        document["callback_id"] = details.callback_id
    if message := failure_message_of(snapshot):
        document["failure_message"] = message
    if snapshot.status is Status.COMPLETED and not snapshot.has_unknown_status:
        document.update(links.of_job(state, details))
    return document
