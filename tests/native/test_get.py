"""The document of a job at each instant: before, at and after its end."""

import pytest

from tests.conftest import MICROSECOND, Api, SetClock


def test_new_job_is_pending_with_its_first_estimate(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed", estimate="exact")

    assert job == {
        "id": job["id"],
        "status": "pending",
        "progress": 0.0,
        "estimated_time_remaining": 10.0,
        "estimated_time_remaining_range": [10.0, 10.0],
        "title": "",
        "video_url": None,
        "target_language": "Spanish",
        "created_at": "2026-01-01T00:00:00.000000Z",
        "finished_at": None,
        "result_url": None,
        "error": None,
    }


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_job_is_pending_until_the_instant_of_its_end(
    api: Api, clock: SetClock, outcome: str
) -> None:
    job_id = api.create(duration=10, outcome=outcome)["id"]

    clock.advance(10 - MICROSECOND)
    just_before = api.job(job_id)["status"]
    clock.advance(MICROSECOND)
    at_the_end = api.job(job_id)["status"]

    assert (just_before, at_the_end) == ("pending", outcome)


def test_completed_job_reports_when_it_ended(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(3600)

    job = api.job(job_id)

    assert job == {
        "id": job_id,
        "status": "completed",
        "progress": 1.0,
        "estimated_time_remaining": None,
        "estimated_time_remaining_range": None,
        "title": "",
        "video_url": None,
        "target_language": "Spanish",
        "created_at": "2026-01-01T00:00:00.000000Z",
        "finished_at": "2026-01-01T00:00:10.000000Z",
        "result_url": f"http://testserver/vid_trans_api/jobs/{job_id}/result",
        "error": None,
    }


def test_failed_job_reports_the_error_of_its_options(api: Api, clock: SetClock) -> None:
    failure = {"code": "too_loud", "message": "It is too loud.", "retryable": True}
    job_id = api.create(duration=10, outcome="error", error=failure)["id"]
    clock.advance(10)

    job = api.job(job_id)

    assert (job["error"], job["result_url"]) == (failure, None)


def test_ended_job_never_changes(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(10)
    ended = api.job(job_id)

    later = []
    for seconds in (MICROSECOND, 1, 86_400, 10_000_000):
        clock.advance(seconds)
        later.append(api.job(job_id))

    assert later == [ended] * 4


def test_job_of_no_duration_has_ended_in_the_first_response(api: Api, clock: SetClock) -> None:
    response = api.post("/jobs", {"simulation": {"duration": 0, "outcome": "completed"}})

    assert (response.json()["status"], response["Retry-After"]) == ("completed", "1")


def test_stuck_job_is_pending_forever_without_an_estimate(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    clock.advance(10_000_000)

    job = api.job(job_id)

    assert (job["status"], job["progress"]) == ("pending", None)
    assert job["estimated_time_remaining"] is None
    assert job["estimated_time_remaining_range"] is None


def test_job_is_pending_if_the_clock_was_set_back(api: Api, clock: SetClock) -> None:
    """As after a restart of the server on a machine whose clock was wrong."""
    job_id = api.create(duration=10, outcome="completed", estimate="exact")["id"]
    clock.advance(-3600)

    job = api.job(job_id)

    assert (job["status"], job["progress"], job["estimated_time_remaining"]) == ("pending", 0, 10)


def test_responses_about_jobs_may_not_be_cached(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(1)

    responses = [
        api.post("/jobs"),
        api.get(f"/jobs/{job_id}"),
        api.get("/jobs"),
        api.get("/status"),
        api.get(f"/jobs/{job_id}/result"),
    ]

    assert [response["Cache-Control"] for response in responses] == ["no-store"] * 5


@pytest.mark.parametrize("path", ["", "/cancel", "/result"])
@pytest.mark.parametrize("job_id", ["nope", "%00", "x" * 3000, "%F0%9F%A6%86", "-1", "1"])
def test_unknown_id_is_not_found(api: Api, job_id: str, path: str) -> None:
    send = api.post if path == "/cancel" else api.get

    response = send(f"/jobs/{job_id}{path}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_get_reads_with_one_query_and_writes_nothing(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(3)

    with django_assert_num_queries(1) as queries:
        api.job(job_id)

    assert queries.captured_queries[0]["sql"].startswith("SELECT")
