"""Browser sessions: a signed cookie holds the digest of the API key whose jobs a browser sees."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from vid_trans_api.http.authentication import is_accepted_digest
from vid_trans_api.models import Workspace

COOKIE: Final = "workspace"
_SALT: Final = "the workspace that a browser sees"
_LIFETIME: Final = 90 * 24 * 60 * 60  # seconds


class KeyRequired(Exception):
    """The server requires an API key, and this browser has no valid one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a browser may see."""

    workspace: Workspace
    """The workspace of the browser's API key; it may not be stored yet."""
    is_staff: bool
    """Whether the user may open other workspaces too."""


def session_of(request: HttpRequest) -> Session:
    """Return the session of a request; raise KeyRequired if there is none.

    The cookie is valid only as long as the server accepts the key that it was made from.
    """
    digest = request.get_signed_cookie(COOKIE, default="", salt=_SALT) or ""
    is_staff = request.user.is_active and request.user.is_staff
    if not is_accepted_digest(digest):
        if not is_staff:
            raise KeyRequired
        digest = ""
    return Session(workspace=Workspace(key_digest=digest), is_staff=is_staff)


def opened_workspace(request: HttpRequest, session: Session) -> Workspace:
    """Return the workspace to show: the session's, or the one that staff name in the query."""
    number = request.GET.get("workspace")
    if number is None:
        return session.workspace
    if session.is_staff and number.isdecimal():
        try:
            return Workspace.objects.get(pk=number)
        except Workspace.DoesNotExist:
            pass
    raise Http404("There is no such workspace, or you are not logged in as staff.")


def remember(response: HttpResponseBase, key_digest: str) -> None:
    """Set the cookie that opens the key's workspace."""
    response.set_signed_cookie(
        COOKIE,
        key_digest,
        salt=_SALT,
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, samesite="Lax")
