"""Reading single values of JSON documents, and writing a form with a file."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

import math
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from ..errors import JobNotFound


def number(value: object) -> float | None:
    """Return a finite JSON number as a float, and `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def instant(value: object) -> datetime | None:
    """Return the instant of an ISO 8601 text."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def unix_instant(value: object) -> datetime | None:
    """Return the instant of a Unix time in seconds."""
    seconds = number(value)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def path_segment(identity: str, *, of: str = "a job") -> str:
    """Return an id as part of a path; `JobNotFound` for one that would change the path."""
    if identity in ("", ".", ".."):
        raise JobNotFound(f"{identity!r} cannot be the id of {of}")
    return quote(identity, safe="")


def form_with_file(field: str, name: str, content: bytes) -> tuple[str, bytes]:
    """Return the type and the bytes of a form with one file (RFC 7578)."""
    boundary = uuid4().hex
    shown = "".join(char if char.isprintable() and char not in '"\\' else "_" for char in name)
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{shown}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = b"".join([head.encode(errors="replace"), content, f"\r\n--{boundary}--\r\n".encode()])
    return f"multipart/form-data; boundary={boundary}", body
