"""API keys, each of which opens a workspace."""

import hmac
from collections import deque
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from vid_trans_api import clock
from vid_trans_api.models import digest_of

_BEARER: Final = "bearer"
_KEY_DIGEST: Final = "vid_trans_api.key_digest"
_MOST_REFUSALS: Final = 10_000


class Refusals:
    """When this process refused requests for their API keys; the newest 10,000."""

    def __init__(self) -> None:
        self._instants: deque[datetime] = deque(maxlen=_MOST_REFUSALS)

    def add(self, instant: datetime) -> None:
        self._instants.append(instant)

    def count_since(self, instant: datetime | None) -> int:
        """Count those since an instant of the server's clock, or all."""
        return sum(instant is None or each >= instant for each in list(self._instants))


refusals: Final = Refusals()


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Reads the key from `X-Api-Key` or `Authorization: Bearer`; `request.auth` is its digest.

    Without a key a request goes to the default workspace, unless API_KEYS or API_KEY_SECRET says
    which keys are valid.
    """

    is_key_required = False
    """Whether a request needs a key even if any key is valid."""

    def authenticate(self, request: Request) -> tuple[None, str]:
        api_key = _api_key(request._request)
        if not is_accepted(api_key) or (self.is_key_required and not api_key):
            refusals.add(clock.now())
            raise exceptions.AuthenticationFailed(
                "This API key is not valid."
                if api_key
                else "An API key is needed: send it as `X-Api-Key: KEY` or"
                " `Authorization: Bearer KEY`."
            )
        key_digest = digest_of(api_key)
        note_workspace(request._request, key_digest)
        return None, key_digest

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def note_workspace(request: HttpRequest, key_digest: str) -> None:
    """Note whose request it is, for those who observe it."""
    request.META[_KEY_DIGEST] = key_digest


def noted_workspace(request: HttpRequest) -> str | None:
    """Return the digest of the key that opens the request's workspace; None if that is unknown."""
    key_digest: str | None = request.META.get(_KEY_DIGEST)
    return key_digest


def is_accepted(api_key: str) -> bool:
    """Return whether a key is valid; an empty string stands for no key."""
    return accepts_every_key() or _is_listed(digest_of(api_key)) or _has_mac(api_key)


def is_accepted_digest(key_digest: str, proof: str) -> bool:
    """Return whether a key that was valid once, with this digest and this proof, still is."""
    return accepts_every_key() or _is_listed(key_digest) or _is_proven(key_digest, proof)


def proof_of(api_key: str) -> str:
    """Return what proves, beside the digest of a key, that the key has a MAC; "" if it has none.

    A digest does not tell this. Another secret invalidates the proof, as it does the key.
    """
    return _proof_by_secret(digest_of(api_key)) if _has_mac(api_key) else ""


def accepts_every_key() -> bool:
    """Return whether every key is valid, and no key is needed."""
    return not (settings.API_KEYS or settings.API_KEY_SECRET)


def _is_listed(key_digest: str) -> bool:
    """Compare digests, so that the time this takes does not reveal valid keys."""
    return key_digest in {digest_of(known) for known in settings.API_KEYS}


def _is_proven(key_digest: str, proof: str) -> bool:
    has_secret = bool(settings.API_KEY_SECRET)
    return has_secret and constant_time_compare(proof, _proof_by_secret(key_digest))


def _proof_by_secret(key_digest: str) -> str:
    """Return an HMAC with a salt: without it, `DIGEST-PROOF` would be a valid key."""
    return salted_hmac(
        "proof of a key with a MAC",
        key_digest,
        secret=settings.API_KEY_SECRET,
        algorithm="sha256",
    ).hexdigest()


def _has_mac(api_key: str) -> bool:
    """Return whether a key is `NAME-MAC`, with the MAC of the name by API_KEY_SECRET."""
    if not settings.API_KEY_SECRET:
        return False
    name, _, mac = api_key.encode(errors="surrogateescape").rpartition(b"-")
    right = hmac.new(settings.API_KEY_SECRET.encode(), name, "sha256").hexdigest()
    return hmac.compare_digest(mac, right.encode())


def _api_key(request: HttpRequest) -> str:
    meta = request.META
    return api_key_in(meta.get("HTTP_X_API_KEY", ""), meta.get("HTTP_AUTHORIZATION", ""))


def api_key_in(x_api_key: str, authorization: str) -> str:
    """Return the key that these two headers contain; an empty string stands for no key.

    Servers decode headers as Latin-1. The key is decoded as a page does, so that both are the same.
    """
    api_key = x_api_key
    if not api_key:
        scheme, _, credentials = authorization.partition(" ")
        api_key = credentials.strip() if scheme.lower() == _BEARER else ""
    return api_key.encode("latin-1").decode(errors="surrogateescape")
