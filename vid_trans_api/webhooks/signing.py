"""Secrets and signatures of webhooks, as Standard Webhooks and HeyGen define them."""

import base64
import hmac
from typing import Final

from vid_trans_api.simulation.seeds import random_bytes

_PREFIX: Final = "whsec_"
_KEY_LENGTH: Final = 32
"""Bytes; Standard Webhooks allows 24 to 64."""


def new_secret() -> str:
    """Return a new secret, in the format of Standard Webhooks, which HeyGen uses too."""
    return _PREFIX + base64.b64encode(random_bytes(_KEY_LENGTH)).decode()


def standard_headers(*, event_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers by which a receiver verifies an event, by Standard Webhooks.

    Args:
        event_id: Equal for all attempts to deliver the event.
        timestamp: Unix time of the attempt, in seconds. Receivers refuse old ones.
        body: What is signed, exactly as it is sent.
        secret: What `new_secret` returned.

    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def heygen_headers(*, event_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers by which a receiver verifies an event of HeyGen's API.

    HeyGen's documents name the header of the signature in two ways, so it is sent in both. It is of
    the body alone, and its key is the text of the secret with its prefix. The arguments are those
    of `standard_headers`.
    """
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    return {
        "Signature": signature,
        "Heygen-Signature": signature,
        "Heygen-Timestamp": str(timestamp),
        "Heygen-Event-Id": event_id,
    }
