"""Proofreads: created, read, corrected, and turned into translations."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.db.models import Model
from django.http import HttpResponse
from rest_framework.request import Request

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.deletions import deleted_before_the_lock
from tests.heygen.v3.conftest import KEY, PROOFREADS, TRANSLATIONS, V3, error_of, simulated, video
from vid_trans_api.heygen.v3.proofreads import ProofreadsView
from vid_trans_api.ids import new_id
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Asset, Job, LoggedRequest, Proofread, Workspace, digest_of
from vid_trans_api.signatures import FileKind, read_token, signed_url

SRT = "1\n00:00:00,000 --> 00:00:02,000\nHola.\n"


def create(v3: V3, document: Any) -> list[str]:
    """Create proofreads and return their ids."""
    response = v3.post(PROOFREADS, {"title": "Talk", **document})
    assert response.status_code == 200, response.content
    data = response.json()["data"]
    assert data["status"] == "processing"
    ids: list[str] = data["proofread_ids"]
    return ids


def completed(v3: V3, clock: SetClock, **fields: Any) -> str:
    """Return the id of a completed proofread, 10 s old, whose job takes 30 s."""
    simulation = {"outcome": "completed", "duration": 30, "queued": 0.1}
    (proofread_id,) = create(v3, {**simulated("French", **simulation), **fields})
    clock.advance(10)
    return proofread_id


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


def by_id(asset_id: str) -> dict[str, Any]:
    return {"srt": {"type": "asset_id", "asset_id": asset_id}}


def by_url(url: str) -> dict[str, Any]:
    return {"srt": {"type": "url", "url": url}}


def test_each_language_is_a_proofread(v3: V3, clock: SetClock) -> None:
    ids = create(v3, video("Spanish", "French", input_language="English"))

    documents = [v3.data(f"{PROOFREADS}/{each}") for each in ids]

    assert documents == [
        {
            "id": proofread_id,
            "status": "processing",
            "title": "Talk",
            "input_language": "English",
            "output_language": language,
            "created_at": int(NEW_YEAR.timestamp()),
            "submitted_for_review": False,
        }
        for proofread_id, language in zip(ids, ("Spanish", "French"), strict=True)
    ]
    assert Job.objects.count() == 0


def test_languages_of_one_video_have_the_same_duration(v3: V3) -> None:
    create(v3, video("Spanish", "French"))

    durations = {proofread.video_duration for proofread in Proofread.objects.all()}

    assert len(durations) == 1


def test_proofread_takes_a_third_of_the_time_of_a_job(v3: V3, clock: SetClock) -> None:
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))
    statuses = []
    for seconds in (9.9, 0.1):
        clock.advance(seconds)
        statuses.append(v3.data(f"{PROOFREADS}/{proofread_id}")["status"])

    assert statuses == ["processing", "completed"]


def test_time_of_a_proofread_is_that_of_its_workspace(v3: V3, v3_api: Api) -> None:
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))
    v3_api.set_clock(advance=10)

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "completed"


def test_clock_advances_to_the_end_of_a_proofread(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3.create(simulated(outcome="completed", duration=30))
    (proofread_id,) = create(v3, simulated(outcome="completed", duration=30))

    v3_api.set_clock(advance="next")

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "completed"


@pytest.mark.parametrize(
    "document",
    [video(url="https://sim.test/bad-url.mp4"), simulated(scenario="bad-url")],
)
def test_scenario_lets_a_proofread_fail(v3: V3, clock: SetClock, document: Any) -> None:
    (proofread_id,) = create(v3, document)
    clock.advance(1)

    proofread = v3.data(f"{PROOFREADS}/{proofread_id}")

    assert proofread["status"] == "failed"
    assert proofread["failure_message"].startswith("Failed to download video from url")


def test_scenario_of_the_workspace_counts(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(scenario="stuck")
    (proofread_id,) = create(v3, video())
    clock.advance(1_000_000)

    assert v3.data(f"{PROOFREADS}/{proofread_id}")["status"] == "processing"


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("moderated", (400, "content_policy_violation")),
        ("unreachable", (400, "download_failed")),
        ("no-credit", (402, "insufficient_credit")),
        ("quota", (429, "quota_exceeded")),
    ],
)
def test_scenario_can_refuse_the_creation(v3: V3, scenario: str, error: tuple[int, str]) -> None:
    document = video(url=f"https://sim.test/{scenario}.mp4", title="Talk")

    response = v3.post(PROOFREADS, document)

    assert error_of(response)[:2] == error
    assert Proofread.objects.count() == 0


def test_fault_of_the_scenario_applies_to_the_creation(v3: V3) -> None:
    document = simulated(faults=[{"on": "create", "fault": 503, "times": 1}]) | {"title": "Talk"}

    statuses = [v3.post(PROOFREADS, document).status_code for _ in range(2)]

    assert (statuses, Proofread.objects.count()) == ([503, 200], 1)


def test_faults_of_the_workspace_apply_to_polls(v3: V3, v3_api: Api) -> None:
    (proofread_id,) = create(v3, video())
    v3_api.set_defaults(faults=[{"on": "status", "fault": 500, "times": 1}])

    statuses = [v3.get(f"{PROOFREADS}/{proofread_id}").status_code for _ in range(2)]

    assert statuses == [500, 200]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"video": None}, "video"),
        ({"video": {"type": "url"}}, "video.url"),
        ({"output_languages": []}, "output_languages"),
        ({"output_languages": ["Klingon"]}, "output_languages.0"),
        ({"mode": "fast"}, "mode"),
        ({"speaker_num": -1}, "speaker_num"),
        ({"enable_video_stretching": "yes"}, "enable_video_stretching"),
    ],
)
def test_wrong_field_is_refused(v3: V3, fields: dict[str, Any], param: str) -> None:
    response = v3.post(PROOFREADS, {**video(), "title": "Talk", **fields})

    assert error_of(response) == (400, "invalid_parameter", param)
    assert Proofread.objects.count() == 0


def test_proofreads_count_for_neither_wallet_nor_concurrency(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(wallet=0.01, max_concurrent_jobs=1)
    ids = create(v3, video("Spanish", "French"))

    v3_api.set_defaults(wallet=100)

    assert len(ids) == 2
    assert v3.create(video())


def test_repeated_key_creates_no_second_proofread(v3: V3) -> None:
    first, second = (
        v3.post(PROOFREADS, {**video(), "title": title}, **{"Idempotency-Key": "k"})
        for title in ("One", "Two")
    )

    assert (first.status_code, first.content) == (200, second.content)
    assert Proofread.objects.count() == 1


def test_crash_after_the_creation_leaves_its_response(
    v3: V3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had died before it could respond."""
    v3.client.raise_request_exception = False
    post, body = ProofreadsView.post, {**video(), "title": "Talk"}

    def crash(self: ProofreadsView, request: Request) -> HttpResponse:
        post(self, request)
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(ProofreadsView, "post", crash)
        crashed = v3.post(PROOFREADS, body, **{"Idempotency-Key": "k"})
    retried = v3.post(PROOFREADS, body, **{"Idempotency-Key": "k"})

    assert crashed.status_code == 500
    assert retried.json()["data"]["proofread_ids"] == [Proofread.objects.get().public_id]


def test_number_of_proofreads_is_limited_as_that_of_jobs(v3: V3, settings: LazySettings) -> None:
    settings.MAX_JOBS = 2
    create(v3, video("Spanish", "French"))

    response = v3.post(PROOFREADS, {**video(), "title": "Talk"})

    assert error_of(response)[:2] == (400, "resource_limit_reached")


@pytest.mark.parametrize("path", ["", "/srt"])
@pytest.mark.parametrize("proofread_id", ["nope", "%00", "x" * 3000])
def test_unknown_proofread_is_not_found(v3: V3, proofread_id: str, path: str) -> None:
    response = v3.get(f"{PROOFREADS}/{proofread_id}{path}")

    assert error_of(response) == (404, "not_found", None)


def test_proofread_of_another_key_is_not_found(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    path = f"{PROOFREADS}/{proofread_id}"
    other = V3("another")

    responses = [
        other.get(path),
        other.get(f"{path}/srt"),
        other.put(f"{path}/srt", by_id("x")),
        other.post(f"{path}/generate"),
    ]

    assert {error_of(each)[:2] for each in responses} == {(404, "not_found")}


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


def test_captions_of_the_generated_translation_are_the_corrected_ones(
    v3: V3, clock: SetClock
) -> None:
    path = f"{PROOFREADS}/{completed(v3, clock)}"
    v3.put_file(f"{path}/srt", SRT)
    job_id = v3.post(f"{path}/generate", {"captions": True}).json()["data"]["video_translation_id"]
    clock.advance(30)

    translation = v3.data(f"{TRANSLATIONS}/{job_id}")

    assert v3.get(translation["srt_caption_url"]).content.decode() == SRT
    assert "Hola." in v3.get(translation["vtt_caption_url"]).content.decode()


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


def test_file_that_is_no_srt_is_refused(
    v3: V3, clock: SetClock, settings: LazySettings, tmp_path: Any
) -> None:
    proofread_id = completed(v3, clock)
    asset = upload("Hola.", clock, settings, tmp_path)

    response = v3.put(f"{PROOFREADS}/{proofread_id}/srt", by_id(asset.public_id))

    assert error_of(response) == (400, "invalid_parameter", "srt")
    assert "Line 1 has no times" in response.json()["error"]["message"]


def test_generated_translation_has_the_fields_of_both(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock, input_language="English", mode="precision")

    response = v3.post(
        f"{PROOFREADS}/{proofread_id}/generate",
        {"captions": True, "translate_audio_only": True, "callback_id": "c"},
    )

    data = response.json()["data"]
    job = Job.objects.get()
    assert data == {"video_translation_id": f"{job.public_id}-fr", "status": "processing"}
    assert job.details
    assert (job.details.has_captions, job.details.mode) == (True, "precision")
    assert job.proofread == Proofread.objects.get()
    translation = v3.data(f"{TRANSLATIONS}/{data['video_translation_id']}")
    assert translation == {
        "id": data["video_translation_id"],
        "status": "pending",
        "title": "Talk",
        "input_language": "English",
        "output_language": "French",
        "duration": round(Proofread.objects.get().video_duration, 3),
        "created_at": int(clock().timestamp()),
        "translate_audio_only": True,
        "callback_id": "c",
    }


def test_generated_translation_follows_the_proofreads_plan(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    job_id = v3.post(f"{PROOFREADS}/{proofread_id}/generate").json()["data"]["video_translation_id"]

    statuses = []
    for seconds in (29, 1):
        clock.advance(seconds)
        statuses.append(v3.data(f"{TRANSLATIONS}/{job_id}")["status"])

    assert statuses == ["running", "completed"]


def test_generated_translation_can_have_a_simulation_of_its_own(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    document = {"simulation": {"scenario": "bad-audio"}}
    response = v3.post(f"{PROOFREADS}/{proofread_id}/generate", document)
    clock.advance(30)

    job_id = response.json()["data"]["video_translation_id"]

    assert v3.data(f"{TRANSLATIONS}/{job_id}")["status"] == "failed"


def test_generated_translation_is_charged(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(wallet=0.01)
    proofread_id = completed(v3, clock)
    path = f"{PROOFREADS}/{proofread_id}/generate"

    refused = v3.post(path)
    v3_api.set_defaults(wallet=100)
    accepted = v3.post(path)

    assert error_of(refused)[:2] == (402, "insufficient_credit")
    assert accepted.status_code == 200
    assert v3.data("/v3/users/me")["wallet"]["remaining_balance"] < 100


def test_generation_is_refused_if_too_many_jobs_run(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(max_concurrent_jobs=1)
    proofread_id = completed(v3, clock)
    v3.create(simulated(outcome="stuck"))

    response = v3.post(f"{PROOFREADS}/{proofread_id}/generate")

    assert error_of(response)[:2] == (429, "rate_limit_exceeded")
    assert response["Retry-After"] == "60"


def test_repeated_key_generates_one_translation(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    path = f"{PROOFREADS}/{proofread_id}/generate"

    bodies = {v3.post(path, **{"Idempotency-Key": "k"}).content for _ in range(2)}

    assert (len(bodies), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({"captions": "yes"}, "captions"),
        ({"translate_audio_only": 1}, "translate_audio_only"),
        ({"callback_id": 5}, "callback_id"),
        ({"callback_url": "x"}, "callback_url"),
        ({"simulation": {"scenario": "x"}}, "simulation.scenario"),
    ],
)
def test_wrong_field_of_a_generation_is_refused(
    v3: V3, clock: SetClock, document: object, param: str
) -> None:
    proofread_id = completed(v3, clock)

    response = v3.post(f"{PROOFREADS}/{proofread_id}/generate", document)

    assert error_of(response) == (400, "invalid_parameter", param)


def test_get_writes_nothing(v3: V3, clock: SetClock, django_assert_num_queries) -> None:
    (proofread_id,) = create(v3, video())

    with django_assert_num_queries(2) as queries:
        v3.data(f"{PROOFREADS}/{proofread_id}")

    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def test_requests_are_recorded_under_the_proofreads_id(v3: V3, clock: SetClock) -> None:
    proofread_id = completed(v3, clock)
    v3.data(f"{PROOFREADS}/{proofread_id}")
    journal.flush()

    logged = LoggedRequest.objects.order_by("number").values_list("operation", "reported")

    assert list(logged) == [("create", "{}"), ("status", f'{{"{proofread_id}":null}}')]


def test_reset_deletes_proofreads(v3: V3, v3_api: Api) -> None:
    create(v3, video())

    v3_api.post("/simulation/reset")

    assert Proofread.objects.count() == 0
