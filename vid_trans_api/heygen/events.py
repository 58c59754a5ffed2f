"""The events of HeyGen's API, the same for all its versions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from vid_trans_api.heygen.documents import heygen_id
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.models import NO_DETAILS, Batch, Job, Proofread
from vid_trans_api.operations import JobState
from vid_trans_api.snapshots import Status
from vid_trans_api.webhooks.formats import EventContent

SUCCESS: Final = "video_translate.success"
FAIL: Final = "video_translate.fail"
VALIDATION_FAILED: Final = "video_translate.preflight.validation_failed"
DOWNLOAD_FAILED: Final = "video_translate.preflight.download_failed"
PROOFREAD_SUCCESS: Final = "proofread_creation.success"
PROOFREAD_FAIL: Final = "proofread_creation.fail"
BATCH_FINISHED: Final = "batch.finished"

DESCRIPTIONS: Final[Mapping[str, str]] = {
    SUCCESS: "A translation is completed.",
    FAIL: "A translation has failed, or was canceled.",
    VALIDATION_FAILED: "A translation has failed, as the video cannot be translated.",
    DOWNLOAD_FAILED: "A translation has failed, as the video could not be downloaded.",
    PROOFREAD_SUCCESS: "A proofread is completed.",
    PROOFREAD_FAIL: "A proofread has failed.",
    BATCH_FINISHED: "All translations of a batch have ended.",
}
"""The events that happen here, by their types."""

OTHER_TYPES: Final = (
    "avatar_video.success",
    "avatar_video.fail",
    "avatar_video_caption.success",
    "avatar_video_caption.fail",
    "avatar_video_gif.success",
    "avatar_video_gif.fail",
    "instant_avatar.success",
    "instant_avatar.fail",
    "live_avatar.success",
    "live_avatar.fail",
    "personalized_video",
    "photo_avatar_add_motion.success",
    "photo_avatar_add_motion.fail",
    "photo_avatar_generation.success",
    "photo_avatar_generation.fail",
    "photo_avatar_train.success",
    "photo_avatar_train.fail",
    "video_agent.success",
    "video_agent.fail",
)
"""Those of the parts of HeyGen's API that are not here, which programs name beside the others."""
_EXAMPLE: Final = {
    "video_translate_id": "test",
    "video_translation_id": "test",
    "callback_id": None,
    "output_language": "Spanish",
    "url": "https://example.com/test.mp4",
}

_PREFLIGHT: Final = {"bad-url": DOWNLOAD_FAILED, "bad-audio": VALIDATION_FAILED}
"""The events, by scenario, of jobs that fail before they are translated."""


class HeygenEventWriter:
    """Writes the ends of jobs, batches and proofreads."""

    types: Sequence[str] = tuple(DESCRIPTIONS)
    other_types: Sequence[str] = OTHER_TYPES

    def of_job(self, job: Job) -> EventContent | None:
        assert job.finishes_at is not None  # noqa: S101 (it has ended)
        state = JobState(job=job, now=job.finishes_at, snapshot=job.at(job.finishes_at))
        details = job.details or NO_DETAILS
        data: dict[str, Any] = {
            # Documents differ in the name of the id, so it is written with both.
            "video_translate_id": heygen_id(job),
            "video_translation_id": heygen_id(job),
            "callback_id": details.callback_id or None,
            "output_language": job.target_language,
        }
        if state.snapshot.status is Status.COMPLETED:
            urls = FileLinks.at_address(details.address).of_job(state, details)
            data["url"] = urls.get("video_url") or urls.get("audio_url")
            return _event(SUCCESS, data)
        failure = state.snapshot.failure
        data["message"] = failure.message if failure else None
        is_canceled = job.canceled_at is not None
        return _event(FAIL if is_canceled else _PREFLIGHT.get(job.scenario, FAIL), data)

    def of_batch(self, batch: Batch, jobs: Sequence[Job]) -> EventContent | None:
        outcomes = Counter(job.outcome for job in jobs)
        completed = outcomes[Status.COMPLETED]
        return _event(
            BATCH_FINISHED,
            {
                "batch_id": batch.public_id,
                "status": "completed" if completed else "failed",
                "title": batch.title or None,
                "total_items": len(jobs),
                "counts_by_status": {"completed": completed, "failed": len(jobs) - completed},
            },
        )

    def of_proofread(self, proofread: Proofread) -> EventContent | None:
        details = proofread.details or NO_DETAILS
        data = {
            "proofread_id": proofread.public_id,
            "callback_id": details.callback_id or None,
        }
        if proofread.outcome == Status.COMPLETED:
            return _event(PROOFREAD_SUCCESS, data)
        return _event(
            PROOFREAD_FAIL,
            {**data, "message": proofread.failure.message if proofread.failure else None},
        )

    def example(self, now: datetime) -> EventContent:
        return _event(SUCCESS, _EXAMPLE)


def _event(event_type: str, data: Mapping[str, Any]) -> EventContent:
    return EventContent(type=event_type, document={"event_type": event_type, "event_data": data})
