"""Storing uploaded files, and what becomes of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import IO, cast

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.conftest import SetClock
from tests.media_files import DAMAGED, PNG, SRT, UNKNOWN, VIDEO, forged, opened
from tests.starting import start
from vid_trans_api.models import Asset, Workspace
from vid_trans_api.models.assets import SMALLEST_SPACE
from vid_trans_api.operations import JobRequest, asset_url, create_exempt_job, run_again
from vid_trans_api.operations.assets import store_asset
from vid_trans_api.operations.clock import reset
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.errors import (
    DamagedFile,
    EmptyFile,
    NotAVideo,
    UnknownMediaType,
    UploadsFull,
)
from vid_trans_api.simulation.captions import as_srt, placeholder_cues


def store(data: bytes = PNG, *, name: str = "a.bin", key_digest: str = "") -> Asset:
    context = RequestContext(key_digest=key_digest, has_socket=False)
    with opened(data) as file:
        return store_asset(context, file, name=name, size=len(data))


def files_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.rglob("*") if each.is_file())


def test_asset_has_the_facts_of_its_file(db: None, clock: SetClock, uploads: Path) -> None:
    asset = store(VIDEO, name="talk.png")

    assert Asset.objects.get() == asset
    assert (asset.name, asset.mime_type, asset.size) == ("talk.png", "video/mp4", len(VIDEO))
    assert (asset.duration, asset.created_at) == (2.0, clock.at)
    assert (uploads / asset.public_id).read_bytes() == VIDEO


def test_only_the_owner_can_read_files(db: None, uploads: Path) -> None:
    asset = store()

    modes = [S_IMODE(path.stat().st_mode) for path in (uploads, uploads / asset.public_id)]

    assert modes == [0o700, 0o600]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFile),
        *((data, DamagedFile) for data in DAMAGED.values()),
        *((data, UnknownMediaType) for data in UNKNOWN.values()),
    ],
)
def test_refused_file_is_not_stored(
    db: None, uploads: Path, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        store(data)

    assert (Asset.objects.count(), files_in(uploads)) == (0, [])


@pytest.mark.parametrize("limit", ["MAX_WORKSPACE_UPLOAD_BYTES", "MAX_ALL_UPLOADS_BYTES"])
def test_file_that_does_not_fit_is_refused(db: None, uploads: Path, settings, limit: str) -> None:
    setattr(settings, limit, 2 * SMALLEST_SPACE)
    stored = [store(PNG).public_id, store(PNG).public_id]

    with pytest.raises(UploadsFull, match=f"this one of {len(PNG)} bytes does not fit"):
        store(PNG)

    assert files_in(uploads) == sorted(stored)


def test_space_is_read_once_without_the_lock(db: None, uploads: Path) -> None:
    older, newest = store(), store()

    with CaptureQueriesContext(connection) as captured:
        store()

    sums = [query["sql"] for query in captured if "SUM(" in query["sql"]]
    assert [sql.rpartition("> ")[2].rstrip(" )") for sql in sums] == ["0", str(newest.pk)]
    assert older.pk < newest.pk


@pytest.mark.parametrize("size", [1, SMALLEST_SPACE, SMALLEST_SPACE + 1])
def test_space_of_a_file_is_at_least_a_page(db: None, uploads: Path, size: int) -> None:
    asset = store()
    Asset.objects.update(size=size)

    used = Asset.objects.space_for(asset.workspace)

    assert used.of_all == used.of_workspace == max(size, SMALLEST_SPACE)


def test_workspace_may_be_full_while_another_is_not(db: None, settings) -> None:
    settings.MAX_WORKSPACE_UPLOAD_BYTES = SMALLEST_SPACE
    store(PNG)

    store(PNG, key_digest="another")

    assert Asset.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_uploads_do_not_exceed_the_limit(uploads: Path, settings) -> None:
    settings.MAX_WORKSPACE_UPLOAD_BYTES = 2 * SMALLEST_SPACE
    together = threading.Barrier(6)

    def upload(_: int) -> None:
        try:
            together.wait()
            with suppress(UploadsFull):
                store(PNG)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(upload, range(6)))

    assert (Asset.objects.count(), len(files_in(uploads))) == (2, 2)


def test_failed_write_of_the_row_leaves_no_file(db: None, uploads: Path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Asset, "save", fail)

    with pytest.raises(OSError, match="no space left"):
        store()

    assert files_in(uploads) == []


class FailingFile:
    """A file whose second half cannot be read."""

    def __init__(self, file: IO[bytes], half: int) -> None:
        self._file = file
        self._half = half

    def read(self, size: int = -1) -> bytes:
        if self._file.tell() >= self._half:
            raise OSError("no space left")
        return self._file.read(size)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def test_failed_write_of_the_file_leaves_nothing(db: None, uploads: Path) -> None:
    data = as_srt(placeholder_cues(86_400)).encode()
    context = RequestContext(key_digest="", has_socket=False)

    with opened(data) as file:
        failing = cast("IO[bytes]", FailingFile(file, len(data) // 2))
        with pytest.raises(OSError, match="no space left"):
            store_asset(context, failing, name="a.srt", size=len(data))

    assert (Asset.objects.count(), files_in(uploads)) == (0, [])


def test_file_is_deleted_with_its_row_after_the_commit(
    db: None, uploads: Path, django_capture_on_commit_callbacks
) -> None:
    asset = store()

    with django_capture_on_commit_callbacks() as callbacks:
        Asset.objects.all().delete()
    before = files_in(uploads)
    for callback in callbacks:
        callback()

    assert (before, files_in(uploads)) == ([asset.public_id], [])


def test_reset_deletes_the_files_of_the_workspace(
    db: None, uploads: Path, django_capture_on_commit_callbacks
) -> None:
    store()
    other = store(key_digest="another")

    with django_capture_on_commit_callbacks(execute=True):
        reset("", seed=None)

    assert (Asset.objects.get(), files_in(uploads)) == (other, [other.public_id])


def test_job_of_an_assets_url_has_the_asset(db: None, clock: SetClock) -> None:
    asset = store(VIDEO)
    url = asset_url("https://proxy.example/files", asset) + "?a=b"

    job = start(video_url=url)

    assert (job.asset, job.video_duration) == (asset, 2.0)
    again = run_again(job)
    assert (again.asset, again.video_duration) == (asset, 2.0)


def test_job_of_another_workspaces_asset_has_none(db: None) -> None:
    url = asset_url("https://proxy.example/files", store(VIDEO, key_digest="another"))

    assert start(video_url=url).asset is None


def test_job_of_a_forged_url_has_no_asset(db: None) -> None:
    url = asset_url("https://proxy.example/files", store(VIDEO))
    *_, token, name = url.split("/")

    assert start(video_url=f"https://a.example/{forged(token)}/{name}").asset is None


@pytest.mark.parametrize("data", [PNG, SRT])
def test_file_that_does_not_play_cannot_be_translated(db: None, data: bytes) -> None:
    url = asset_url("https://proxy.example/files", store(data))

    with pytest.raises(NotAVideo, match="not video or sound"):
        start(video_url=url)


def test_request_can_name_the_asset_and_the_duration(db: None) -> None:
    asset = store(VIDEO)
    Workspace.objects.stored("")

    job = create_exempt_job(JobRequest(asset_id=asset.public_id, video_duration=1.5), key_digest="")

    assert (job.asset, job.video_duration) == (asset, 1.5)
