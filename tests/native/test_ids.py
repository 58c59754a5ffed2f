"""Many jobs by their ids."""

import pytest

from tests.conftest import Api, SetClock


def test_jobs_are_in_the_order_of_the_ids(api: Api) -> None:
    first, second, third = (api.create()["id"] for _ in range(3))

    page = api.get(f"/jobs?ids={second},nope,{third},{first},%00,{second}").json()

    assert [job["id"] for job in page["results"]] == [second, third, first, second]
    assert page["not_found"] == ["nope", "\x00"]


def test_ids_can_be_restricted_to_a_status_and_a_language(api: Api) -> None:
    pending = api.create({"target_language": "Hindi", "simulation": {"duration": 600}})["id"]
    other = api.create(duration=600)["id"]
    ended = api.create(duration=0, outcome="completed")["id"]
    ids = f"{pending},{other},{ended}"

    by_status = api.get(f"/jobs?ids={ids}&status=completed").json()
    by_language = api.get(f"/jobs?ids={ids}&target_language=Hindi").json()

    assert [job["id"] for job in by_status["results"]] == [ended]
    assert [job["id"] for job in by_language["results"]] == [pending]
    assert by_status["not_found"] == by_language["not_found"] == []


def test_ids_return_all_jobs_despite_limit_and_cursor(api: Api) -> None:
    ids = [api.create()["id"] for _ in range(3)]
    cursor = api.get("/jobs?limit=1").json()["next"].partition("cursor=")[2]

    page = api.get(f"/jobs?ids={','.join(ids)}&limit=1&cursor={cursor}").json()

    assert [job["id"] for job in page["results"]] == ids


@pytest.mark.parametrize("count", [1, 3])
def test_ids_take_two_queries_for_any_number_of_jobs(
    api: Api, clock: SetClock, django_assert_num_queries, count: int
) -> None:
    ids = [api.create(duration=10)["id"] for _ in range(count)]

    with django_assert_num_queries(2):  # their workspace, and the jobs
        api.get(f"/jobs?ids={','.join(ids)}")
