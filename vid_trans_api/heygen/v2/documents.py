"""How v2 writes jobs as JSON: nulls are written."""

from typing import Any

from vid_trans_api.heygen.documents import failure_message_of, heygen_id, status_of
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.models import NO_DETAILS
from vid_trans_api.operations import JobState


def translation_document(state: JobState, links: FileLinks) -> dict[str, Any]:
    job, snapshot = state.job, state.snapshot
    return {
        "video_translate_id": heygen_id(job),
        "title": job.title or None,
        "status": status_of(snapshot, completed="success"),
        "url": _url_of(state, links),
        "message": failure_message_of(snapshot),
    }


def _url_of(state: JobState, links: FileLinks) -> str | None:
    """Return the URL of the video, or of the sound if only that was translated."""
    if not state.snapshot.has_result or state.snapshot.has_unknown_status:
        return None
    urls = links.of_job(state, state.job.details or NO_DETAILS)
    return urls.get("video_url") or urls.get("audio_url")
