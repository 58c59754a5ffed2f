"""Uploaded assets, the translations of them, and captions."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import TRANSLATIONS, V3, error_of, simulated
from tests.heygen.versions import V3 as VERSION_3
from tests.heygen.versions import assert_error
from tests.media_files import DAMAGED, PNG, UNKNOWN, VIDEO, form
from vid_trans_api.models import Asset, Job
from vid_trans_api.simulation.captions import as_srt, as_vtt, placeholder_cues

ASSETS = "/v3/assets"


def upload(v3: V3, data: bytes = VIDEO, *, name: str = "talk.mp4", key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body, content_type = form(("file", name, data))
    return v3.client.generic("POST", ASSETS, body, content_type=content_type, headers=headers)


def test_upload_says_what_the_file_is(v3: V3) -> None:
    response = upload(v3, PNG, name="really.mp4")

    data = response.json()["data"]
    assert response.status_code == 200
    assert urlsplit(data.pop("url")).path.endswith(".png")
    assert data == {
        "asset_id": Asset.objects.get().public_id,
        "mime_type": "image/png",
        "size_bytes": len(PNG),
    }


def test_upload_that_the_server_cannot_read_is_its_fault(
    v3: V3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/none")

    assert error_of(upload(v3)) == (503, "internal_error", None)


@pytest.mark.parametrize("kind", ["asset_id", "url"])
def test_translation_of_an_asset_is_that_video(v3: V3, kind: str) -> None:
    asset = upload(v3).json()["data"]
    video = {"type": kind, kind: asset[kind]}

    body = {"video": video, "output_languages": ["French"], "simulation": {"scenario": "instant"}}
    translation = v3.data(f"{TRANSLATIONS}/{v3.create(body)}")
    result: Any = v3.get(urlsplit(translation["video_url"]).path)

    assert translation["duration"] == 2.0
    assert b"".join(result.streaming_content) == VIDEO


def test_unknown_asset_is_a_404(v3: V3) -> None:
    video = {"type": "asset_id", "asset_id": "none"}

    response = v3.post(TRANSLATIONS, {"video": video, "output_languages": ["French"]})

    assert error_of(response) == (404, "resource_not_found", None)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        form(),
        form(("file", "a.mp4", b"")),
        form(("file", "a.mp4", VIDEO), ("file", "b.mp4", VIDEO)),
        form(("file", "a.mp4", DAMAGED["half of video/mp4"])),
        form(("file", "a.srt", UNKNOWN["HTML"])),
    ],
    ids=["no part", "empty", "two parts", "cut in half", "HTML named srt"],
)
def test_bad_upload_is_refused_and_leaves_no_file(
    v3: V3, uploads: Path, body: bytes, content_type: str
) -> None:
    response: Any = v3.client.generic("POST", ASSETS, body, content_type=content_type)

    assert error_of(response)[:2] == (400, "invalid_parameter")
    assert [each for each in uploads.rglob("*") if each.is_file()] == []


def test_too_large_file_is_a_413(v3: V3, settings: LazySettings) -> None:
    settings.MAX_UPLOAD_BYTES = len(VIDEO) - 1

    assert error_of(upload(v3)) == (413, "payload_too_large", None)


def test_upload_into_a_full_workspace_is_a_400(v3: V3, settings: LazySettings) -> None:
    settings.MAX_WORKSPACE_UPLOAD_BYTES = len(VIDEO) + 1
    upload(v3)

    assert error_of(upload(v3)) == (400, "resource_limit_reached", None)


def test_repeated_upload_with_a_key_stores_one_file(v3: V3) -> None:
    first = upload(v3, key="a").json()

    assert upload(v3, key="a").json() == first
    assert Asset.objects.count() == 1


def test_captions_cover_the_whole_video(v3: V3, v3_api: Api) -> None:
    job_id = v3.create(simulated("French", scenario="instant"))
    cues = placeholder_cues(Job.objects.get().video_duration or 0, language="French")

    srt, vtt = (v3.get(f"{TRANSLATIONS}/{job_id}/caption{query}") for query in ("", "?format=vtt"))

    assert (srt["Content-Type"], srt.content.decode()) == ("application/x-subrip", as_srt(cues))
    assert (vtt["Content-Type"], vtt.content.decode()) == ("text/vtt", as_vtt(cues))


def test_captions_of_a_running_translation_are_a_conflict(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(simulated("French", duration=10))

    response = v3.get(f"{TRANSLATIONS}/{job_id}/caption")

    assert error_of(response) == (409, "conflict", None)


def test_unknown_format_of_captions_is_refused(v3: V3) -> None:
    job_id = v3.create(simulated("French", scenario="instant"))

    response = v3.get(f"{TRANSLATIONS}/{job_id}/caption?format=txt")

    assert error_of(response) == (400, "invalid_parameter", "format")


@pytest.mark.parametrize("below", ["", "/sim"])
def test_range_past_the_end_of_captions_is_a_416_of_v3(v3: V3, below: str) -> None:
    path = f"{TRANSLATIONS}/{v3.create(simulated('French', scenario='instant'))}/caption"

    response = v3.client.get(path, headers={"Range": "bytes=999999-"}, SCRIPT_NAME=below)

    assert response.status_code == 416
    assert_error(VERSION_3, response.json(), "invalid_parameter")
