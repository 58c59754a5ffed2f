"""GET /v3/video-translations/ID: a translation, without what is null."""

import pytest

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.heygen.v3.conftest import TRANSLATIONS, V3, error_of, simulated, video
from vid_trans_api.models import Job


def path(job_id: str) -> str:
    return f"{TRANSLATIONS}/{job_id}"


@pytest.mark.parametrize(
    ("age", "status"), [(0, "pending"), (0.9, "pending"), (1, "running"), (10, "completed")]
)
def test_status_follows_from_the_age(v3: V3, clock: SetClock, age: float, status: str) -> None:
    job_id = v3.create(simulated(duration=10, outcome="completed"))
    clock.advance(age)

    assert v3.data(path(job_id))["status"] == status


def test_pending_translation_has_no_result_and_no_failure(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(simulated(duration=10))

    assert v3.data(path(job_id)) == {
        "id": job_id,
        "status": "pending",
        "output_language": "Spanish",
        "created_at": int(NEW_YEAR.timestamp()),
        "translate_audio_only": False,
        "duration": round(Job.objects.get().video_duration or 0, 3),
    }


def test_optional_fields_are_shown_if_they_were_given(v3: V3) -> None:
    fields = {"title": "A talk", "input_language": "English", "callback_id": "c"}

    data = v3.data(path(v3.create(video(**fields))))

    assert {name: data[name] for name in fields} == fields


def test_completed_translation_has_a_url(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="instant"))

    data = v3.data(path(job_id))

    assert (data["status"], "failure_message" in data) == ("completed", False)
    assert data["video_url"].startswith("http")


def test_failed_translation_has_a_message(v3: V3, clock: SetClock) -> None:
    error = {"code": "x", "message": "It is silent."}
    job_id = v3.create(simulated(duration=1, outcome="error", error=error))
    clock.advance(1)

    data = v3.data(path(job_id))

    assert (data["status"], data["failure_message"]) == ("failed", "It is silent.")
    assert "video_url" not in data


def test_canceled_translation_has_failed(v3: V3, v3_api: Api) -> None:
    job_id = v3.create(simulated(duration=10))
    v3_api.post(f"/jobs/{job_id}/cancel")

    data = v3.data(path(job_id))

    assert (data["status"], data["failure_message"]) == ("failed", "The job was canceled.")


def test_unknown_status_comes_alone(v3: V3, clock: SetClock) -> None:
    rule = {"on": "status", "fault": "unknown-status"}
    job_id = v3.create(simulated(scenario="instant", faults=[rule]))

    data = v3.data(path(job_id))

    assert (data["status"], "video_url" in data) == ("reviewing", False)


@pytest.mark.parametrize("length", [32, 35])
def test_both_forms_of_an_id_are_found_in_every_dialect(
    v3: V3, v3_api: Api, clock: SetClock, length: int
) -> None:
    tagged = v3.create(simulated(scenario="instant"))
    job_id = tagged[:length]

    assert v3.data(path(job_id))["id"] == tagged
    assert v3_api.job(job_id)["id"] == tagged[:32]
    assert v3_api.get(f"/status?job_id={job_id}").json()["id"] == tagged[:32]
    assert [each["id"] for each in v3_api.get(f"/jobs?ids={job_id}").json()["results"]] == [
        tagged[:32]
    ]
    assert v3_api.get(f"/jobs/{job_id}/result").status_code == 200
    assert v3_api.get(f"/simulation/jobs/{job_id}").json()["id"] == tagged[:32]


@pytest.mark.parametrize("tag", ["-fr", "-", "-xx", "-es-es", "es"])
def test_id_with_a_wrong_tag_is_not_found(v3: V3, v3_api: Api, tag: str) -> None:
    job_id = v3.create(video())[:32] + tag

    assert error_of(v3.get(path(job_id))) == (404, "not_found", None)
    assert v3_api.get(f"/jobs/{job_id}").status_code == 404
    assert v3_api.get(f"/jobs?ids={job_id}").json() == {"results": [], "not_found": [job_id]}
    assert v3_api.get(f"/simulation/jobs/{job_id}").status_code == 404


def test_translation_of_another_key_is_not_found(v3: V3) -> None:
    job_id = V3(api_key="other").create(video())

    assert error_of(v3.get(path(job_id))) == (404, "not_found", None)


def test_job_of_the_own_api_is_seen(v3: V3, v3_api: Api, clock: SetClock) -> None:
    job_id = v3_api.create({"target_language": "French", "title": "Own"})["id"]

    data = v3.data(path(job_id))

    assert (data["id"], data["status"], data["title"]) == (f"{job_id}-fr", "running", "Own")


def test_reading_writes_nothing(v3: V3, clock: SetClock, django_assert_num_queries) -> None:
    job_id = v3.create(simulated(duration=10))

    with django_assert_num_queries(1):
        v3.get(path(job_id))
