"""Writing JSON."""

import json
from datetime import UTC, datetime
from typing import Any


def as_json(document: Any) -> str:
    """Write a document as compact JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def instant(moment: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, with a Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
