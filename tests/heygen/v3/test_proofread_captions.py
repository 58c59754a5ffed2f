"""The captions of proofreads: read and corrected."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.db.models import Model

from tests.conftest import SetClock
from tests.deletions import deleted_before_the_lock
from tests.heygen.v3.conftest import KEY, PROOFREADS, V3, error_of, simulated
from tests.heygen.v3.proofreads import SRT, by_id, completed, create
from vid_trans_api.ids import new_id
from vid_trans_api.models import Asset, Proofread, Workspace, digest_of
from vid_trans_api.signatures import FileKind, read_token, signed_url


def upload(text: str, clock: SetClock, settings: LazySettings, tmp_path: Any) -> Asset:
    """Return an uploaded file in the workspace of `v3`."""
    settings.MEDIA_ROOT = tmp_path
    asset = Asset(
        public_id=new_id(),
        workspace=Workspace.objects.stored(digest_of(KEY)),
        mime_type="application/x-subrip",
        size=len(text),
        created_at=clock(),
    )
    asset.file.save(asset.public_id, ContentFile(text.encode()))
    return asset


def by_url(url: str) -> dict[str, Any]:
    return {"srt": {"type": "url", "url": url}}


def test_captions_have_signed_urls(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)

    first = v3.data(f"{PROOFREADS}/{proofread_id}/srt")
    clock.advance(60)
    second = v3.data(f"{PROOFREADS}/{proofread_id}/srt")

    kinds = {}
    for name, url in first.items():
        signed = read_token(url.split("/")[-2])
        assert signed
        assert signed.public_id == proofread_id
        kinds[name] = signed.kind
    assert kinds == {
        "srt_url": FileKind.PROOFREAD_SRT,
        "original_srt_url": FileKind.ORIGINAL_SRT,
    }
    assert first["srt_url"] != second["srt_url"]


def test_captions_are_srt_and_those_of_the_correction_once_there_is_one(
    v3: V3, clock: SetClock
) -> None:
    proofread_id = completed(v3, clock, input_language="English")
    path = f"{PROOFREADS}/{proofread_id}/srt"
    urls = v3.data(path)

    before = {name: v3.get(url).content.decode() for name, url in urls.items()}
    v3.put_file(path, SRT)
    after = {name: v3.get(url).content.decode() for name, url in urls.items()}

    assert "[French]" in before["srt_url"]
    assert "[English]" in before["original_srt_url"]
    assert after == {**before, "srt_url": SRT}


@pytest.mark.parametrize("scenario", ["stuck", "bad-url"])
def test_captions_before_the_end_are_a_conflict(v3: V3, clock: SetClock, scenario: str) -> None:
    (proofread_id,) = create(v3, simulated(scenario=scenario))
    clock.advance(60)
    path = f"{PROOFREADS}/{proofread_id}"

    responses = [
        v3.get(f"{path}/srt"),
        v3.put(f"{path}/srt", by_id("x")),
        v3.post(f"{path}/generate"),
    ]

    assert [error_of(each) for each in responses] == [(409, "conflict", None)] * 3


@pytest.mark.parametrize("is_url", [False, True])
def test_captions_are_replaced_by_an_uploaded_file(
    v3: V3, clock: SetClock, settings: LazySettings, tmp_path: Any, is_url: bool
) -> None:
    proofread_id = completed(v3, clock)
    asset = upload(SRT, clock, settings, tmp_path)
    url = signed_url("http://t/f", FileKind.ASSET, asset.public_id, clock(), extension="srt")

    response = v3.put(
        f"{PROOFREADS}/{proofread_id}/srt", by_url(url) if is_url else by_id(asset.public_id)
    )

    assert response.status_code == 200
    assert response.json()["data"] == v3.data(f"{PROOFREADS}/{proofread_id}")
    assert Proofread.objects.get().srt == SRT


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({}, (400, "invalid_parameter", "srt")),
        ({"srt": None}, (400, "invalid_parameter", "srt")),
        ({"srt": "text"}, (400, "invalid_parameter", "srt")),
        ({"srt": {"type": "asset_id"}}, (400, "invalid_parameter", "srt.asset_id")),
        ({"srt": {"type": "file"}}, (400, "invalid_parameter", "srt.type")),
        (by_id("nope"), (404, "resource_not_found", None)),
        (by_url("https://example.com/a.srt"), (400, "download_failed", None)),
        (by_url("https://example.com"), (400, "download_failed", None)),
    ],
)
def test_wrong_file_is_refused(
    v3: V3, clock: SetClock, document: Any, error: tuple[int, str, str | None]
) -> None:
    proofread_id = completed(v3, clock)

    response = v3.put(f"{PROOFREADS}/{proofread_id}/srt", document)

    assert error_of(response) == error
    assert Proofread.objects.get().srt == ""


@pytest.mark.parametrize("text", ["", "Hola.", SRT + "\0"])
def test_form_without_srt_is_refused(v3: V3, clock: SetClock, text: str) -> None:
    proofread_id = completed(v3, clock)

    response = v3.put_file(f"{PROOFREADS}/{proofread_id}/srt", text)

    assert error_of(response) == (400, "invalid_parameter", "srt")


def test_file_that_is_no_srt_is_refused(
    v3: V3, clock: SetClock, settings: LazySettings, tmp_path: Any
) -> None:
    proofread_id = completed(v3, clock)
    asset = upload("Hola.", clock, settings, tmp_path)

    response = v3.put(f"{PROOFREADS}/{proofread_id}/srt", by_id(asset.public_id))

    assert error_of(response) == (400, "invalid_parameter", "srt")
    assert "Line 1 has no times" in response.json()["error"]["message"]


def test_file_that_is_gone_is_not_found(
    v3: V3, clock: SetClock, settings: LazySettings, tmp_path: Any
) -> None:
    proofread_id = completed(v3, clock)
    asset = upload(SRT, clock, settings, tmp_path)
    (tmp_path / asset.public_id).unlink()

    response = v3.put(f"{PROOFREADS}/{proofread_id}/srt", by_id(asset.public_id))

    assert error_of(response) == (404, "resource_not_found", None)


@pytest.mark.parametrize("model", [Workspace, Proofread])
def test_correction_of_what_was_deleted_is_not_found(
    v3: V3, clock: SetClock, model: type[Model]
) -> None:
    proofread_id = completed(v3, clock)

    with deleted_before_the_lock(model):
        response = v3.put_file(f"{PROOFREADS}/{proofread_id}/srt", SRT)

    assert error_of(response) == (404, "not_found", None)
