"""Verifying the signatures of webhooks, as Standard Webhooks and HeyGen define them.

Standard Webhooks (https://www.standardwebhooks.com): `webhook-signature` has one or more signatures
with spaces between them, each `v1,` and the Base64 of an HMAC-SHA256 of `ID.TIMESTAMP.BODY`. Its
key is the Base64 in the secret, after `whsec_`. ID and TIMESTAMP are the headers `webhook-id` and
`webhook-timestamp`, in Unix seconds.

HeyGen: `Signature`, in some of its documents `Heygen-Signature`, is the HMAC-SHA256 of the body
alone, in hexadecimal digits. Its key is the whole secret, as text. `Heygen-Event-Id` and
`Heygen-Timestamp` are not signed, so anybody who has seen an event can send it again with others.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Protocol

from .errors import InvalidWebhook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOLERANCE = 300.0
"""Seconds by which a signed timestamp may differ from the clock, as Standard Webhooks suggests."""

PREFIX = "whsec_"

HEYGEN_HEADERS = ("signature", "heygen-signature")


class Headers(Protocol):
    """The headers of a request: a mapping, or what a web framework has in its place."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def verified_id(headers: Headers, body: bytes, *, secret: str, now: float) -> str:
    """Return an id of a genuine webhook, which is the same whenever its event is sent again.

    For HeyGen's it is the signature, as the id in the headers is not signed.

    Arguments:
        headers: the headers of the request, in any case.
        body: the body, exactly as it arrived.
        secret: what signs the webhooks.
        now: Unix time in seconds.

    Raises `InvalidWebhook` if the signature is missing or wrong, or the signed time is not about
    now. A secret that is empty is a `ValueError`, as anybody could sign with it.

    """
    if not secret.removeprefix(PREFIX):
        raise ValueError("secret must not be empty; anybody could sign with it")
    sent = {name.lower(): value for name, value in headers.items()}
    if "webhook-signature" in sent:
        return _verified_by_standard(sent, body, secret=secret, now=now)
    for name in HEYGEN_HEADERS:
        if name in sent:
            return _verified_by_heygen(sent[name], body, secret=secret)
    raise InvalidWebhook(
        "the webhook is not signed: it has no header webhook-signature or Signature"
    )


def _verified_by_standard(sent: Mapping[str, str], body: bytes, *, secret: str, now: float) -> str:
    event_id, timestamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    key_text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(key_text + "=" * (-len(key_text) % 4), validate=True)
    except ValueError:
        raise InvalidWebhook(
            "the webhook has the headers of Standard Webhooks, but the secret is not one of these"
        ) from None
    signature = hmac.digest(key, _bytes(f"{event_id}.{timestamp}.") + body, "sha256")
    expected = b"v1," + base64.b64encode(signature)
    signatures = sent["webhook-signature"].split()
    if not any(hmac.compare_digest(_bytes(each), expected) for each in signatures):
        raise InvalidWebhook("the signature of the webhook is wrong")
    try:
        age = now - int(timestamp)
    except ValueError:
        raise InvalidWebhook(f"the time of the webhook is {timestamp!r}, not a number") from None
    if abs(age) > TOLERANCE:
        when = f"{abs(age):.0f} s {'old' if age > 0 else 'in the future'}"
        raise InvalidWebhook(f"the webhook is {when}, which is more than {TOLERANCE:g} s")
    return event_id


def _verified_by_heygen(sent: str, body: bytes, *, secret: str) -> str:
    expected = hmac.digest(secret.encode(), body, "sha256").hex()
    if not hmac.compare_digest(_bytes(sent.strip().lower()), expected.encode()):
        raise InvalidWebhook("the signature of the webhook is wrong")
    return expected


def _bytes(header: str) -> bytes:
    """Return a header as bytes, also one with characters that no header should have."""
    return header.encode(errors="backslashreplace")
