"""The formats in which events are sent."""

from enum import StrEnum


class PayloadFormat(StrEnum):
    """What events look like, and how they are signed."""

    STANDARD = "standard"
    """As Standard Webhooks has it: the events of this project's own API."""
    HEYGEN = "heygen"
