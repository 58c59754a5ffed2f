"""Updating a pending simulated job."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock


def update(api: Api, job_id: str, **changes: Any) -> dict[str, Any]:
    """Update a job and return its simulation document."""
    response = api.patch(f"/simulation/jobs/{job_id}", changes)
    assert response.status_code == 200, response.content
    document: dict[str, Any] = response.json()
    return document


def test_completing_job_is_made_to_fail(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    document = update(api, job_id, outcome="error", error={"code": "no_audio"})
    clock.advance(10)

    assert (document["status"], document["plan"]["outcome"]) == ("pending", "error")
    assert api.job(job_id)["error"]["code"] == "no_audio"


def test_failure_without_an_error_gets_a_plausible_one(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    update(api, job_id, outcome="error", finish="now")

    job = api.job(job_id)
    assert (job["status"], bool(job["error"]["message"])) == ("error", True)
    assert job["finished_at"] == job["created_at"]


def test_failing_job_gets_another_error(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="fail", duration=300, error={"code": "first"})["id"]

    document = update(api, job_id, error={"code": "second"})
    clock.advance(30)

    assert document["plan"]["error"]["code"] == "second"
    assert api.job(job_id)["error"]["code"] == "second"


def test_new_duration_moves_the_end(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed", estimate="exact")["id"]
    clock.advance(5)

    document = update(api, job_id, duration=300)

    assert document["ends_at"] == "2026-01-01T00:05:00.000000Z"
    assert api.job(job_id)["estimated_time_remaining"] == 295


def test_new_duration_replaces_an_early_failure(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="fail", duration=100)["id"]

    document = update(api, job_id, duration=300)

    assert document["ends_at"] == "2026-01-01T00:05:00.000000Z"


@pytest.mark.parametrize("duration", [20, 1000])
def test_lost_job_is_lost_from_the_middle_of_its_new_duration(
    api: Api, clock: SetClock, duration: int
) -> None:
    job_id = api.create(scenario="lost", duration=100)["id"]

    document = update(api, job_id, duration=duration)
    clock.advance(duration / 2 - 1)
    statuses = api.statuses(f"/jobs/{job_id}")
    clock.advance(1)
    statuses += api.statuses(f"/jobs/{job_id}")

    assert document["plan"]["faults"] == [
        {"on": "any", "fault": 404, "between": [duration / 2, None]}
    ]
    assert statuses == [200, 404]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("completed", "completed"), ("error", "error"), ("stuck", "completed")],
)
def test_finished_job_has_the_outcome_of_its_plan(
    api: Api, clock: SetClock, outcome: str, status: str
) -> None:
    job_id = api.create(duration=10, outcome=outcome)["id"]
    clock.advance(5)

    document = update(api, job_id, finish="now")

    assert (document["status"], document["plan"]["outcome"]) == (status, status)
    assert api.job(job_id)["finished_at"] == "2026-01-01T00:00:05.000000Z"


def test_stuck_job_continues(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]

    update(api, job_id, outcome="completed", duration=60)
    clock.advance(60)

    assert api.job(job_id)["status"] == "completed"


def test_job_gets_stuck(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]

    document = update(api, job_id, outcome="stuck")
    clock.advance(1000)

    assert document["ends_at"] is None
    assert api.job(job_id)["status"] == "pending"


def test_job_that_got_stuck_continues_with_estimates(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=60, outcome="completed", estimate="exact")["id"]
    update(api, job_id, outcome="stuck")
    stuck = api.job(job_id)

    update(api, job_id, outcome="completed", duration=90)
    continued = api.job(job_id)

    estimates = [job["estimated_time_remaining"] for job in (stuck, continued)]
    assert estimates == [None, 90]
