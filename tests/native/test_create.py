"""What a job is created from."""

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.languages import LANGUAGES


def test_empty_body_creates_a_job(api: Api) -> None:
    response = api.client.post("/vid_trans_api/jobs", content_type="text/plain", data="")

    job_id = response.json()["id"]
    assert response.status_code == 202
    assert response["Location"] == f"http://testserver/vid_trans_api/jobs/{job_id}"


def test_location_leads_to_the_job(api: Api, clock: SetClock) -> None:
    created = api.post("/jobs")

    found = api.client.get(created["Location"])

    assert found.json() == created.json()


def test_fields_of_a_job_are_those_of_the_request(api: Api) -> None:
    fields = {
        "video_url": "http://minio:9000/talks/one.mp4?part=1",
        "title": "  Ein Vortrag — 讲座 ",
        "target_language": "Norwegian Bokmål (Norway)",
    }

    job = api.create(fields)

    assert {name: job[name] for name in fields} == fields


def test_every_language_is_accepted(api: Api) -> None:
    languages = [api.create({"target_language": each})["target_language"] for each in LANGUAGES]

    assert languages == list(LANGUAGES)


def test_there_are_178_languages() -> None:
    assert len(LANGUAGES) == 178


@pytest.mark.parametrize(
    "simulation",
    [
        {"duration": 0},
        {"duration": 86_400},
        {"duration": [5, 5]},
        {"error_probability": 0},
        {"error_probability": 1},
        {"estimate": {}},
        {"estimate": {"noise": 0, "bias": 0.5}},
        {"queued": 0},
        {"queued": 1},
        {"seed": 0},
        {"seed": 2**63 - 1},
        {"seed": -(2**63 - 1)},
        {"seed": 3.0},
        {},
    ],
)
def test_option_at_its_bound_is_accepted(api: Api, simulation: dict[str, object]) -> None:
    response = api.post("/jobs", {"simulation": simulation})

    assert response.status_code == 202


def test_settings_apply_if_the_request_has_no_options(api: Api, clock: SetClock, settings) -> None:
    settings.MIN_DELAY, settings.MAX_DELAY = 100, 100
    settings.ERROR_PROBABILITY, settings.ESTIMATE_NOISE = 1, 0

    job = api.create()
    clock.advance(100)

    assert (job["estimated_time_remaining"], api.job(job["id"])["status"]) == (100, "error")


def test_equal_seeds_create_equal_jobs_with_other_ids(api: Api, clock: SetClock) -> None:
    first, second = api.create(seed=11), api.create(seed=11)

    assert first.pop("id") != second.pop("id")
    assert first == second


def test_body_of_the_largest_size_is_read(api: Api) -> None:
    body = b'{"title": "x"}'.ljust(2_621_440)

    response = api.client.post("/vid_trans_api/jobs", body, content_type="application/json")

    assert response.status_code == 202
