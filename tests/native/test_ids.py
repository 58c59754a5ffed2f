"""Many jobs by their ids."""

import pytest

from tests.conftest import Api, SetClock


def test_jobs_are_in_the_order_of_the_ids(api: Api) -> None:
    first, second, third = (api.create()["id"] for _ in range(3))

    page = api.get(f"/jobs?ids={second},nope,{third},{first},%00,{second}").json()

    assert [job["id"] for job in page["results"]] == [second, third, first, second]
    assert page["not_found"] == ["nope", "\x00"]


@pytest.mark.parametrize("count", [1, 3])
def test_ids_take_two_queries_for_any_number_of_jobs(
    api: Api, clock: SetClock, django_assert_num_queries, count: int
) -> None:
    ids = [api.create(duration=10)["id"] for _ in range(count)]

    with django_assert_num_queries(2):  # their workspace, and the jobs
        api.get(f"/jobs?ids={','.join(ids)}")
