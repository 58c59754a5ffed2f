"""Whose pages a browser sees: a signed cookie holds the digest of the key that it was given."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vid_trans_api.http.authentication import is_accepted_digest
from vid_trans_api.models import Workspace

COOKIE: Final = "workspace"
_SALT: Final = "the workspace that a browser sees"
_LIFETIME: Final = 90 * 24 * 60 * 60  # seconds


class KeyNeeded(Exception):
    """The server asks for an API key, and this browser has given none that is good today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at a page, and by which key."""

    workspace: Workspace
    """The one that their key opens; it need not be stored yet."""
    is_staff: bool
    """Whether they may look into the others too."""


def visitor_of(request: HttpRequest) -> Visitor:
    """Return who asks; raises KeyNeeded.

    The cookie counts only as long as the server accepts the key that it stands for.
    """
    digest = request.get_signed_cookie(COOKIE, default="", salt=_SALT) or ""
    is_staff = request.user.is_active and request.user.is_staff
    if not is_accepted_digest(digest):
        if not is_staff:
            raise KeyNeeded
        digest = ""
    return Visitor(workspace=Workspace(key_digest=digest), is_staff=is_staff)


def remember(answer: HttpResponseBase, key_digest: str) -> None:
    """Have the browser keep which workspace it sees."""
    answer.set_signed_cookie(
        COOKIE,
        key_digest,
        salt=_SALT,
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(answer: HttpResponseBase) -> None:
    answer.delete_cookie(COOKIE, samesite="Lax")
