"""What a job is at each instant: before, at and after each change."""

from datetime import timedelta

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job
from vid_trans_api.snapshots import Status

HAIR = 0.000001
"""The shortest time that an instant is told apart by, in seconds."""


def test_a_new_job_is_pending_and_says_nothing_but_its_guess(api: Api, clock: SetClock) -> None:
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
def test_a_job_is_pending_until_the_instant_of_its_end(
    api: Api, clock: SetClock, outcome: str
) -> None:
    job_id = api.create(duration=10, outcome=outcome)["id"]

    clock.advance(10 - HAIR)
    just_before = api.job(job_id)["status"]
    clock.advance(HAIR)
    at_the_end = api.job(job_id)["status"]

    assert (just_before, at_the_end) == ("pending", outcome)


def test_a_completed_job_says_when_it_ended_and_not_when_somebody_noticed(
    api: Api, clock: SetClock
) -> None:
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


def test_a_failed_job_says_why_as_it_was_asked_to(api: Api, clock: SetClock) -> None:
    failure = {"code": "too_loud", "message": "It is too loud.", "retryable": True}
    job_id = api.create(duration=10, outcome="error", error=failure)["id"]
    clock.advance(10)

    job = api.job(job_id)

    assert (job["error"], job["result_url"]) == (failure, None)


def test_the_end_never_changes_again(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(10)
    first = api.job(job_id)

    for seconds in (HAIR, 1, 86_400, 10_000_000):
        clock.advance(seconds)
        assert api.job(job_id) == first


def test_a_stuck_job_is_pending_for_ever_and_its_estimate_unknown(
    api: Api, clock: SetClock
) -> None:
    job_id = api.create(outcome="stuck")["id"]
    clock.advance(10_000_000)

    job = api.job(job_id)

    assert (job["status"], job["progress"], job["estimated_time_remaining"]) == (
        "pending",
        None,
        None,
    )
    assert job["estimated_time_remaining_range"] is None


def test_a_silent_job_gives_no_estimate_but_ends(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed", estimate="none")
    clock.advance(10)

    ended = api.job(job["id"])

    assert (job["progress"], job["estimated_time_remaining"]) == (None, None)
    assert (ended["status"], ended["progress"]) == ("completed", 1.0)


def test_a_job_that_takes_no_time_has_ended_when_it_is_answered(api: Api, clock: SetClock) -> None:
    answer = api.post("/jobs", {"simulation": {"duration": 0, "outcome": "completed"}})

    assert (answer.json()["status"], answer["Retry-After"]) == ("completed", "1")


def test_progress_never_runs_back_and_the_estimate_ends_at_nothing(
    api: Api, clock: SetClock
) -> None:
    job_id = api.create(duration=100, outcome="completed", seed=8, estimate={"noise": 1.5})["id"]
    shown = []
    for _ in range(100):
        shown.append(api.job(job_id))
        clock.advance(1)

    progress = [job["progress"] for job in shown]

    assert progress == sorted(progress)
    assert shown[-1]["estimated_time_remaining"] < 5


def test_progress_is_elapsed_over_elapsed_and_estimate(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, seed=3)["id"]
    clock.advance(40)

    job = api.job(job_id)

    remaining = job["estimated_time_remaining"]
    assert job["progress"] == pytest.approx(40 / (40 + remaining), abs=0.0001)


def test_a_canceled_job_keeps_the_progress_it_had(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="completed", estimate="exact")["id"]
    clock.advance(25)

    job = api.post(f"/jobs/{job_id}/cancel").json()

    assert (job["status"], job["progress"], job["finished_at"]) == (
        "error",
        0.25,
        "2026-01-01T00:00:25.000000Z",
    )


def test_a_job_that_fails_before_its_time_keeps_what_it_guessed_last(
    api: Api, clock: SetClock
) -> None:
    job_id = api.create(duration=100, outcome="error", fails_at=0.25, estimate="exact")["id"]
    clock.advance(24)
    before = api.job(job_id)

    clock.advance(1)
    ended = api.job(job_id)
    clock.advance(1000)

    assert (before["status"], before["progress"], before["estimated_time_remaining"]) == (
        "pending",
        0.24,
        76,
    )
    assert (ended["status"], ended["progress"], ended["finished_at"]) == (
        "error",
        0.25,
        "2026-01-01T00:00:25.000000Z",
    )
    assert api.job(job_id) == ended


@pytest.mark.parametrize("scenario", ["silent", "stuck"])
def test_only_a_silent_job_does_not_say_when_to_ask_again(
    api: Api, clock: SetClock, scenario: str
) -> None:
    created = api.post("/jobs", {"simulation": {"scenario": scenario, "duration": 10}})
    clock.advance(9)
    polled = api.get(f"/jobs/{created.json()['id']}")

    for answer in (created, polled):
        job = answer.json()
        assert ("Retry-After" in answer) is (scenario == "stuck")
        assert (job["status"], job["progress"]) == ("pending", None)
        assert (job["estimated_time_remaining"], job["estimated_time_remaining_range"]) == (
            None,
            None,
        )


@pytest.mark.parametrize(
    ("age", "simulation", "retry_after"),
    [
        (0, {"duration": 100, "estimate": "exact"}, "60"),
        (0, {"duration": 20.5, "estimate": "exact"}, "21"),
        (20, {"duration": 20.5, "estimate": "exact"}, "1"),
        (0, {"outcome": "stuck"}, "1"),
        (50, {"outcome": "stuck"}, "10"),
        (51, {"outcome": "stuck"}, "11"),
        (100_000, {"outcome": "stuck"}, "60"),
    ],
)
def test_retry_after_follows_the_lower_end_of_the_estimate_or_the_age(
    api: Api, clock: SetClock, age: float, simulation: dict[str, object], retry_after: str
) -> None:
    job_id = api.create(**simulation)["id"]
    clock.advance(age)

    answer = api.get(f"/jobs/{job_id}")

    assert answer["Retry-After"] == retry_after


def test_an_ended_job_has_no_retry_after(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1)["id"]
    clock.advance(1)

    assert "Retry-After" not in api.get(f"/jobs/{job_id}")


def test_retry_after_aims_at_the_low_end_of_the_range(api: Api, clock: SetClock) -> None:
    answer = api.post("/jobs", {"simulation": {"duration": 20, "seed": 1}})

    low = answer.json()["estimated_time_remaining_range"][0]
    assert int(answer["Retry-After"]) - 1 < low <= int(answer["Retry-After"])


def test_every_job_answer_may_not_be_kept(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(1)

    answers = [
        api.post("/jobs"),
        api.get(f"/jobs/{job_id}"),
        api.get("/jobs"),
        api.get("/status"),
        api.get(f"/jobs/{job_id}/result"),
    ]

    assert [answer["Cache-Control"] for answer in answers] == ["no-store"] * 5


def test_status_is_the_newest_job_also_where_two_instants_are_equal(
    api: Api, clock: SetClock
) -> None:
    api.create()
    newest = api.create()

    assert api.get("/status").json()["id"] == newest["id"]


def test_status_of_one_job_is_that_job(api: Api, clock: SetClock) -> None:
    job = api.create()
    api.create()

    answer = api.get(f"/status?job_id={job['id']}")

    assert (answer.json(), answer["Vary"]) == (job, "Accept")


def test_status_without_a_job_is_not_found(api: Api) -> None:
    assert api.get("/status").status_code == 404


def test_a_clock_set_back_across_a_restart_shows_a_job_that_has_not_begun(
    api: Api, clock: SetClock
) -> None:
    job_id = api.create(duration=10, outcome="completed", estimate="exact")["id"]
    clock.advance(-3600)

    job = api.job(job_id)

    assert (job["status"], job["progress"], job["estimated_time_remaining"]) == ("pending", 0, 10)


def test_a_get_writes_nothing(api: Api, clock: SetClock, django_assert_num_queries) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(3)

    with django_assert_num_queries(1) as asked:
        api.job(job_id)

    assert asked.captured_queries[0]["sql"].startswith("SELECT")


def test_a_snapshot_is_the_same_however_often_it_is_taken(api: Api, clock: SetClock) -> None:
    job = Job.objects.get(public_id=api.create(duration=10, seed=5)["id"])
    instant = clock.at + timedelta(seconds=4)

    assert job.at(instant) == job.at(instant)
    assert job.at(instant).status is Status.PENDING
