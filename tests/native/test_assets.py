"""POST /vid_trans_api/assets, and jobs for what was uploaded."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import API, Api, SetClock
from tests.media_files import DAMAGED, PNG, SRT, UNKNOWN, VIDEO, form
from vid_trans_api.models import Asset, Job, Workspace

PATH = f"{API}/assets"


def upload(api: Api, data: bytes = VIDEO, *, name: str = "talk.mp4") -> Any:
    return api.client.post(PATH, {"file": SimpleUploadedFile(name, data)})


def send(api: Api, body: bytes, content_type: str) -> Any:
    return api.client.generic("POST", PATH, body, content_type=content_type)


def files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_upload_returns_what_the_file_is(api: Api, clock: SetClock) -> None:
    response = upload(api, PNG, name="really.mp4")

    document = response.json()
    assert response.status_code == 201
    assert urlsplit(document.pop("url")).path.endswith(f"/{document['id']}.png")
    assert document == {
        "id": Asset.objects.get().public_id,
        "mime_type": "image/png",
        "size": len(PNG),
        "duration": None,
        "created_at": "2026-01-01T00:00:00.000000Z",
    }


def test_upload_that_the_server_cannot_read_is_a_503(
    api: Api, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/none")

    response = upload(api)

    assert (response.status_code, files_in(uploads)) == (503, [])


def test_url_of_an_upload_is_its_file_without_a_key(api: Api) -> None:
    url = upload(api).json()["url"]

    response: Any = Api(api_key="another").client.get(urlsplit(url).path)

    assert (response.status_code, b"".join(response.streaming_content)) == (200, VIDEO)


def test_job_for_an_upload_results_in_it(api: Api) -> None:
    uploaded = upload(api).json()

    created = api.create({"video_url": uploaded["url"], "simulation": {"scenario": "instant"}})
    response = api.get(f"/jobs/{created['id']}/result")

    assert Job.objects.get().video_duration == uploaded["duration"] == 2.0
    assert b"".join(response.streaming_content) == VIDEO
    assert response["Content-Type"] == "video/mp4"


def test_job_for_a_picture_is_refused(api: Api) -> None:
    url = upload(api, PNG).json()["url"]

    response = api.post("/jobs", {"video_url": url})

    assert (response.status_code, Job.objects.count()) == (400, 0)
    assert response.json()["errors"][0]["field"] == "video_url"


BAD = {
    "no part": form(),
    "text": form(fields={"file": "a"}),
    "no file name": form(("file", "", VIDEO)),
    "two parts": form(("file", "a.mp4", VIDEO), ("file", "b.mp4", VIDEO)),
    "another part": form(("file", "a.mp4", VIDEO), ("more", "b.mp4", VIDEO)),
    "another field": form(("file", "a.mp4", VIDEO), fields={"title": "a"}),
    "the wrong part": form(("video", "a.mp4", VIDEO)),
    "empty": form(("file", "a.mp4", b"")),
    "an mp4 cut in half": form(("file", "a.mp4", DAMAGED["half of video/mp4"])),
    "HTML named srt": form(("file", "a.srt", UNKNOWN["HTML"])),
    "a form without its end": form(("file", "a.mp4", VIDEO[:-100]), end=False),
    "no boundary": (b"a", "multipart/form-data"),
}


@pytest.mark.parametrize(("body", "content_type"), BAD.values(), ids=BAD)
def test_bad_upload_is_refused_and_leaves_no_file(
    api: Api, uploads: Path, body: bytes, content_type: str
) -> None:
    response = send(api, body, content_type)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert len(response.json()["detail"]) > 10
    assert (Asset.objects.count(), files_in(uploads)) == (0, [])


@pytest.mark.parametrize("content_type", ["application/json", "video/mp4", ""])
def test_upload_that_is_no_form_is_a_415(api: Api, content_type: str) -> None:
    response = send(api, b"{}", content_type)

    assert response.status_code == 415
    assert "-F file=@FILE" in response.json()["detail"]


def test_file_a_byte_too_large_is_a_413(api: Api, uploads: Path, settings) -> None:
    settings.MAX_UPLOAD_BYTES = len(VIDEO)
    accepted = upload(api, VIDEO)

    response = upload(api, VIDEO + b"a")

    assert (accepted.status_code, response.status_code) == (201, 413)
    assert len(files_in(uploads)) == 1


def test_upload_into_a_full_workspace_is_a_403(api: Api, settings) -> None:
    settings.MAX_WORKSPACE_UPLOAD_BYTES = 4096

    responses = [upload(api, PNG), upload(api, PNG)]

    assert [response.status_code for response in responses] == [201, 403]


def test_upload_with_an_invalid_key_is_a_401(db: None, settings) -> None:
    settings.API_KEYS = ["right"]

    assert upload(Api(api_key="wrong")).status_code == 401
    assert upload(Api(api_key="right"), SRT).status_code == 201


def test_fault_rules_on_any_request_apply_to_uploads(api: Api, uploads: Path) -> None:
    api.set_defaults(faults=[{"on": "any", "fault": 503, "times": 1}])

    responses = [upload(api), upload(api)]

    assert [response.status_code for response in responses] == [503, 201]
    assert len(files_in(uploads)) == 1


def test_rate_limit_applies_to_uploads(api: Api) -> None:
    api.set_defaults(rate_limit="1/10s")

    responses = [upload(api), upload(api)]

    assert [response.status_code for response in responses] == [201, 429]


def test_upload_is_recorded_and_counts(api: Api, clock: SetClock) -> None:
    api.set_defaults(requests_left=5)
    upload(api)

    report = api.get("/simulation/report").json()

    assert Workspace.objects.get().requests_left == 4
    assert [each["operation"] for each in report["requests"]] == ["upload"]
    assert report["verdict"]["clean"]
