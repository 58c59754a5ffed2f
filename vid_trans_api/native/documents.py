"""How this API writes jobs as JSON."""

import json
from typing import Any, Final

from vid_trans_api.http.documents import as_json, instant
from vid_trans_api.models import Asset, Endpoint, Job
from vid_trans_api.snapshots import UNKNOWN_STATUS, Snapshot

_ESTIMATE_DIGITS: Final = 3  # milliseconds
_PROGRESS_DIGITS: Final = 4


def job_document(job: Job, snapshot: Snapshot, *, result_url: str | None) -> dict[str, Any]:
    """Write a job and its snapshot.

    By hand, as a serializer takes several times as long, and most requests are status requests. A
    test compares it with JobSerializer, from which OpenAPI is made.
    """
    estimate, failure, progress = snapshot.estimate, snapshot.failure, snapshot.progress
    return {
        "id": job.public_id,
        "status": UNKNOWN_STATUS if snapshot.has_unknown_status else snapshot.status.value,
        "progress": None if progress is None else round(progress, _PROGRESS_DIGITS),
        "estimated_time_remaining": estimate and round(estimate.remaining, _ESTIMATE_DIGITS),
        "estimated_time_remaining_range": estimate
        and [round(estimate.low, _ESTIMATE_DIGITS), round(estimate.high, _ESTIMATE_DIGITS)],
        "title": job.title,
        "video_url": job.video_url or None,
        "target_language": job.target_language,
        "created_at": instant(job.created_at),
        "finished_at": snapshot.finished_at and instant(snapshot.finished_at),
        "result_url": result_url,
        "error": failure and failure.to_json(),
    }


def asset_document(asset: Asset, *, url: str) -> dict[str, Any]:
    return {
        "id": asset.public_id,
        "url": url,
        "mime_type": asset.mime_type,
        "size": asset.size,
        "duration": asset.duration,
        "created_at": instant(asset.created_at),
    }


def endpoint_document(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "events": endpoint.events,
        "enabled": endpoint.is_enabled,
        "created_at": instant(endpoint.created_at),
        "disabled_reason": endpoint.disabled_reason or None,
    }


def with_unknown_status(body: str) -> str:
    """Rewrite a stored response as the fault unknown-status reports it."""
    return as_json({**json.loads(body), "status": UNKNOWN_STATUS})
