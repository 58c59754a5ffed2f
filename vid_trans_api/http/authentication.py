"""Whose request it is: API keys and the workspaces that they open."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from vid_trans_api.models import digest_of

_BEARER: Final = "bearer"


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Reads the key from `X-Api-Key` or `Authorization: Bearer`; `request.auth` is its digest.

    No key opens the default workspace, unless API_KEYS says which keys there are.
    """

    def authenticate(self, request: Request) -> tuple[None, str]:
        api_key = _api_key(request._request)
        if not is_accepted(api_key):
            raise exceptions.AuthenticationFailed(
                "This API key is not one that the server knows."
                if api_key
                else "An API key is needed: send it as `X-Api-Key: KEY` or"
                " `Authorization: Bearer KEY`."
            )
        return None, digest_of(api_key)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def is_accepted(api_key: str) -> bool:
    """Tell whether that key, or none where it is empty, may use this server."""
    return is_accepted_digest(digest_of(api_key))


def is_accepted_digest(key_digest: str) -> bool:
    """Tell the same of a key by its digest.

    Digests are compared, so that the time it takes says nothing about the keys.
    """
    if not settings.API_KEYS:
        return True
    return key_digest in {digest_of(known) for known in settings.API_KEYS}


def _api_key(request: HttpRequest) -> str:
    api_key = request.META.get("HTTP_X_API_KEY", "")
    if not api_key:
        scheme, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        api_key = credentials.strip() if scheme.lower() == _BEARER else ""
    # WSGI shows a header's bytes as Latin-1; a key is the same here as when typed into a page.
    return str(api_key).encode("latin-1").decode(errors="surrogateescape")
