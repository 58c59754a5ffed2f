"""How v3 writes jobs as JSON: what is null is left out."""

from typing import Any

from vid_trans_api.heygen.documents import failure_message_of, heygen_id, status_of
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.models import NO_DETAILS
from vid_trans_api.operations import JobState


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
    if snapshot.has_result and not snapshot.has_unknown_status:
        document.update(links.of_job(state, details))
    return document
