"""Signed URLs: whoever has one may read one file, without an API key, until it expires."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from django.conf import settings

_MAC_LENGTH: Final = 18
"""Bytes: 144 bits, which are 24 letters."""

_TOKEN: Final = re.compile(r"([a-z])([0-9a-f]{32})([0-9a-f]{1,16})-([A-Za-z0-9_-]{24})", re.ASCII)


class FileKind(StrEnum):
    """What a signed URL leads to. The value is the first letter of the token."""

    VIDEO = "v"
    """The translated video of a job."""
    AUDIO = "a"
    """The translated sound of a job."""
    SRT = "s"
    """The captions of a job."""
    VTT = "t"
    """The captions of a job."""
    ASSET = "u"
    """An uploaded file."""
    PROOFREAD_SRT = "p"
    """The translated captions of a proofread."""
    ORIGINAL_SRT = "o"
    """The captions of a proofread in the language of its video."""


EXTENSIONS: Final = {
    FileKind.VIDEO: "mp4",
    FileKind.AUDIO: "wav",
    FileKind.SRT: "srt",
    FileKind.VTT: "vtt",
    FileKind.ASSET: "bin",
    FileKind.PROOFREAD_SRT: "srt",
    FileKind.ORIGINAL_SRT: "srt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """What a valid token says."""

    kind: FileKind
    public_id: str
    """Of the job, asset or proofread."""
    expires_at: int
    """Unix time, by the clock of its workspace."""

    def has_expired(self, now: datetime) -> bool:
        return now.timestamp() >= self.expires_at


def sign(kind: FileKind, public_id: str, now: datetime) -> str:
    """Return a token that is valid for SIGNED_URL_SECONDS; `now` is the workspace's time."""
    text = f"{kind.value}{public_id}{int(now.timestamp() + settings.SIGNED_URL_SECONDS):x}"
    return f"{text}-{_mac(text)}"


def signed_url(
    root: str, kind: FileKind, public_id: str, now: datetime, *, extension: str = ""
) -> str:
    """Return the URL of a file below `root`, which is the URL of all files.

    The extension, for programs that look at it, is the usual one of this kind if it is left out.
    """
    name = f"{public_id}.{extension or EXTENSIONS[kind]}"
    return f"{root}/{sign(kind, public_id, now)}/{name}"


def read_token(token: str) -> SignedFile | None:
    """Return what a token says, which may have expired; None if it is not from this server."""
    match = _TOKEN.fullmatch(token)
    if match is None or not hmac.compare_digest(match[4], _mac(token.partition("-")[0])):
        return None
    return SignedFile(kind=FileKind(match[1]), public_id=match[2], expires_at=int(match[3], 16))


def _mac(text: str) -> str:
    digest = hmac.digest(_key(settings.SECRET_KEY), text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_MAC_LENGTH]).decode()


@cache
def _key(secret: str) -> bytes:
    """Return a key of its own, so that no signature of Django's is one of these."""
    return hashlib.sha256(b"signed URLs of files" + secret.encode()).digest()
