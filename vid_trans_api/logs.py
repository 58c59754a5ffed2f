"""The format of log entries: text or JSON, with the request's id, without signed URLs."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from vid_trans_api.request_ids import current_id

_SECRET: Final = re.compile(r"(/files/|\?)[^/?\s\"']+")
"""The token of a signed URL, and any query string."""

_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def redacted(text: str) -> str:
    """Return a text without the tokens of signed URLs and without query strings."""
    return _SECRET.sub(r"\1…", text)


def redact(record: logging.LogRecord) -> bool:
    """Redact a message. A filter for handlers; all messages pass."""
    record.msg, record.args = redacted(record.getMessage()), ()
    return True


class TextFormatter(logging.Formatter):
    """Writes the message as it is, and the request's id after it."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's name)
        return redacted(super().formatException(ei))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        text = redacted(super().formatMessage(record))
        request_id = current_id()
        return f"{text} [request {request_id}]" if request_id else text


class JsonFormatter(logging.Formatter):
    """Writes an entry as one line of JSON. `extra={"fields": …}` adds fields to it."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": redacted(record.getMessage()),
        }
        if request_id := current_id():
            entry["request_id"] = request_id
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = redacted(self.formatException(record.exc_info))
        return _json.encode(entry)
