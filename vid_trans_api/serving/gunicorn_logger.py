"""gunicorn's loggers: their entries have the format of all others, and no signed URLs."""

import logging
from typing import Any

from gunicorn import glogging  # type: ignore[import-untyped]  # it has no types

from vid_trans_api.logs import JsonFormatter, redact


class TextLogger(glogging.Logger):  # type: ignore[misc]  # untyped
    """gunicorn's usual lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            self.prepare(handler)

    def prepare(self, handler: logging.Handler) -> None:
        handler.addFilter(redact)


class JsonLogger(TextLogger):
    """Each entry is a line of JSON."""

    def prepare(self, handler: logging.Handler) -> None:
        handler.setFormatter(JsonFormatter())
