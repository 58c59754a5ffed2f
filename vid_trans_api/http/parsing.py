"""Reading a request's body, query and headers, strictly."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

from django.core import signing
from django.http import HttpRequest, QueryDict
from rest_framework import exceptions

from vid_trans_api.http.fields import hint, quote, refuse_unknown
from vid_trans_api.http.opaque import hide, reveal
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.snapshots import Status

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 100
MOST_IDS: Final = 100

_CURSOR: Final = signing.Signer(salt="cursor of a list of jobs")
_LIMIT: Final = re.compile(r"[0-9]{1,9}")
_WAIT: Final = re.compile(r'wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?:;.*)?', re.IGNORECASE)
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def body_of(request: HttpRequest) -> Any:
    """Read the body as a JSON object; an empty body is an empty object.

    Raises UnreadablePostError if it is cut off, UnsupportedMediaType, ParseError, or
    ValidationError if it is not an object.
    """
    raw = request.body
    if not raw:
        return {}
    if request.content_type != "application/json":
        raise exceptions.UnsupportedMediaType(
            request.content_type or "",
            f"The body has the type {request.content_type or 'unknown'}; send application/json,"
            " with curl by `-H 'Content-Type: application/json'`.",
        )
    try:
        document = json.loads(
            raw.decode(), parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise exceptions.ParseError(f"The body is not JSON: {reason}.") from None
    if not isinstance(document, dict):
        _refuse("", f"{quote(document)} is not a JSON object.")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"{quote(name)} occurs twice in one object")
            seen.add(name)
    return document


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def digest_of_body(document: Any) -> str:
    """Return the same digest for bodies that are equal as JSON: 1 and 1.0, in any order."""
    canonical = json.dumps(_with_whole_numbers(document), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _with_whole_numbers(document: Any) -> Any:
    match document:
        case float() if document.is_integer():
            return int(document)
        case dict():
            return {name: _with_whole_numbers(value) for name, value in document.items()}
        case list():
            return [_with_whole_numbers(value) for value in document]
    return document


def digest_of_query(request: HttpRequest) -> str:
    """Return the same digest for the same list."""
    return hashlib.sha256(request.META.get("QUERY_STRING", "").encode()).hexdigest()


def refuse_unknown_parameters(query: QueryDict, known: Sequence[str]) -> None:
    """Raise ValidationError for a query parameter that is unknown or given twice."""
    refuse_unknown(set(query), list(known), noun="query parameter")
    for name, values in query.lists():
        if len(values) > 1:
            raise exceptions.ValidationError({name: "It is given more than once."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The parameters of a list of jobs."""

    status: Status | None
    target_language: str | None
    limit: int
    before: int | None
    """The number of the last job of the page before; None for the first page."""

    def includes(self, *, status: Status, target_language: str) -> bool:
        """Return whether such a job has the requested status and language."""
        return self.status in {None, status} and self.target_language in {None, target_language}


def listing_of(query: QueryDict) -> Listing:
    """Read the parameters of a list of jobs; raises ValidationError."""
    status, language, cursor = (
        query.get("status"),
        query.get("target_language"),
        query.get("cursor"),
    )
    if status is not None and status not in Status.values:
        _refuse("status", f"{quote(status)} is not a status; {hint(status, Status.values)}")
    if language is not None and language not in LANGUAGES:
        known = hint(language, [*LANGUAGES])
        _refuse("target_language", f"{quote(language)} is not a target language; {known}")
    return Listing(
        status=None if status is None else Status(status),
        target_language=language,
        limit=_limit(query.get("limit", str(DEFAULT_LIMIT))),
        before=None if cursor is None else number_of_cursor(cursor),
    )


def cursor_after(number: int) -> str:
    """Return the cursor of the page after the job with this number."""
    return _CURSOR.sign(str(hide(number)))


def ids_of(query: QueryDict) -> list[str]:
    """Read `ids`. Raises ValidationError."""
    ids = query.get("ids", "").split(",")
    if not all(ids):
        _refuse("ids", "An id in the list is empty; separate ids by one comma.")
    if len(ids) > MOST_IDS:
        _refuse("ids", f"These are {len(ids)} ids; at most {MOST_IDS} are allowed.")
    return ids


def _limit(text: str) -> int:
    if not (_LIMIT.fullmatch(text) and 1 <= int(text) <= LARGEST_LIMIT):
        _refuse("limit", f"{quote(text)} is not a whole number from 1 to {LARGEST_LIMIT}.")
    return int(text)


def number_of_cursor(cursor: str, *, field: str = "cursor", source: str = "the `next`") -> int:
    """Return the number of the last job of the page before. Raises ValidationError.

    `field` is what the request calls the cursor, `source` what a page calls it.
    """
    try:
        return reveal(int(_CURSOR.unsign(cursor)))
    except signing.BadSignature:
        _refuse(field, f"{quote(cursor)} is not a {field}; take it from {source} of a page.")


def _refuse(field: str, sentence: str) -> Never:
    raise exceptions.ValidationError({field: sentence})


def wait_of(prefer: str) -> int | None:
    """Return the seconds of `wait=` in a Prefer header, or None.

    As in RFC 7240, preferences that cannot be read are ignored, and the first of several counts.
    """
    for preference in prefer.split(",") if prefer else ():
        if match := _WAIT.fullmatch(preference.strip()):
            return int(match[1] or match[2])
    return None


def idempotency_key_of(request: HttpRequest) -> str | None:
    """Return the Idempotency-Key, quoted or not. Raises ValidationError for an invalid one."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    text = header.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if not _KEY.fullmatch(text):
        _refuse("Idempotency-Key", f"{quote(header)} is not 1 to 255 printable ASCII characters.")
    return text
