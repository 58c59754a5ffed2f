"""Which updates of a simulated job are refused."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock


def update(api: Api, job_id: str, changes: dict[str, Any], **headers: str) -> Any:
    return api.patch(f"/simulation/jobs/{job_id}", changes, **headers)


@pytest.mark.parametrize(
    "changes", [{"finish": "soon"}, {"outcome": "done"}, {"duration": -1}, {"progress": 1}]
)
def test_invalid_update_is_refused(api: Api, changes: dict[str, Any]) -> None:
    job_id = api.create(duration=10)["id"]

    response = update(api, job_id, changes)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"duration": 50, "finish": "now"}, "duration"),
        ({"outcome": "stuck", "duration": 50}, "duration"),
        ({"outcome": "stuck", "finish": "now"}, "finish"),
        ({"outcome": "completed", "error": {"code": "x"}}, "error"),
    ],
)
def test_contradictory_update_is_refused(api: Api, changes: dict[str, Any], field: str) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    response = update(api, job_id, changes)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_duration_that_is_over_is_refused(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100)["id"]
    clock.advance(50)

    response = update(api, job_id, {"duration": 50})

    assert (response.status_code, response.json()["detail"]) == (
        409,
        "The job has run for 50 s already, so it cannot end after 50 s.",
    )
    assert api.job(job_id)["status"] == "pending"


def test_ended_job_cannot_be_updated(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(1)

    response = update(api, job_id, {"outcome": "error"})

    assert response.status_code == 409
    assert api.job(job_id)["status"] == "completed"


@pytest.mark.parametrize("changes", [{"outcome": "completed"}, {"duration": 60}])
def test_stuck_job_needs_both_an_outcome_and_a_duration(
    api: Api, clock: SetClock, changes: dict[str, Any]
) -> None:
    job_id = api.create(outcome="stuck")["id"]

    response = update(api, job_id, changes)

    assert (response.status_code, response.json()["detail"]) == (
        409,
        'The job is stuck; give both "outcome" and "duration".',
    )


def test_completing_job_has_no_error_to_change(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    response = update(api, job_id, {"error": {"code": "x"}})

    assert response.status_code == 409


def test_job_of_another_workspace_is_not_found(api: Api) -> None:
    job_id = api.create(duration=10)["id"]

    found = api.get(f"/simulation/jobs/{job_id}", X_Api_Key="another")
    updated = update(api, job_id, {"finish": "now"}, X_Api_Key="another")

    assert (found.status_code, updated.status_code) == (404, 404)
