"""The dialect of HeyGen's API v3: its paths, documents and statuses."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from ..creation import Asset
from ..errors import Conflict, JobNotFound
from ..groups import Batch, Proofread
from ..jobs import Job, Status
from ..messages import UnreadableResponse
from .base import BatchPage, FileKind, JobPage, JobsById
from .heygen import (
    HeygenDialect,
    data_of,
    envelope_of,
    failure_of,
    required_text,
    status_of,
)
from .values import form_with_file, number, path_segment, text, unix_instant, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..creation import GenerationOptions, TranslationRequest
    from ..messages import Request, Response

ROOT = "/v3/video-translations"

STATUSES: Mapping[str, Status] = {
    "pending": Status.PENDING,
    "queued": Status.PENDING,
    "running": Status.PENDING,
    "processing": Status.PENDING,
    "completed": Status.COMPLETED,
    "failed": Status.ERROR,
}
"""The words for translations, for items of batches, and for batches and proofreads."""

NOT_FOUND = "not_found"
"""The status of an id, among several, that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeygenV3Dialect(HeygenDialect):
    """HeyGen's API v3."""

    title: ClassVar[str] = "HeyGen's API v3"
    max_batch: ClassVar[int] = 100
    waits_for_room: ClassVar[bool] = True

    def create_jobs(self, wanted: TranslationRequest, *, idempotency_key: str) -> Sequence[Request]:
        body = _body_of(wanted)
        return [self._request("POST", ROOT, body=body, idempotency_key=idempotency_key)]

    def get_job(self, job_id: str, *, long_poll: int = 0) -> Request:
        return self._request("GET", _job_path(job_id))

    def get_newest_job(self) -> Request:
        return self._request("GET", ROOT, query=[("limit", "1")])

    def get_jobs(self, job_ids: Sequence[str]) -> Request:
        query = [("video_translation_ids", ",".join(job_ids))]
        return self._request("GET", f"{ROOT}/statuses", query=query)

    def list_jobs(self, filters: Mapping[str, str], *, start: str | None) -> Request:
        # v3 has no filters: the client applies them to what it gets.
        query = [(name, value) for name, value in filters.items() if name == "limit"]
        return self._request("GET", ROOT, query=[*query, *_start(start)])

    def next_page(self, request: Request, start: str) -> Request:
        url, _, parameters = request.url.partition("?")
        query = [(name, value) for name, value in parse_qsl(parameters) if name != "token"]
        path = url.removeprefix(self.base_url)
        return self._request("GET", path, query=[*query, *_start(start)])

    def rename_job(self, job_id: str, title: str) -> Request:
        return self._request("PATCH", _job_path(job_id), body={"title": title})

    def delete_job(self, job_id: str) -> Request:
        return self._request("DELETE", _job_path(job_id))

    def read_created(self, response: Response, wanted: TranslationRequest) -> Sequence[Job]:
        data = data_of(response)
        ids = _ids(data.get("video_translation_ids"), "video_translation_ids")
        return created_jobs(ids, wanted, document=data)

    def read_job(self, response: Response) -> Job:
        return job_from_document(data_of(response))

    def read_newest(self, response: Response) -> Job:
        jobs = self.read_page(response).jobs
        if not jobs:
            raise JobNotFound("there is no translation yet")
        return jobs[0]

    def read_jobs(self, response: Response) -> JobsById:
        jobs, not_found = {}, set()
        for row in _list_of(envelope_of(response), "data"):
            try:
                job = _job_from_item(row)
            except UnreadableResponse:
                continue
            if job.status == NOT_FOUND:
                not_found.add(job.id)
            else:
                jobs[job.id] = job
        return JobsById(jobs=jobs, not_found=frozenset(not_found))

    def read_page(self, response: Response) -> JobPage:
        envelope = envelope_of(response)
        jobs = [job_from_document(document) for document in _list_of(envelope, "data")]
        return JobPage(jobs=jobs, next=_next(envelope))

    def lacks_result(self, job: Job) -> bool:
        return job.status == Status.COMPLETED and job.result_url is None

    def upload(self, content: bytes, *, name: str, idempotency_key: str) -> Request:
        request = self._request("POST", "/v3/assets", idempotency_key=idempotency_key)
        return _with_file(request, "file", name, content)

    def read_asset(self, response: Response) -> Asset:
        data = data_of(response)
        return Asset(
            id=required_text(data.get("asset_id"), "asset_id"),
            url=text(data.get("url")),
            mime_type=text(data.get("mime_type")),
            size=whole_number(data.get("size_bytes")),
        )

    def get_file(self, job_id: str, kind: FileKind) -> Request | None:
        if kind not in ("srt", "vtt"):
            return None
        request = self._request("GET", f"{_job_path(job_id)}/caption", query=[("format", kind)])
        return replace(request, headers={**request.headers, "Accept": "*/*"})

    def find_file(self, job_id: str, kind: FileKind) -> Request:
        return self.get_job(job_id)

    def read_file_url(self, response: Response, kind: FileKind) -> str | None:
        document = data_of(response)
        job = job_from_document(document)
        if job.status != Status.COMPLETED:
            raise Conflict(f"{job}, so it has no {kind}", job=job)
        if kind == "video" and document.get("translate_audio_only") is True:
            raise Conflict(f"only the sound of job {job.id} was translated", job=job)
        return text(document.get(f"{kind}_url"))

    def create_batch(
        self, items: Sequence[TranslationRequest], *, title: str | None, idempotency_key: str
    ) -> Request:
        body: dict[str, object] = {"video_translations": [_body_of(item) for item in items]}
        if title is not None:
            body["title"] = title
        return self._request("POST", f"{ROOT}/batches", body=body, idempotency_key=idempotency_key)

    def get_batch(self, batch_id: str) -> Request:
        segment = path_segment(batch_id, of="a batch")
        return self._request("GET", f"{ROOT}/batches/{segment}", query=[("limit", "100")])

    def read_batch_id(self, response: Response) -> str:
        return required_text(data_of(response).get("batch_id"), "batch_id")

    def read_batch(self, response: Response) -> BatchPage:
        data = data_of(response)
        counts = data.get("counts_by_status")
        batch = Batch(
            id=required_text(data.get("batch_id"), "batch_id"),
            status=status_of(data.get("status"), STATUSES),
            title=text(data.get("title")) or "",
            created_at=unix_instant(data.get("created_at")),
            counts={
                word: count
                for word, count in (counts if isinstance(counts, dict) else {}).items()
                if whole_number(count) is not None
            },
            jobs=tuple(_job_from_item(item) for item in _list_of(data, "items")),
        )
        return BatchPage(batch=batch, next=_next(data))

    def create_proofreads(self, wanted: TranslationRequest, *, idempotency_key: str) -> Request:
        body = _body_of(wanted)
        return self._request(
            "POST", f"{ROOT}/proofreads", body=body, idempotency_key=idempotency_key
        )

    def get_proofread(self, proofread_id: str) -> Request:
        return self._request("GET", _proofread_path(proofread_id))

    def find_captions(self, proofread_id: str) -> Request:
        return self._request("GET", f"{_proofread_path(proofread_id)}/srt")

    def replace_captions(
        self, proofread_id: str, content: bytes, *, idempotency_key: str
    ) -> Request:
        path = f"{_proofread_path(proofread_id)}/srt"
        request = self._request("PUT", path, idempotency_key=idempotency_key)
        return _with_file(request, "srt", "captions.srt", content)

    def generate_job(
        self, proofread_id: str, options: GenerationOptions | None, *, idempotency_key: str
    ) -> Request:
        path = f"{_proofread_path(proofread_id)}/generate"
        return self._request(
            "POST", path, body={**(options or {})}, idempotency_key=idempotency_key
        )

    def read_proofreads(
        self, response: Response, wanted: TranslationRequest
    ) -> Sequence[Proofread]:
        ids = _ids(data_of(response).get("proofread_ids"), "proofread_ids")
        languages = _languages(ids, wanted)
        return [
            Proofread(
                id=identity,
                status=Status.PENDING,
                title=wanted.title or "",
                target_language=language,
            )
            for identity, language in zip(ids, languages, strict=True)
        ]

    def read_proofread(self, response: Response) -> Proofread:
        data = data_of(response)
        status = status_of(data.get("status"), STATUSES)
        return Proofread(
            id=required_text(data.get("id"), "id"),
            status=status,
            title=text(data.get("title")) or "",
            target_language=text(data.get("output_language")),
            created_at=unix_instant(data.get("created_at")),
            error=failure_of(status, data.get("failure_message")),
        )

    def read_captions_url(self, response: Response, *, is_original: bool) -> str:
        name = "original_srt_url" if is_original else "srt_url"
        return required_text(data_of(response).get(name), name)

    def read_generated(self, response: Response, proofread: Proofread | None) -> Job:
        data = data_of(response)
        return Job(
            id=required_text(data.get("video_translation_id"), "video_translation_id"),
            status=Status.PENDING,
            title=proofread.title if proofread else "",
            target_language=proofread.target_language if proofread else None,
            document=data,
        )


def job_from_document(data: object) -> Job:
    """Return the job in the document of a translation."""
    if not isinstance(data, dict):
        raise UnreadableResponse("a translation is not a JSON object")
    status = status_of(data.get("status"), STATUSES)
    is_audio_only = data.get("translate_audio_only") is True
    return Job(
        id=required_text(data.get("id"), "id"),
        status=status,
        title=text(data.get("title")) or "",
        target_language=text(data.get("output_language")),
        created_at=unix_instant(data.get("created_at")),
        result_url=text(data.get("audio_url" if is_audio_only else "video_url")),
        error=failure_of(status, data.get("failure_message")),
        document=data,
        video_duration=number(data.get("duration")),
        is_audio_only=is_audio_only if "translate_audio_only" in data else None,
    )


def created_jobs(
    ids: Sequence[str], wanted: TranslationRequest, *, document: Mapping[str, Any]
) -> Sequence[Job]:
    """Return the jobs of a creation, of which the response, a `document`, only says the ids."""
    return [
        Job(
            id=job_id,
            status=Status.PENDING,
            title=wanted.title or "",
            video_url=wanted.asset.url if wanted.asset else wanted.video_url,
            target_language=language,
            document=document,
        )
        for job_id, language in zip(ids, _languages(ids, wanted), strict=True)
    ]


def _languages(ids: Sequence[str], wanted: TranslationRequest) -> Sequence[str | None]:
    """Return the language of each id; unknown if there are not as many as were wanted."""
    is_known = len(ids) == len(wanted.target_languages)
    return wanted.target_languages if is_known else [None] * len(ids)


def _job_from_item(item: object) -> Job:
    """Return the job in an item of a batch or a row of statuses, which have no results."""
    if not isinstance(item, dict):
        raise UnreadableResponse("an item is not a JSON object")
    status = status_of(item.get("status"), STATUSES)
    return Job(
        id=required_text(item.get("video_id"), "video_id"),
        status=status,
        error=failure_of(status, item.get("error")),
        document=item,
    )


def _body_of(wanted: TranslationRequest) -> dict[str, object]:
    body: dict[str, object] = {**(wanted.options or {})}
    if wanted.asset is not None:
        body["video"] = {"type": "asset_id", "asset_id": wanted.asset.id}
    elif wanted.video_url is not None:
        body["video"] = {"type": "url", "url": wanted.video_url}
    if wanted.target_languages:
        body["output_languages"] = list(wanted.target_languages)
    if wanted.title is not None:
        body["title"] = wanted.title
    if wanted.simulation is not None:
        body["simulation"] = wanted.simulation
    return body


def _ids(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise UnreadableResponse(f"no {name} in the response")
    return [required_text(each, name) for each in value]


def _list_of(document: Mapping[str, Any], name: str) -> Sequence[object]:
    found = document.get(name)
    if not isinstance(found, list):
        raise UnreadableResponse(f"no list `{name}` in the response")
    return found


def _next(document: Mapping[str, Any]) -> str | None:
    return text(document.get("next_token")) if document.get("has_more") is True else None


def _start(token: str | None) -> list[tuple[str, str]]:
    return [] if token is None else [("token", token)]


def _job_path(job_id: str) -> str:
    return f"{ROOT}/{path_segment(job_id)}"


def _proofread_path(proofread_id: str) -> str:
    return f"{ROOT}/proofreads/{path_segment(proofread_id, of='a proofread')}"


def _with_file(request: Request, field: str, name: str, content: bytes) -> Request:
    """Return the request with a form that has one file."""
    kind, body = form_with_file(field, name, content)
    return replace(request, headers={**request.headers, "Content-Type": kind}, body=body)
