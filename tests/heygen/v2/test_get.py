"""Translations and languages are read by v2."""

from datetime import timedelta

import pytest

from tests.conftest import SetClock
from tests.heygen.versions import KEY, V2, V3, Heygen, assert_error
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.models import Job
from vid_trans_api.snapshots import UNKNOWN_STATUS


@pytest.mark.parametrize(
    ("age", "status"), [(0, "pending"), (0.9, "pending"), (1, "running"), (10, "success")]
)
def test_status_follows_from_the_age(v2: Heygen, clock: SetClock, age: float, status: str) -> None:
    job_id = v2.create(duration=10, outcome="completed")
    clock.advance(age)

    assert v2.job(job_id)["status"] == status


def test_pending_translation_has_neither_url_nor_message(v2: Heygen) -> None:
    job_id = v2.create({"title": "Talk"}, duration=100)

    assert v2.job(job_id) == {
        "video_translate_id": job_id,
        "title": "Talk",
        "status": "pending",
        "url": None,
        "message": None,
    }


def test_translation_that_succeeded_has_a_url(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(duration=10, outcome="completed")
    clock.advance(10)

    document = v2.job(job_id)

    assert (document["title"], document["message"]) == (None, None)
    assert document["url"].startswith("http://testserver/")


def test_translation_that_failed_has_a_message(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(duration=10, outcome="error", error={"code": "x", "message": "Too loud"})
    clock.advance(10)

    document = v2.job(job_id)

    assert [document[name] for name in ("status", "url", "message")] == ["failed", None, "Too loud"]


def test_url_may_be_late(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(scenario="late-url", duration=10)
    clock.advance(39)
    before = v2.job(job_id)
    clock.advance(1)

    assert (before["status"], before["url"]) == ("success", None)
    assert v2.job(job_id)["url"]


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_unknown_status_comes_alone(v2: Heygen, clock: SetClock, outcome: str) -> None:
    faults = [{"on": "status", "fault": "unknown-status"}]
    job_id = v2.create(duration=10, outcome=outcome, faults=faults)
    clock.advance(10)

    document = v2.job(job_id)

    assert document["status"] == UNKNOWN_STATUS
    assert (document["url"], document["message"]) == (None, None)


def test_id_without_its_tag_is_found(v2: Heygen) -> None:
    job_id = v2.create()

    assert v2.job(job_id.removesuffix("-es"))["video_translate_id"] == job_id


@pytest.mark.parametrize("job_id", ["x", "{id}-fr", "{id}-es-es"])
def test_unknown_id_is_not_found(v2: Heygen, job_id: str) -> None:
    known = v2.create().removesuffix("-es")

    response = v2.get("/" + job_id.format(id=known))

    assert response.status_code == 404
    assert_error(V2, response.json(), "not_found")


def test_translation_of_another_key_is_not_found(v2: Heygen) -> None:
    job_id = v2.create()

    response = v2.get(f"/{job_id}", **{"X-Api-Key": "other"})

    assert response.status_code == 404


def test_bearer_token_is_a_key(v2: Heygen) -> None:
    job_id = v2.create()

    response = v2.get(f"/{job_id}", **{"X-Api-Key": "", "Authorization": f"Bearer {KEY}"})

    assert response.status_code == 200


def test_job_of_v2_is_seen_by_v3_and_by_the_own_api(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create({"title": "Talk", "mode": "quality"}, duration=10, outcome="completed")
    clock.advance(10)

    in_v3 = Heygen(V3).job(job_id)
    in_native = v2.client.get(f"/vid_trans_api/jobs/{job_id}").json()

    assert [in_v3[name] for name in ("id", "title", "status")] == [job_id, "Talk", "completed"]
    assert [in_native[name] for name in ("id", "status")] == [job_id[:32], "completed"]


def test_job_of_v3_is_seen_by_v2(v2: Heygen, clock: SetClock) -> None:
    job_id = Heygen(V3).create(duration=10, outcome="completed")
    clock.advance(10)

    assert v2.job(job_id)["status"] == "success"


def test_reading_writes_nothing(v2: Heygen, clock: SetClock, django_assert_num_queries) -> None:
    job_id = v2.create(duration=100)
    finishes_at = Job.objects.get().finishes_at
    clock.advance(20)

    with django_assert_num_queries(1):
        v2.job(job_id)

    assert finishes_at == clock.at + timedelta(seconds=80)
    assert Job.objects.get().finishes_at == finishes_at


def test_languages_are_exact_names(v2: Heygen) -> None:
    response = v2.get("/target_languages")

    assert response.json() == {"error": None, "data": {"languages": list(LANGUAGES)}}


def test_languages_need_a_key(v2: Heygen) -> None:
    response = v2.get("/target_languages", **{"X-Api-Key": ""})

    assert response.status_code == 401
    assert response.json()["error"] == {"code": "unauthorized", "message": "Unauthorized"}
