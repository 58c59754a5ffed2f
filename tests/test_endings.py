"""Ending a job by hand, getting rid of it, and what it leaves: cancel, delete, result."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, JobEnded
from vid_trans_api.operations import finish_job, run_again

HAIR = 0.000001


def test_a_canceled_job_is_in_error_and_says_so(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]

    answer = api.post(f"/jobs/{job_id}/cancel")

    assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (
        200,
        "error",
        {"code": "canceled", "message": "The job was canceled.", "retryable": False},
    )


def test_a_job_canceled_again_is_the_same_again(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(5)
    first = api.post(f"/jobs/{job_id}/cancel").json()
    clock.advance(3600)

    again = api.post(f"/jobs/{job_id}/cancel")

    assert (again.status_code, again.json(), api.job(job_id)) == (200, first, first)


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_a_job_can_be_canceled_until_the_instant_of_its_end(
    api: Api, clock: SetClock, outcome: str
) -> None:
    early, late = (api.create(duration=10, outcome=outcome)["id"] for _ in range(2))

    clock.advance(10 - HAIR)
    just_before = api.post(f"/jobs/{early}/cancel").status_code
    clock.advance(HAIR)
    at_the_end = api.post(f"/jobs/{late}/cancel")

    assert (just_before, at_the_end.status_code) == (200, 409)
    assert "had already ended" in at_the_end.json()["detail"]
    assert api.job(late)["status"] == outcome


@pytest.mark.parametrize("fails_at", [0.5, 1])
def test_a_job_that_failed_with_the_words_of_a_cancel_had_ended_all_the_same(
    api: Api, clock: SetClock, fails_at: float
) -> None:
    words = {"code": "canceled", "message": "The job was canceled.", "retryable": False}
    failed, canceled = (
        api.create(duration=10, outcome="error", error=words, fails_at=fails_at)["id"]
        for _ in range(2)
    )
    api.post(f"/jobs/{canceled}/cancel")
    clock.advance(10)

    answers = [api.post(f"/jobs/{each}/cancel").status_code for each in (failed, canceled)]

    assert answers == [409, 200]


def test_a_stuck_job_can_be_canceled(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    clock.advance(500)

    job = api.post(f"/jobs/{job_id}/cancel").json()

    assert (job["status"], job["progress"], job["finished_at"]) == (
        "error",
        None,
        "2026-01-01T00:08:20.000000Z",
    )


def test_a_cancel_takes_no_fields(api: Api) -> None:
    job_id = api.create()["id"]

    answer = api.post(f"/jobs/{job_id}/cancel", {"reason": "x"})

    assert answer.json()["errors"] == [
        {"field": "reason", "detail": "Unknown field; no field is accepted here."}
    ]


def test_a_cancel_reads_the_clock_after_it_has_the_write_lock(api: Api, clock: SetClock) -> None:
    """Whoever waits for the lock past the job's end finds that it has ended."""
    job = Job.objects.get(public_id=api.create(duration=10)["id"])

    def clock_that_has_moved_on() -> Any:
        return clock.at + timedelta(seconds=10)

    with pytest.raises(JobEnded):
        job.cancel(clock_that_has_moved_on)


def test_a_fresh_end_is_told_only_once_no_cancel_can_be_on_its_way(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    job_id = api.create(duration=10)["id"]

    clock.advance(10)
    with django_assert_num_queries(4) as fresh:  # a test is a transaction already
        api.job(job_id)
    clock.advance(5)
    with django_assert_num_queries(1):
        api.job(job_id)

    assert [query["sql"].split()[0] for query in fresh.captured_queries] == [
        "SELECT",
        "SAVEPOINT",
        "SELECT",
        "RELEASE",
    ]


def test_finish_now_ends_a_job_as_it_was_dealt(api: Api, clock: SetClock) -> None:
    jobs = {
        outcome: Job.objects.get(public_id=api.create(outcome=outcome)["id"])
        for outcome in ("completed", "error", "stuck")
    }
    clock.advance(2)

    for job in jobs.values():
        finish_job(job)

    ended = {outcome: api.job(job.public_id) for outcome, job in jobs.items()}
    assert {outcome: job["status"] for outcome, job in ended.items()} == {
        "completed": "completed",
        "error": "error",
        "stuck": "completed",
    }
    assert {job["finished_at"] for job in ended.values()} == {"2026-01-01T00:00:02.000000Z"}


def test_a_job_that_has_ended_cannot_be_finished(api: Api, clock: SetClock) -> None:
    job = Job.objects.get(public_id=api.create(duration=10)["id"])
    clock.advance(10)

    with pytest.raises(JobEnded):
        finish_job(job)


def test_a_job_run_again_is_dealt_the_same(api: Api, clock: SetClock) -> None:
    first = api.create({"title": "One", "target_language": "French"})
    clock.advance(100)

    again = run_again(Job.objects.get())

    second = api.job(again.public_id)
    assert second["id"] != first["id"]
    assert (second["title"], second["estimated_time_remaining_range"]) == (
        "One",
        first["estimated_time_remaining_range"],
    )


def test_a_deleted_job_is_gone(api: Api) -> None:
    job_id = api.create()["id"]

    answer = api.delete(f"/jobs/{job_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/jobs/{job_id}").status_code == 404
    assert api.delete(f"/jobs/{job_id}").status_code == 404
    assert api.get(f"/jobs?ids={job_id}").json()["not_found"] == [job_id]


@pytest.mark.parametrize("path", ["", "/cancel", "/result"])
@pytest.mark.parametrize("job_id", ["nope", "%00", "x" * 3000, "%F0%9F%A6%86", "-1", "1"])
def test_what_is_no_jobs_id_is_not_found(api: Api, job_id: str, path: str) -> None:
    call = api.post if path == "/cancel" else api.get

    answer = call(f"/jobs/{job_id}{path}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_result_is_a_video_once_the_job_is_completed(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]
    before = api.get(f"/jobs/{job_id}/result")
    clock.advance(10)

    after = api.client.get(api.job(job_id)["result_url"])

    assert (before.status_code, before.json()["title"]) == (409, "Conflict")
    assert (after.status_code, after["Content-Type"]) == (200, "video/mp4")
    assert after.content[4:8] == b"ftyp"


def test_a_failed_job_has_no_result(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="error")["id"]
    clock.advance(10)

    assert api.get(f"/jobs/{job_id}/result").status_code == 409
