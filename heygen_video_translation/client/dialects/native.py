"""The dialect of this project's own API: its paths, headers, documents, statuses and errors."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlencode

from ..creation import Asset
from ..errors import ContentRefused, QuotaExceeded
from ..jobs import Job, JobError, Status, TranslationClientError
from ..messages import Request, Response, UnreadableResponse
from .base import (
    IDEMPOTENCY_KEY,
    Dialect,
    FileKind,
    JobPage,
    JobsById,
    error_of_status,
    is_retryable_status,
    without_headers,
)
from .values import form_with_file, instant, number, path_segment, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..creation import TranslationRequest

ROOT = "/vid_trans_api"
MAX_KEY_LENGTH = 255
PROBLEMS: Mapping[str, type[TranslationClientError]] = {
    "content-policy-violation": ContentRefused,
    "quota-exceeded": QuotaExceeded,
}
"""The errors of problems whose status does not tell them, by the end of the problem's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeDialect(Dialect):
    """Our own API on the server at `base_url`, used with `api_key`, if there is one."""

    title: ClassVar[str] = "this project's own API"
    marks_replays: ClassVar[bool] = True
    max_batch: ClassVar[int] = 100
    has_long_polls: ClassVar[bool] = True

    def create_jobs(self, wanted: TranslationRequest, *, idempotency_key: str) -> Sequence[Request]:
        options = wanted.options or {}
        if options.keys() - {"callback_url"}:
            raise self.not_supported("take the options of HeyGen's API other than callback_url")
        if wanted.asset is not None and wanted.asset.url is None:
            raise ValueError("this project's own API finds an asset by its url, which is None")
        fields = {
            "video_url": wanted.asset.url if wanted.asset else wanted.video_url,
            "title": wanted.title,
            "simulation": wanted.simulation,
            "callback_url": options.get("callback_url"),
        }
        languages = wanted.target_languages or (None,)
        keys = [idempotency_key]
        if len(languages) > 1:
            keys = [f"{idempotency_key}-{position}" for position in range(1, len(languages) + 1)]
        return [
            self._creation(fields | {"target_language": language}, key)
            for language, key in zip(languages, keys, strict=True)
        ]

    def _creation(self, fields: Mapping[str, object], key: str) -> Request:
        sent = {name: value for name, value in fields.items() if value is not None}
        request = self._request("POST", "/jobs")
        headers = {
            **request.headers,
            "Content-Type": "application/json",
            IDEMPOTENCY_KEY: _valid_key(key),
        }
        return replace(request, headers=headers, body=json.dumps(sent, allow_nan=False).encode())

    def get_job(self, job_id: str, *, long_poll: int = 0) -> Request:
        request = self._request("GET", _job_path(job_id))
        if not long_poll:
            return request
        headers = {**request.headers, "Prefer": f"wait={long_poll}"}
        return replace(request, headers=headers, long_poll=long_poll)

    def get_newest_job(self) -> Request:
        return self._request("GET", "/status")

    def get_jobs(self, job_ids: Sequence[str]) -> Request:
        return self._request("GET", "/jobs", query=[("ids", ",".join(job_ids))])

    def list_jobs(self, filters: Mapping[str, str], *, start: str | None) -> Request:
        query = [*filters.items(), *([("cursor", start)] if start is not None else [])]
        return self._request("GET", "/jobs", query=query)

    def next_page(self, request: Request, start: str) -> Request:
        # Only the query counts: behind a proxy the server may not know its own address.
        query = parse_qsl(start.partition("?")[2], keep_blank_values=True)
        return self._request("GET", "/jobs", query=query)

    def cancel_job(self, job_id: str) -> Request:
        return self._request("POST", f"{_job_path(job_id)}/cancel")

    def delete_job(self, job_id: str) -> Request:
        return self._request("DELETE", _job_path(job_id))

    def upload(self, content: bytes, *, name: str, idempotency_key: str) -> Request:
        # The API has keys for jobs only, but a wrong one is refused before the file is sent.
        _valid_key(idempotency_key)
        kind, body = form_with_file("file", name, content)
        request = self._request("POST", "/assets")
        return replace(request, headers={**request.headers, "Content-Type": kind}, body=body)

    def get_file(self, job_id: str, kind: FileKind) -> Request:
        if kind != "video":
            raise self.not_supported(f"download the {kind} of a job")
        request = self._request("GET", f"{_job_path(job_id)}/result")
        return replace(request, headers={**request.headers, "Accept": "*/*"})

    def without_long_poll(self, request: Request) -> Request:
        return replace(without_headers(request, "Prefer"), long_poll=0)

    def without_credentials(self, request: Request) -> Request:
        return without_headers(request, "X-Api-Key")

    def read_created(self, response: Response, wanted: TranslationRequest) -> Sequence[Job]:
        return [self.read_job(response)]

    def read_job(self, response: Response) -> Job:
        return _readable_job(response.json())

    def read_jobs(self, response: Response) -> JobsById:
        data = response.json()
        if not isinstance(data, dict) or not isinstance(data.get("results"), list):
            raise UnreadableResponse("no list of results in the response")
        jobs = {}
        for document in data["results"]:
            try:
                job = job_from_document(document)
            except ValueError:
                continue
            jobs[job.id] = job
        not_found = data.get("not_found")
        return JobsById(
            jobs=jobs,
            not_found=frozenset(map(str, not_found if isinstance(not_found, list) else ())),
        )

    def read_page(self, response: Response) -> JobPage:
        data = response.json()
        if not isinstance(data, dict) or not isinstance(data.get("results"), list):
            raise UnreadableResponse("no list of results in the response")
        jobs = [_readable_job(document) for document in data["results"]]
        return JobPage(jobs=jobs, next=text(data.get("next")))

    def read_asset(self, response: Response) -> Asset:
        data = response.json()
        if not isinstance(data, dict) or not (identity := text(data.get("id"))):
            raise UnreadableResponse("no id of an asset in the response")
        return Asset(
            id=identity,
            url=text(data.get("url")),
            mime_type=text(data.get("mime_type")),
            size=whole_number(data.get("size")),
        )

    def is_retryable(self, response: Response) -> bool:
        return is_retryable_status(response.status) and _problem_type(response) not in PROBLEMS

    def error_type(self, response: Response) -> type[TranslationClientError]:
        return PROBLEMS.get(_problem_type(response)) or error_of_status(response.status)

    def error_detail(self, response: Response) -> str:
        """Return the sentences of a problem document (RFC 9457), each of them once."""
        problem = _problem(response)
        sentences = [str(problem[key]) for key in ("detail", "title") if problem.get(key)][:1]
        errors = problem.get("errors")
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, dict):
                name, detail = error.get("field"), error.get("detail")
                sentence = f"{name}: {detail}" if name else str(detail)
                if not any(sentence in earlier for earlier in sentences):
                    sentences.append(sentence)
        return " | ".join(sentences)

    def is_replay(self, response: Response) -> bool:
        return response.headers.get("idempotent-replayed", "").lower() == "true"

    def applied_wait(self, response: Response) -> float | None:
        """Return the seconds in `Preference-Applied` (RFC 7240), at most the requested ones."""
        applied = response.headers.get("preference-applied")
        if applied is None:
            return None
        for preference in applied.split(","):
            name, _, value = preference.partition("=")
            if name.strip().lower() == "wait" and value.strip().isdecimal():
                return min(float(value), float(response.long_poll))
        return float(response.long_poll)

    def _request(self, method: str, path: str, *, query: Iterable[tuple[str, str]] = ()) -> Request:
        headers = {"Accept": "application/json"}
        if self.api_key is not None:
            headers["X-Api-Key"] = self.api_key
        url = f"{self.base_url}{ROOT}{path}"
        parameters = urlencode(list(query), safe=",")
        return Request(
            method=method, url=f"{url}?{parameters}" if parameters else url, headers=headers
        )


def job_from_document(document: object) -> Job:
    """Return the job in a parsed JSON document; `ValueError` if it has no id or no status."""
    if not isinstance(document, dict):
        raise ValueError(f"a job must be a JSON object, not {type(document).__name__}")  # noqa: TRY004  # the document is wrong, not the caller
    job_id, status = document.get("id"), document.get("status")
    if not (isinstance(job_id, str) and job_id and isinstance(status, str) and status):
        raise ValueError(f"a job must have an id and a status, not {str(document)[:200]}")
    return Job(
        id=job_id,
        status=status,
        progress=number(document.get("progress")),
        estimated_time_remaining=number(document.get("estimated_time_remaining")),
        estimated_time_remaining_range=_range(document.get("estimated_time_remaining_range")),
        title=text(document.get("title")) or "",
        video_url=text(document.get("video_url")),
        target_language=text(document.get("target_language")),
        created_at=instant(document.get("created_at")),
        finished_at=instant(document.get("finished_at")),
        result_url=text(document.get("result_url")),
        error=_job_error(document.get("error"), is_failed=status == Status.ERROR),
        document=document,
    )


def _readable_job(document: object) -> Job:
    try:
        return job_from_document(document)
    except ValueError as error:
        raise UnreadableResponse(str(error)) from None


def _problem(response: Response) -> Mapping[str, object]:
    """Return a problem document (RFC 9457); an empty one if the response has none."""
    try:
        problem = response.json()
    except UnreadableResponse:
        return {}
    return problem if isinstance(problem, dict) else {}


def _problem_type(response: Response) -> str:
    """Return the end of a problem's type."""
    return str(_problem(response).get("type", "")).rpartition(":")[2]


def _valid_key(key: str) -> str:
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= MAX_KEY_LENGTH):
        raise ValueError(
            f"idempotency_key must be 1 to {MAX_KEY_LENGTH} printable ASCII characters, not {key!r}"
        )
    return key


def _job_path(job_id: str) -> str:
    return f"/jobs/{path_segment(job_id)}"


def _range(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # low and high
        return None
    low, high = number(value[0]), number(value[1])
    return None if low is None or high is None or not 0 <= low <= high else (low, high)


def _job_error(value: object, *, is_failed: bool) -> JobError | None:
    if isinstance(value, dict):
        return JobError(
            code=text(value.get("code")) or "unknown",
            message=text(value.get("message")) or "the server gave no message",
            retryable=value.get("retryable") is True,
        )
    if not is_failed:
        return None
    return JobError(code="unknown", message=text(value) or "the server gave no reason")
