"""Progress and estimates in the responses about a job."""

import pytest

from tests.conftest import Api, SetClock


def test_job_without_estimates_has_none_but_ends(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed", estimate="none")
    clock.advance(10)

    ended = api.job(job["id"])

    assert (job["progress"], job["estimated_time_remaining"]) == (None, None)
    assert (ended["status"], ended["progress"]) == ("completed", 1.0)


def test_progress_rises_and_the_estimate_approaches_zero(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="completed", seed=8, estimate={"noise": 1.5})["id"]
    documents = []
    for _ in range(100):
        documents.append(api.job(job_id))
        clock.advance(1)

    progress = [job["progress"] for job in documents]

    assert progress == sorted(progress)
    assert documents[-1]["estimated_time_remaining"] < 5


def test_progress_is_the_elapsed_share_of_elapsed_and_estimate(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, seed=3)["id"]
    clock.advance(40)

    job = api.job(job_id)

    remaining = job["estimated_time_remaining"]
    assert job["progress"] == pytest.approx(40 / (40 + remaining), abs=0.0001)


def test_canceled_job_keeps_its_progress(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="completed", estimate="exact")["id"]
    clock.advance(25)

    job = api.post(f"/jobs/{job_id}/cancel").json()

    assert (job["status"], job["progress"], job["finished_at"]) == (
        "error",
        0.25,
        "2026-01-01T00:00:25.000000Z",
    )


def test_job_that_fails_early_keeps_its_progress(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="error", fails_at=0.25, estimate="exact")["id"]

    clock.advance(24)
    pending = api.job(job_id)
    clock.advance(1)
    failed = api.job(job_id)

    assert (pending["status"], pending["progress"], pending["estimated_time_remaining"]) == (
        "pending",
        0.24,
        76,
    )
    assert (failed["status"], failed["progress"], failed["finished_at"]) == (
        "error",
        0.25,
        "2026-01-01T00:00:25.000000Z",
    )
