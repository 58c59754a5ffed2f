"""Writing JSON."""

import json
from typing import Any


def as_json(document: Any) -> str:
    """Write a document as compact JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
