"""Values as both databases store them."""

from datetime import UTC, datetime
from typing import Final

_NUL: Final = "\0"
_REPLACEMENT: Final = "\ufffd"


def as_stored(instant: datetime) -> str:
    """Write an instant in UTC, without an offset.

    This is how Django stores it in SQLite. PostgreSQL reads it by the time zone of the session,
    which is UTC in Django's.
    """
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return str(instant.replace(tzinfo=None))


def without_nul(text: str) -> str:
    """Return a text in which NUL, which PostgreSQL does not accept, is replaced.

    For texts that are looked up or logged as they came. Those that are stored for a client are
    refused instead.
    """
    return text.replace(_NUL, _REPLACEMENT) if _NUL in text else text
