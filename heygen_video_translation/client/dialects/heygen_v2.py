"""The dialect of HeyGen's API v2, which was retired on 1 November 2026."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ..errors import Conflict
from ..jobs import Job, Status
from .heygen import HeygenDialect, data_of, error_code, failure_of, required_text, status_of
from .heygen_v3 import created_jobs
from .values import path_segment, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..creation import TranslationRequest
    from ..messages import Request, Response
    from .base import FileKind

ROOT = "/v2/video_translate"

STATUSES: Mapping[str, Status] = {
    "pending": Status.PENDING,
    "running": Status.PENDING,
    "success": Status.COMPLETED,
    "failed": Status.ERROR,
}

OPTIONS = frozenset(
    {
        "callback_id",
        "callback_url",
        "enable_dynamic_duration",
        "folder_id",
        "keep_the_same_format",
        "mode",
        "speaker_num",
        "translate_audio_only",
    }
)
"""The options that v2 knows; it would ignore any other."""

MODES: Mapping[object, str] = {"speed": "fast", "precision": "quality"}
"""v2's words for the modes of v3."""

MASKED_STATUSES: Mapping[str, int] = {
    "content_policy_violation": 400,
    "download_failed": 400,
    "insufficient_credit": 402,
    "invalid_parameter": 400,
    "not_found": 404,
    "quota_exceeded": 429,
    "rate_limit_exceeded": 429,
    "trial_video_limit_exceeded": 429,
    "unauthorized": 401,
}
"""The statuses of errors that v2 sends with a 200; that of any other code is 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeygenV2Dialect(HeygenDialect):
    """HeyGen's API v2. It has neither lists nor uploads, and no requests for several jobs."""

    title: ClassVar[str] = "HeyGen's API v2"
    waits_for_room: ClassVar[bool] = True

    def create_jobs(self, wanted: TranslationRequest, *, idempotency_key: str) -> Sequence[Request]:
        options = {**(wanted.options or {})}
        if unknown := sorted(options.keys() - OPTIONS):
            raise self.not_supported(f"take the option {unknown[0]}")
        body: dict[str, object] = {
            **options,
            "video_url": wanted.asset.url if wanted.asset else wanted.video_url,
            **_languages(wanted.target_languages),
            "title": wanted.title,
            "simulation": wanted.simulation,
        }
        if "mode" in options:
            body["mode"] = MODES.get(options["mode"], options["mode"])
        body = {name: value for name, value in body.items() if value is not None}
        return [self._request("POST", ROOT, body=body, idempotency_key=idempotency_key)]

    def get_job(self, job_id: str, *, long_poll: int = 0) -> Request:
        return self._request("GET", f"{ROOT}/{path_segment(job_id)}")

    def read_created(self, response: Response, wanted: TranslationRequest) -> Sequence[Job]:
        data = data_of(response)
        ids = data.get("video_translate_ids")
        if not isinstance(ids, list) or not ids:
            ids = [data.get("video_translate_id")]
        ids = [required_text(each, "video_translate_id") for each in ids]
        return created_jobs(ids, wanted, document=data)

    def read_job(self, response: Response) -> Job:
        data = data_of(response)
        status = status_of(data.get("status"), STATUSES)
        return Job(
            id=required_text(data.get("video_translate_id"), "video_translate_id"),
            status=status,
            title=text(data.get("title")) or "",
            result_url=text(data.get("url")),
            error=failure_of(status, data.get("message")),
            document=data,
        )

    def lacks_result(self, job: Job) -> bool:
        return job.status == Status.COMPLETED and job.result_url is None

    def unmasked(self, response: Response) -> Response:
        if not response.is_success or (code := error_code(response)) is None:
            return response
        return replace(response, status=MASKED_STATUSES.get(code, 500))

    def find_file(self, job_id: str, kind: FileKind) -> Request:
        match kind:
            case "video":
                return self.get_job(job_id)
            case "audio":
                raise self.not_supported("download the sound of a video")
        query = [("video_translate_id", job_id), ("caption_type", kind)]
        return self._request("GET", f"{ROOT}/caption", query=query)

    def read_file_url(self, response: Response, kind: FileKind) -> str | None:
        if kind != "video":
            return required_text(data_of(response).get("caption_url"), "caption_url")
        job = self.read_job(response)
        if job.status != Status.COMPLETED:
            raise Conflict(f"{job}, so it has no video", job=job)
        return job.result_url


def _languages(languages: Sequence[str]) -> dict[str, object]:
    if len(languages) == 1:
        return {"output_language": languages[0]}
    return {"output_languages": list(languages)} if languages else {}
