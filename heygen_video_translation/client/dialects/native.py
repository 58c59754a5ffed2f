"""The dialect of this project's own API: its paths, headers, documents, statuses and errors."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, quote, urlencode

from ..errors import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    JobNotFound,
    UnexpectedResponse,
)
from ..jobs import Job, JobError, Status, TranslationClientError
from ..messages import Request, Response, UnreadableResponse
from .base import JobBatch, JobPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = "/vid_trans_api"
MAX_KEY_LENGTH = 255
ERRORS: Mapping[int, type[TranslationClientError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: AuthenticationFailed,
    404: JobNotFound,
    409: Conflict,
    422: InvalidRequest,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeDialect:
    """Our own API on the server at `base_url`, used with `api_key`, if there is one."""

    max_batch: ClassVar[int] = 100

    base_url: str
    api_key: str | None = None

    def create_job(self, fields: Mapping[str, object], *, idempotency_key: str) -> Request:
        key = idempotency_key
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= MAX_KEY_LENGTH):
            raise ValueError(
                f"idempotency_key must be 1 to {MAX_KEY_LENGTH} printable ASCII characters,"
                f" not {key!r}"
            )
        body = json.dumps(fields, allow_nan=False).encode()
        request = self._request("POST", "/jobs")
        headers = {
            **request.headers,
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        return replace(request, headers=headers, body=body)

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

    def list_jobs(self, filters: Mapping[str, object]) -> Request:
        query = [(name, str(value)) for name, value in filters.items()]
        return self._request("GET", "/jobs", query=query)

    def next_page(self, url: str) -> Request:
        # Only the query counts: behind a proxy the server may not know its own address.
        query = parse_qsl(url.partition("?")[2], keep_blank_values=True)
        return self._request("GET", "/jobs", query=query)

    def cancel_job(self, job_id: str) -> Request:
        return self._request("POST", f"{_job_path(job_id)}/cancel")

    def delete_job(self, job_id: str) -> Request:
        return self._request("DELETE", _job_path(job_id))

    def download_result(self, job_id: str) -> Request:
        request = self._request("GET", f"{_job_path(job_id)}/result")
        return replace(request, headers={**request.headers, "Accept": "*/*"})

    def without_long_poll(self, request: Request) -> Request:
        return replace(request, headers=_without(request.headers, "Prefer"), long_poll=0)

    def without_credentials(self, request: Request) -> Request:
        return replace(request, headers=_without(request.headers, "X-Api-Key"))

    def read_job(self, response: Response) -> Job:
        return _readable_job(response.json())

    def read_batch(self, response: Response) -> JobBatch:
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
        return JobBatch(
            jobs=jobs,
            not_found=frozenset(map(str, not_found if isinstance(not_found, list) else ())),
        )

    def read_page(self, response: Response) -> JobPage:
        data = response.json()
        if not isinstance(data, dict) or not isinstance(data.get("results"), list):
            raise UnreadableResponse("no list of results in the response")
        jobs = [_readable_job(document) for document in data["results"]]
        return JobPage(jobs=jobs, next_url=_text(data.get("next")))

    def error_type(self, response: Response) -> type[TranslationClientError]:
        return ERRORS.get(response.status, UnexpectedResponse)

    def error_detail(self, response: Response) -> str:
        """Return the sentences of a problem document (RFC 9457), each of them once."""
        try:
            problem = response.json()
        except UnreadableResponse:
            return ""
        if not isinstance(problem, dict):
            return ""
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
        progress=_number(document.get("progress")),
        estimated_time_remaining=_number(document.get("estimated_time_remaining")),
        estimated_time_remaining_range=_range(document.get("estimated_time_remaining_range")),
        title=_text(document.get("title")) or "",
        video_url=_text(document.get("video_url")),
        target_language=_text(document.get("target_language")),
        created_at=_instant(document.get("created_at")),
        finished_at=_instant(document.get("finished_at")),
        result_url=_text(document.get("result_url")),
        error=_job_error(document.get("error"), is_failed=status == Status.ERROR),
    )


def _readable_job(document: object) -> Job:
    try:
        return job_from_document(document)
    except ValueError as error:
        raise UnreadableResponse(str(error)) from None


def _job_path(job_id: str) -> str:
    """Return the path of a job; ids that would change the path cannot be ids."""
    if job_id in ("", ".", ".."):
        raise JobNotFound(f"{job_id!r} cannot be the id of a job")
    return f"/jobs/{quote(job_id, safe='')}"


def _without(headers: Mapping[str, str], name: str) -> Mapping[str, str]:
    return {other: value for other, value in headers.items() if other != name}


def _number(value: object) -> float | None:
    """Return a finite JSON number as a float, and `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _range(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # low and high
        return None
    low, high = _number(value[0]), _number(value[1])
    return None if low is None or high is None or not 0 <= low <= high else (low, high)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _job_error(value: object, *, is_failed: bool) -> JobError | None:
    if isinstance(value, dict):
        return JobError(
            code=_text(value.get("code")) or "unknown",
            message=_text(value.get("message")) or "the server gave no message",
            retryable=value.get("retryable") is True,
        )
    if not is_failed:
        return None
    return JobError(code="unknown", message=_text(value) or "the server gave no reason")
