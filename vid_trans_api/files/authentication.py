"""Whose file a signed URL leads to."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from vid_trans_api import clock
from vid_trans_api.models import Asset, Job, Proofread
from vid_trans_api.signatures import FileKind, SignedFile, read_token


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOwner:
    """The row that a file belongs to; it is `request.user`."""

    signed: SignedFile
    row: Job | Asset | Proofread
    now: datetime
    """When the row was read, by the clock of its workspace."""


class UrlAuthentication(authentication.BaseAuthentication):
    """Reads the token in the path; `request.auth` is the digest of the workspace's key."""

    def authenticate(self, request: Request) -> tuple[FileOwner, str]:
        signed = read_token(request.parser_context["kwargs"]["token"])
        if signed is None:
            raise exceptions.PermissionDenied("This URL is not signed by this server.")
        row = _find(signed)
        if row is None:
            raise Http404("There is no such file any more.")
        now = row.workspace.now(clock.now())
        if signed.has_expired(now):
            raise exceptions.PermissionDenied("This URL has expired; request a new one.")
        return FileOwner(signed=signed, row=row, now=now), row.workspace.key_digest


def _find(signed: SignedFile) -> Job | Asset | Proofread | None:
    match signed.kind:
        case FileKind.ASSET:
            return Asset.objects.find_anywhere(signed.public_id)
        case FileKind.PROOFREAD_SRT | FileKind.ORIGINAL_SRT:
            return Proofread.objects.find_anywhere(signed.public_id)
    return Job.objects.find_anywhere(signed.public_id)
