"""Whose file a signed URL leads to."""

from django.http import Http404
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from vid_trans_api.http.authentication import note_workspace
from vid_trans_api.operations import FileOwner, find_file_owner
from vid_trans_api.operations.errors import FileGone, UrlExpired
from vid_trans_api.signatures import read_token


class UrlAuthentication(authentication.BaseAuthentication):
    """Reads the token in the path.

    `request.user` is the owner of the file, `request.auth` the digest of its workspace's key.
    """

    def authenticate(self, request: Request) -> tuple[FileOwner, str]:
        signed = read_token(request.parser_context["kwargs"]["token"])
        if signed is None:
            raise exceptions.PermissionDenied("This URL is not signed by this server.")
        try:
            owner = find_file_owner(signed)
        except FileGone as error:
            raise Http404(str(error)) from None
        except UrlExpired as error:
            raise exceptions.PermissionDenied(str(error)) from None
        key_digest = owner.row.workspace.key_digest
        note_workspace(request._request, key_digest)
        return owner, key_digest
