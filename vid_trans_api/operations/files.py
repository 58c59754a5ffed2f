"""What the signed URL of a file leads to."""

from dataclasses import dataclass
from datetime import datetime

from vid_trans_api.models import Asset, Job, Proofread, lock_all, read_time
from vid_trans_api.operations.errors import FileGone, UrlExpired
from vid_trans_api.signatures import FileKind, SignedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOwner:
    """The row that a file belongs to."""

    signed: SignedFile
    row: Job | Asset | Proofread
    now: datetime
    """When the row was read, by the clock of its workspace."""


def find_file_owner(signed: SignedFile) -> FileOwner:
    """Return the row of any workspace that a file belongs to.

    The clock is read as by `operations.clock.read`. Raises FileGone and UrlExpired.
    """
    server_time = read_time()
    row = _find(signed)
    if row is not None and row.workspace.is_clock_changing:
        with lock_all([row.workspace]):
            row, server_time = _find(signed), read_time()
    if row is None:
        raise FileGone
    now = row.workspace.now(server_time)
    if signed.has_expired(now):
        raise UrlExpired
    return FileOwner(signed=signed, row=row, now=now)


def _find(signed: SignedFile) -> Job | Asset | Proofread | None:
    match signed.kind:
        case FileKind.ASSET:
            return Asset.objects.find_anywhere(signed.public_id)
        case FileKind.PROOFREAD_SRT | FileKind.ORIGINAL_SRT:
            return Proofread.objects.find_anywhere(signed.public_id)
    return Job.objects.find_anywhere(signed.public_id)
