"""The Retry-After header of responses about a job."""

import pytest

from tests.conftest import Api, SetClock


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
def test_retry_after_follows_from_the_estimate_or_the_age(
    api: Api, clock: SetClock, age: float, simulation: dict[str, object], retry_after: str
) -> None:
    job_id = api.create(**simulation)["id"]
    clock.advance(age)

    response = api.get(f"/jobs/{job_id}")

    assert response["Retry-After"] == retry_after


def test_retry_after_is_the_lower_end_of_the_range(api: Api, clock: SetClock) -> None:
    response = api.post("/jobs", {"simulation": {"duration": 20, "seed": 1}})

    low = response.json()["estimated_time_remaining_range"][0]
    assert int(response["Retry-After"]) - 1 < low <= int(response["Retry-After"])


def test_ended_job_has_no_retry_after(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1)["id"]
    clock.advance(1)

    response = api.get(f"/jobs/{job_id}")

    assert "Retry-After" not in response


@pytest.mark.parametrize(("scenario", "has_retry_after"), [("silent", False), ("stuck", True)])
def test_silent_job_has_neither_estimate_nor_retry_after(
    api: Api, clock: SetClock, scenario: str, *, has_retry_after: bool
) -> None:
    created = api.post("/jobs", {"simulation": {"scenario": scenario, "duration": 10}})
    clock.advance(9)
    polled = api.get(f"/jobs/{created.json()['id']}")

    responses = [created, polled]
    assert ["Retry-After" in response for response in responses] == [has_retry_after] * 2
    assert [response.json()["estimated_time_remaining"] for response in responses] == [None] * 2
    assert [response.json()["progress"] for response in responses] == [None] * 2
