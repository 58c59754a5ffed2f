"""Instants as text, for queries that do without Django's conversion of values."""

from datetime import UTC, datetime


def as_stored(instant: datetime) -> str:
    """Write an instant in UTC, without an offset.

    This is how Django stores it in SQLite. PostgreSQL reads it by the time zone of the session,
    which is UTC in Django's.
    """
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return str(instant.replace(tzinfo=None))
