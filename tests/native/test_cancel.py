"""Canceling a job over HTTP."""

import pytest

from tests.conftest import MICROSECOND, Api, SetClock

LIKE_CANCELED = {"code": "canceled", "message": "The job was canceled.", "retryable": False}
"""The error of a canceled job, as options can give it to a failing job as well."""


def test_canceled_job_ends_in_error(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(4)

    response = api.post(f"/jobs/{job_id}/cancel")

    job = response.json()
    assert (response.status_code, job["status"], job["error"], job["finished_at"]) == (
        200,
        "error",
        {"code": "canceled", "message": "The job was canceled.", "retryable": False},
        "2026-01-01T00:00:04.000000Z",
    )


def test_second_cancel_changes_nothing(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(5)
    first = api.post(f"/jobs/{job_id}/cancel").json()
    clock.advance(3600)

    second = api.post(f"/jobs/{job_id}/cancel")

    assert (second.status_code, second.json(), api.job(job_id)) == (200, first, first)


@pytest.mark.parametrize("outcome", ["completed", "error"])
def test_job_can_be_canceled_until_the_instant_of_its_end(
    api: Api, clock: SetClock, outcome: str
) -> None:
    early, late = (api.create(duration=10, outcome=outcome)["id"] for _ in range(2))

    clock.advance(10 - MICROSECOND)
    just_before = api.post(f"/jobs/{early}/cancel")
    clock.advance(MICROSECOND)
    at_the_end = api.post(f"/jobs/{late}/cancel")

    assert (just_before.status_code, at_the_end.status_code) == (200, 409)
    assert "has already ended" in at_the_end.json()["detail"]
    assert api.job(late)["status"] == outcome


@pytest.mark.parametrize("fails_at", [0.5, 1])
def test_failed_job_with_the_error_of_a_cancel_was_not_canceled(
    api: Api, clock: SetClock, fails_at: float
) -> None:
    failed, canceled = (
        api.create(duration=10, outcome="error", error=LIKE_CANCELED, fails_at=fails_at)["id"]
        for _ in range(2)
    )
    api.post(f"/jobs/{canceled}/cancel")
    clock.advance(10)

    responses = [api.post(f"/jobs/{job_id}/cancel") for job_id in (failed, canceled)]

    assert [response.status_code for response in responses] == [409, 200]


def test_finished_job_with_the_error_of_a_cancel_was_not_canceled(
    api: Api, clock: SetClock
) -> None:
    job_id = api.create(duration=10, outcome="error", error=LIKE_CANCELED)["id"]
    clock.advance(3)
    api.patch(f"/simulation/jobs/{job_id}", {"finish": "now"})

    response = api.post(f"/jobs/{job_id}/cancel")

    assert response.status_code == 409


def test_stuck_job_can_be_canceled(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    clock.advance(500)

    job = api.post(f"/jobs/{job_id}/cancel").json()

    assert (job["status"], job["progress"], job["finished_at"]) == (
        "error",
        None,
        "2026-01-01T00:08:20.000000Z",
    )


def test_job_is_canceled_at_the_workspaces_time(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100)["id"]
    api.set_clock(advance=40)

    canceled = api.post(f"/jobs/{job_id}/cancel").json()

    assert canceled["finished_at"] == "2026-01-01T00:00:40.000000Z"


def test_cancel_accepts_no_field(api: Api) -> None:
    job_id = api.create()["id"]

    response = api.post(f"/jobs/{job_id}/cancel", {"reason": "x"})

    assert response.json()["errors"] == [
        {"field": "reason", "detail": "Unknown field; no field is accepted here."}
    ]
