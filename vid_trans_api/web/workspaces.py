"""The workspaces that were used last, which a developer can open without their keys.

A program that sends the key `test` would otherwise leave its developer with an empty page.
"""

import ipaddress
from collections.abc import Sequence
from typing import ClassVar, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.authentication import accepts_every_key
from vid_trans_api.models import Workspace
from vid_trans_api.operations.recent import UsedWorkspace, workspaces_used_last
from vid_trans_api.web import sessions
from vid_trans_api.web.pages import Page

MOST_SHOWN: Final = 8

_FORWARDED: Final = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR")


def other_workspaces(request: HttpRequest, workspace: Workspace) -> Sequence[UsedWorkspace]:
    """Return the workspaces that were used last, besides the one that is open.

    There are none if the request may not open them.
    """
    if not _is_developers(request):
        return ()
    return workspaces_used_last(MOST_SHOWN, excluding=workspace.key_digest)


class OpenWorkspacePage(Page):
    """The button that opens a workspace in this browser."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_developers(request):
            raise Http404(_NOT_FOUND)
        workspace = Workspace.objects.find(request.POST.get("workspace", ""))
        if workspace is None:
            raise Http404(_NOT_FOUND)
        sessions.open_workspace(request, workspace)
        return HttpResponseRedirect(reverse("jobs"))


_NOT_FOUND: Final = "There is no such workspace, or it can only be opened with its key."


def _is_developers(request: HttpRequest) -> bool:
    """Return whether every key is good, and the request is from this computer.

    A proxy or tunnel on this computer is a loopback peer too, whoever is behind it.
    """
    return (
        settings.DEBUG
        and accepts_every_key()
        and not settings.BEHIND_PROXY
        and not any(name in request.META for name in _FORWARDED)
        and _is_loopback(request.META.get("REMOTE_ADDR", ""))
    )


def _is_loopback(address: str) -> bool:
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket has none
        return False
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return (mapped or peer).is_loopback
