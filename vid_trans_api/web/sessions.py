"""Browser sessions: whose jobs a browser sees.

The cookie is a random number. The server stores with it the digest of the API key, and the proof
that it has a MAC.
"""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest

from vid_trans_api.http.authentication import is_accepted_digest, note_workspace, proof_of
from vid_trans_api.models import Workspace, digest_of

_KEY_DIGEST: Final = "key_digest"
_KEY_PROOF: Final = "key_proof"


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

    A session is valid only as long as the server accepts the key that it was opened with.
    """
    digest = request.session.get(_KEY_DIGEST, "")
    is_staff = request.user.is_active and request.user.is_staff
    if not is_accepted_digest(digest, request.session.get(_KEY_PROOF, "")):
        if not is_staff:
            raise KeyRequired
        digest = ""
    note_workspace(request, digest)
    return Session(workspace=Workspace(key_digest=digest), is_staff=is_staff)


def opened_workspace(request: HttpRequest, session: Session) -> Workspace:
    """Return the workspace to show: the session's, or the one that staff name in the query."""
    number = request.GET.get("workspace")
    if number is None:
        return session.workspace
    workspace = Workspace.objects.find(number) if session.is_staff else None
    if workspace is not None:
        return workspace
    raise Http404("There is no such workspace, or you are not logged in as staff.")


def visible_workspace(session: Session, workspace: Workspace) -> Workspace:
    """Return the session's own workspace, or the other one if staff look at something in it."""
    is_own = workspace.key_digest == session.workspace.key_digest
    return session.workspace if is_own else workspace


def open_session(request: HttpRequest, api_key: str) -> None:
    """Let the browser see the key's workspace, with a new cookie: the old one may be known."""
    request.session.cycle_key()
    request.session[_KEY_DIGEST] = digest_of(api_key)
    request.session[_KEY_PROOF] = proof_of(api_key)


def open_workspace(request: HttpRequest, workspace: Workspace) -> None:
    """Let the browser see a workspace whose key is not known, as `open_session` does.

    It closes as soon as the server does not accept every key.
    """
    if not workspace.key_digest:
        close_session(request)
        return
    request.session.cycle_key()
    request.session[_KEY_DIGEST] = workspace.key_digest
    request.session[_KEY_PROOF] = ""


def close_session(request: HttpRequest) -> None:
    """Forget the key. The old cookie opens nothing any more; staff stay logged in."""
    if _KEY_DIGEST not in request.session:
        return
    del request.session[_KEY_DIGEST]
    request.session.pop(_KEY_PROOF, None)  # sessions of an older version have none
    if request.session.keys():
        request.session.cycle_key()
    else:
        request.session.flush()
