"""Uploaded files: storing one, finding one by its URL, and reading one by its id."""

from typing import IO

from django.conf import settings
from django.core.files import File
from django.db import transaction

from vid_trans_api.file_types import UPLOADED
from vid_trans_api.ids import new_id
from vid_trans_api.models import Asset, Workspace, lock_creations
from vid_trans_api.models.assets import NO_SPACE, SMALLEST_SPACE, UsedSpace
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.errors import EmptyFile, NotAVideo, UploadsFull
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.operations.media_types import recognise
from vid_trans_api.signatures import FileKind, read_token, signed_url
from vid_trans_api.snapshots import Operation

_MEBIBYTE = 1024 * 1024


def store_asset(context: RequestContext, file: IO[bytes], *, name: str, size: int) -> Asset:
    """Store an uploaded file under the type that its bytes have, whatever its name says.

    It must not be larger than MAX_UPLOAD_BYTES. Raises what `apply_faults` does; EmptyFile,
    UnknownMediaType, DamagedFile and CannotReadFiles; UploadsFull; and QuotaExceeded for a new
    workspace. No file is left behind then.
    """
    workspace = Workspace.objects.of_key(context.key_digest)
    if context.recording:
        context.recording.workspace = workspace
    apply_faults(context, Operation.UPLOAD, workspace=workspace, jobs=(), now=workspace.now())
    if not size:
        raise EmptyFile
    media = recognise(file)
    asset = Asset(
        public_id=new_id(),
        name=name,
        mime_type=media.mime_type,
        size=size,
        duration=media.duration,
    )
    used = _refuse_if_full(workspace, size)  # before anything is written
    try:
        # The file is written without the lock, which all writers share.
        asset.file.save(asset.public_id, File(file), save=False)
        with transaction.atomic():
            asset.workspace = Workspace.objects.locked(context.key_digest)
            lock_creations()
            is_same = asset.workspace == workspace  # and not stored meanwhile, with files
            # With those that others stored meanwhile.
            _refuse_if_full(asset.workspace, size, known=used if is_same else NO_SPACE)
            asset.created_at = asset.workspace.now()
            asset.save(force_insert=True)
    except BaseException:
        asset.file.storage.delete(asset.public_id)
        raise
    return asset


def asset_url(root: str, asset: Asset) -> str:
    """Return the URL of a file, signed at its upload. `root` is the URL of all files."""
    extension = UPLOADED[asset.mime_type]
    return signed_url(root, FileKind.ASSET, asset.public_id, asset.created_at, extension=extension)


def asset_of_url(url: str, workspace: Workspace) -> Asset | None:
    """Return the uploaded file that a URL of this server leads to, or None."""
    asset_id = asset_id_of_url(url)
    return Asset.objects.find(asset_id, workspace=workspace) if asset_id else None


def asset_id_of_url(url: str) -> str:
    """Return the id of the uploaded file that a URL of this server leads to, or "".

    The host does not count: a proxy may have another name. Whether the URL has expired does not
    count either, as the file is not read by it.
    """
    parts = url.partition("?")[0].partition("#")[0].split("/")
    signed = read_token(parts[-2]) if len(parts) > 1 else None
    if signed is None or signed.kind is not FileKind.ASSET:
        return ""
    return signed.public_id


def refuse_other_than_video(asset: Asset, *, is_named_by_id: bool) -> None:
    """Raise NotAVideo for a file without a duration: only video and sound can be translated."""
    if asset.duration is None:
        raise NotAVideo(
            f"The file {asset.public_id} is {asset.mime_type}, not video or sound.",
            asset_id=asset.public_id if is_named_by_id else "",
        )


def _refuse_if_full(workspace: Workspace, size: int, *, known: UsedSpace = NO_SPACE) -> UsedSpace:
    """Raise UploadsFull if a file does not fit, or return what the others take.

    Holds for concurrent uploads under the lock, which needs `known`, what was returned before: the
    lock is not for reading all files of all workspaces.
    """
    used = Asset.objects.space_for(workspace, known=known)
    for taken, limit, owner in (
        (used.of_workspace, settings.MAX_WORKSPACE_UPLOAD_BYTES, "workspace"),
        (used.of_all, settings.MAX_ALL_UPLOADS_BYTES, "server"),
    ):
        if taken + max(size, SMALLEST_SPACE) > limit:
            raise UploadsFull(
                f"The files of this {owner} may have {limit / _MEBIBYTE:g} MiB, and this one of"
                f" {size} bytes does not fit. A file counts as {SMALLEST_SPACE} bytes or more."
            )
    return used
