"""The translations that are made of proofreads."""

import pytest

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import PROOFREADS, TRANSLATIONS, V3, error_of, simulated
from tests.heygen.v3.proofreads import SRT, completed
from vid_trans_api.models import Job, Proofread


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
