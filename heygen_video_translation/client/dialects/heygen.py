"""What HeyGen's API v3 and v2 have in common: headers, keys, error codes and statuses."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from ..errors import ContentRefused, InsufficientCredit, InvalidRequest, QuotaExceeded
from ..jobs import JobError, Status
from ..messages import Request, UnreadableResponse
from .base import (
    IDEMPOTENCY_KEY,
    Dialect,
    error_of_status,
    is_retryable_status,
    without_headers,
)
from .values import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..jobs import TranslationClientError
    from ..messages import Response

KEY = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")

FINAL_CODES: Mapping[str, type[TranslationClientError]] = {
    "content_policy_violation": ContentRefused,
    "insufficient_credit": InsufficientCredit,
    "quota_exceeded": QuotaExceeded,
    "resource_not_found": InvalidRequest,  # an asset that the request names
    "trial_video_limit_exceeded": QuotaExceeded,
}
"""The errors of codes whose status does not tell them; none is worth a retry."""

REQUEST_IN_PROGRESS = "request_in_progress"
"""The code of a 409 while the first request with the same idempotency key is in progress."""

NO_MESSAGE = "the server gave no reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeygenDialect(Dialect):
    """HeyGen's API on the server at `base_url`, which requires `api_key`."""

    published_durations: ClassVar[tuple[float, float] | None] = (300.0, 900.0)

    def without_credentials(self, request: Request) -> Request:
        return without_headers(request, "X-Api-Key")

    def is_retryable(self, response: Response) -> bool:
        code = _error_of(response).get("code")
        if code in FINAL_CODES:
            return False
        return is_retryable_status(response.status) or code == REQUEST_IN_PROGRESS

    def error_type(self, response: Response) -> type[TranslationClientError]:
        code = text(_error_of(response).get("code"))
        return FINAL_CODES.get(code or "") or error_of_status(response.status)

    def error_detail(self, response: Response) -> str:
        """Return the code, the parameter and the message of an error."""
        error = _error_of(response)
        code, param, message = (text(error.get(name)) for name in ("code", "param", "message"))
        if param and message and param in message:
            param = None
        return ": ".join(part for part in (code, param, message) if part)

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, str]] = (),
        body: object = None,
        idempotency_key: str | None = None,
    ) -> Request:
        headers = {"Accept": "application/json"}
        if self.api_key is not None:
            headers["X-Api-Key"] = self.api_key
        if idempotency_key is not None:
            headers[IDEMPOTENCY_KEY] = _valid_key(idempotency_key)
        parameters = urlencode(list(query), safe=",")
        url = f"{self.base_url}{path}"
        request = Request(
            method=method, url=f"{url}?{parameters}" if parameters else url, headers=headers
        )
        if body is None:
            return request
        headers["Content-Type"] = "application/json"
        return replace(request, headers=headers, body=json.dumps(body, allow_nan=False).encode())


def data_of(response: Response) -> Mapping[str, Any]:
    """Return the object `data` of a response."""
    data = envelope_of(response).get("data")
    if not isinstance(data, dict):
        raise UnreadableResponse("no object `data` in the response")
    return data


def envelope_of(response: Response) -> Mapping[str, Any]:
    envelope = response.json()
    if not isinstance(envelope, dict):
        raise UnreadableResponse("the response is not a JSON object")
    return envelope


def error_code(response: Response) -> str | None:
    """Return the code of the error in a response, `""` if it has none; `None` without an error."""
    error = _error_of(response)
    return (text(error.get("code")) or "") if error else None


def status_of(value: object, words: Mapping[str, Status]) -> str:
    """Return the status that a word stands for; a word that is not known, as it is."""
    word = required_text(value, "status")
    return words.get(word, word)


def required_text(value: object, name: str) -> str:
    """Return a text that every document has; `UnreadableResponse` if it is missing."""
    if isinstance(value, str) and value:
        return value
    raise UnreadableResponse(f"no {name} in the response")


def failure_of(status: str, message: object) -> JobError | None:
    """Return why a job failed; HeyGen gives no code."""
    if status != Status.ERROR:
        return None
    return JobError(code="unknown", message=text(message) or NO_MESSAGE)


def _error_of(response: Response) -> Mapping[str, Any]:
    """Return the error in a response; an empty one if it has none."""
    try:
        error = envelope_of(response).get("error")
    except UnreadableResponse:
        return {}
    return error if isinstance(error, dict) else {}


def _valid_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError(
            f"idempotency_key must be 1 to 255 of A-Z a-z 0-9 _ - : and the dot, not {key!r}"
        )
    return key
