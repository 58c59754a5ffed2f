"""What is logged, and how: Django's setting LOGGING for each LOG_FORMAT."""

from typing import Any, Final

FORMATS: Final = ("text", "json")


def logging_settings(log_format: str, *, debug: bool) -> dict[str, Any]:
    """Return LOGGING. Everything is written to stderr."""
    chosen = _json() if log_format == "json" else _text(debug=debug)
    # A wrong Host is the client's mistake, and the response says so.
    chosen["loggers"]["django.security.DisallowedHost"] = {
        "handlers": ["nowhere"],
        "propagate": False,
    }
    return {"version": 1, "disable_existing_loggers": False, **chosen}


def _text(*, debug: bool) -> dict[str, Any]:
    """Messages as sentences.

    Django's default logs errors only with DEBUG. Without DEBUG they are logged, too, because a
    response with status 500 says that the details are in the log.
    """
    text = "vid_trans_api.logs.TextFormatter"
    return {
        "formatters": {
            "text": {"()": text},
            "text with time": {"()": text, "format": "[%(asctime)s] %(message)s"},
            "request": {
                "()": "django.utils.log.ServerFormatter",
                # With another style it does not find that it has to supply the time.
                "style": "{",
                "format": "[{server_time}] {message}",
            },
        },
        "handlers": {
            "django": _stderr("text", level="INFO" if debug else "ERROR"),
            "server": _stderr("text with time"),
            "requests": _stderr("request"),
            "nowhere": {"class": "logging.NullHandler"},
        },
        "loggers": {
            "django": {"handlers": ["django"] if debug else []},  # instead of Django's handlers
            "django.request": {"handlers": [] if debug else ["django"]},
            "django.server": {"handlers": ["requests"], "level": "INFO", "propagate": False},
            "vid_trans_api": {"handlers": ["server"], "level": "INFO"},
        },
    }


def _json() -> dict[str, Any]:
    """One line of JSON for each entry, among them one for each request."""
    return {
        "formatters": {"json": {"()": "vid_trans_api.logs.JsonFormatter"}},
        "handlers": {"stderr": _stderr("json"), "nowhere": {"class": "logging.NullHandler"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": []},
            "django.request": {"level": "ERROR"},  # a 404 has its line already
            "django.server": {"handlers": ["nowhere"], "propagate": False},  # the same
            "vid_trans_api": {"level": "INFO"},
        },
    }


def _stderr(formatter: str, **options: str) -> dict[str, Any]:
    return {"class": "logging.StreamHandler", "formatter": formatter, **options}
