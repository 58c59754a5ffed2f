"""Signed URLs of files."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import API, Api, SetClock
from tests.media_files import ACCEPTED, SRT, VIDEO, forged, opened
from tests.starting import start
from vid_trans_api import clock
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import JobDetails, LoggedRequest, Proofread, Workspace
from vid_trans_api.operations import RequestContext, asset_url, store_asset
from vid_trans_api.signatures import FileKind, sign, signed_url
from vid_trans_api.simulation.captions import parse_srt
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.simulation.silence import SILENCE
from vid_trans_api.snapshots import Status

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture
def get(client, clock: SetClock):
    """Request a file by what it belongs to."""

    def get(kind: FileKind, public_id: str, **headers: str):
        path = signed_url(f"{API}/files", kind, public_id, clock.at)
        return client.get(path, headers=headers)

    return get


def store(data: bytes = VIDEO):
    context = RequestContext(key_digest="", has_socket=False)
    with opened(data) as file:
        return store_asset(context, file, name="a", size=len(data))


def proofread(**fields):
    workspace, now = Workspace.objects.stored(""), clock.now()
    usual: dict[str, object] = {"public_id": "a" * 32, "title": "A", "target_language": "French"}
    usual |= {"video_duration": 10.0, "outcome": Status.COMPLETED}
    usual |= {"created_at": now, "finishes_at": now}
    return Proofread.objects.create(workspace=workspace, **(usual | fields))


@pytest.mark.parametrize(
    ("kind", "content_type", "content"),
    [(FileKind.VIDEO, "video/mp4", CLIP), (FileKind.AUDIO, "audio/wav", SILENCE)],
)
def test_file_of_a_job_is_served_safely(get, kind, content_type, content):
    job = start(seconds=0)

    response = get(kind, job.public_id)

    assert (response.status_code, response.content) == (200, content)
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Disposition"].startswith(f'inline; filename="{job.public_id}.')
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", [FileKind.SRT, FileKind.VTT])
def test_captions_of_a_job_cover_its_video(get, kind):
    job = start(seconds=0)
    job.video_duration = 61.5
    job.save()

    response = get(kind, job.public_id)

    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    if kind is FileKind.SRT:
        cues = parse_srt(response.text)
        assert (cues[0].start, cues[-1].end) == (0, 61_500)
    else:
        assert response.text.startswith("WEBVTT\n\n00:00:00.000 --> ")


@pytest.mark.parametrize("mime_type", ACCEPTED)
def test_uploaded_file_is_served_under_its_own_type(client, mime_type):
    asset = store(ACCEPTED[mime_type])

    response = client.get(urlsplit(asset_url(f"http://a{API}/files", asset)).path)

    assert b"".join(response.streaming_content) == ACCEPTED[mime_type]
    assert response["Content-Type"] == mime_type
    is_shown = mime_type.startswith(("video/", "audio/", "image/"))
    assert response["Content-Disposition"].startswith("inline" if is_shown else "attachment")


def test_sound_of_a_job_for_uploaded_sound_is_that_sound(get):
    asset = store(ACCEPTED["audio/mpeg"])
    job = start(seconds=0, video_url=asset_url("http://a", asset))

    audio, video = get(FileKind.AUDIO, job.public_id), get(FileKind.VIDEO, job.public_id)

    assert b"".join(audio.streaming_content) == ACCEPTED["audio/mpeg"]
    assert (audio["Content-Type"], video.content) == ("audio/mpeg", CLIP)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=10-", 10, len(VIDEO) - 1), ("bytes=-5", -5, -1)],
)
def test_range_of_a_stored_file_is_served(get, text, first, last):
    response = get(FileKind.ASSET, store().public_id, Range=text)

    expected = VIDEO[first:][: last - first + 1]
    assert (response.status_code, b"".join(response.streaming_content)) == (206, expected)
    assert response["Content-Length"] == str(len(expected))


def test_range_past_the_end_of_a_stored_file_is_a_416(get):
    response = get(FileKind.ASSET, store().public_id, Range=f"bytes={len(VIDEO)}-")

    assert response.status_code == 416


def test_head_of_a_stored_file_has_its_length(client, clock):
    path = signed_url(f"{API}/files", FileKind.ASSET, store().public_id, clock.at)

    response = client.head(path)

    assert (response.status_code, response["Content-Length"]) == (200, str(len(VIDEO)))


def test_stored_file_that_is_gone_is_a_404(get, uploads):
    asset = store()
    (uploads / asset.public_id).unlink()

    assert get(FileKind.ASSET, asset.public_id).status_code == 404


def test_url_expires_by_the_clock_of_its_workspace(api: Api, clock: SetClock):
    job = start(seconds=0)
    path = signed_url(f"{API}/files", FileKind.VIDEO, job.public_id, clock.at)

    api.set_clock(advance=7 * DAY - 1)
    before = api.client.get(path)
    api.set_clock(advance=1)
    after = api.client.get(path)
    fresh = signed_url(f"{API}/files", FileKind.VIDEO, job.public_id, clock.at)

    assert (before.status_code, after.status_code) == (200, 403)
    assert "expired" in after.json()["detail"]
    assert fresh == path  # the server's clock has not moved; that of the workspace has


def test_url_of_an_asset_is_signed_at_its_upload(clock: SetClock):
    asset = store()
    first = asset_url("http://a", asset)

    clock.advance(1)

    assert asset_url("http://a", asset) == first


def test_forged_url_is_a_403(client, clock):
    token = sign(FileKind.VIDEO, start(seconds=0).public_id, clock.at)

    response = client.get(f"{API}/files/{forged(token)}/a.mp4")

    assert (response.status_code, response.json()["type"][-9:]) == (403, "forbidden")


@pytest.mark.parametrize("kind", FileKind)
def test_file_of_what_was_deleted_is_a_404(get, kind):
    assert get(kind, "b" * 32).status_code == 404


@pytest.mark.parametrize(
    "kind", [FileKind.VIDEO, FileKind.AUDIO, FileKind.SRT, FileKind.VTT], ids=str
)
def test_pending_job_has_no_files(get, kind):
    response = get(kind, start(seconds=9).public_id)

    assert (response.status_code, "It is not completed" in response.json()["detail"]) == (409, True)


def test_result_may_come_after_the_end(get, clock):
    job = start(seconds=0)
    job.result_at = clock.at.replace(second=30)
    job.save()
    before = get(FileKind.VIDEO, job.public_id)

    clock.advance(30)

    assert (before.status_code, get(FileKind.VIDEO, job.public_id).status_code) == (409, 200)


def test_job_of_sound_only_has_no_video(get):
    job = start(seconds=0)
    job.details = JobDetails(is_audio_only=True)
    job.save()

    statuses = [get(kind, job.public_id).status_code for kind in (FileKind.VIDEO, FileKind.AUDIO)]

    assert statuses == [409, 200]


def test_job_of_a_corrected_proofread_has_its_captions(get):
    job = start(seconds=0)
    job.proofread = proofread(srt=SRT.decode())
    job.save()

    assert get(FileKind.SRT, job.public_id).content == SRT


def test_captions_of_a_proofread_are_there_after_its_end(get, clock):
    pending = proofread(finishes_at=clock.at.replace(second=10), outcome=Status.COMPLETED)
    before = get(FileKind.PROOFREAD_SRT, pending.public_id)
    clock.advance(10)

    translated = get(FileKind.PROOFREAD_SRT, pending.public_id)
    original = get(FileKind.ORIGINAL_SRT, pending.public_id)
    Proofread.objects.update(srt=SRT.decode())
    corrected = get(FileKind.PROOFREAD_SRT, pending.public_id)

    assert before.status_code == 409
    assert parse_srt(translated.text)[0].text.startswith("[French]")
    assert [cue.end for cue in parse_srt(original.text)] == [
        cue.end for cue in parse_srt(translated.text)
    ]
    assert corrected.content == SRT


def test_fault_rules_on_results_apply_to_files_of_jobs(get, api: Api):
    job = start(seconds=0)
    api.set_defaults(faults=[{"on": "result", "fault": 503, "times": 1}])

    statuses = [get(FileKind.VIDEO, job.public_id).status_code for _ in range(2)]

    assert statuses == [503, 200]


@pytest.mark.parametrize(("fault", "content"), [("garbage", b"<<<"), ("empty", b"")])
def test_stored_video_can_be_corrupted(get, api: Api, fault, content):
    job = start(seconds=0, video_url=asset_url("http://a", store()))
    api.set_defaults(faults=[{"on": "result", "fault": fault}])

    response = get(FileKind.VIDEO, job.public_id)

    body = b"".join(response.streaming_content)
    assert (body.endswith(content), len(body) < 100) == (True, True)
    assert response["Content-Length"] == str(len(body))


def test_only_files_of_jobs_are_recorded(get):
    asset, job = store(), start(seconds=0)

    list(get(FileKind.ASSET, asset.public_id).streaming_content)
    get(FileKind.VIDEO, job.public_id)
    journal.flush()

    assert [each.operation for each in LoggedRequest.objects.all()] == ["result"]
