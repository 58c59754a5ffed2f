"""API keys, each of which opens a workspace."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from vid_trans_api.models import digest_of

_BEARER: Final = "bearer"


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Reads the key from `X-Api-Key` or `Authorization: Bearer`; `request.auth` is its digest.

    Without a key a request goes to the default workspace, unless API_KEYS lists the valid keys.
    """

    def authenticate(self, request: Request) -> tuple[None, str]:
        api_key = _api_key(request._request)
        if not is_accepted(api_key):
            raise exceptions.AuthenticationFailed(
                "This API key is not valid."
                if api_key
                else "An API key is needed: send it as `X-Api-Key: KEY` or"
                " `Authorization: Bearer KEY`."
            )
        return None, digest_of(api_key)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def is_accepted(api_key: str) -> bool:
    """Return whether a key is valid; an empty string stands for no key."""
    return is_accepted_digest(digest_of(api_key))


def is_accepted_digest(key_digest: str) -> bool:
    """Return whether the key with this digest is valid.

    Digests are compared, so that the time this takes does not reveal valid keys.
    """
    if not settings.API_KEYS:
        return True
    return key_digest in {digest_of(known) for known in settings.API_KEYS}


def _api_key(request: HttpRequest) -> str:
    api_key = request.META.get("HTTP_X_API_KEY", "")
    if not api_key:
        scheme, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        api_key = credentials.strip() if scheme.lower() == _BEARER else ""
    # WSGI decodes headers as Latin-1. Decode the key as a page does, so that both are the same.
    return str(api_key).encode("latin-1").decode(errors="surrogateescape")
