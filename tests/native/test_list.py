"""Lists of jobs: their order, filters and pages."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import JobQuerySet


@pytest.fixture(params=[0, 2, 500])
def _searched_first(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Find pending jobs by their ends, by both ways, and among the newest."""
    monkeypatch.setattr(JobQuerySet, "SEARCHED_FIRST", request.param)


def listed(api: Api, query: str = "") -> list[str]:
    """Return the ids of the listed jobs."""
    return [job["id"] for job in api.get(f"/jobs{query}").json()["results"]]


def mixed_jobs(api: Api, clock: SetClock) -> dict[str, list[str]]:
    """Create jobs that have each status after 100 s; return their ids, the newest first."""
    simulations: list[dict[str, object]] = [
        {"outcome": "completed", "duration": 10},
        {"outcome": "stuck"},
        {"outcome": "error", "duration": 10},
        {"outcome": "completed", "duration": 1000},
        {"outcome": "error", "duration": 100},
        {"outcome": "completed", "duration": 100},
        {"outcome": "error", "duration": 1000},
        {"outcome": "stuck"},
    ]
    ids = [api.create(**simulation)["id"] for simulation in simulations]
    clock.advance(100)
    return {
        "completed": [ids[5], ids[0]],
        "error": [ids[4], ids[2]],
        "pending": [ids[7], ids[6], ids[3], ids[1]],
        "all": ids[::-1],
    }


def test_jobs_created_at_one_instant_are_listed_newest_first(api: Api, clock: SetClock) -> None:
    ids = [api.create()["id"] for _ in range(3)]

    assert listed(api) == ids[::-1]


@pytest.mark.usefixtures("_searched_first")
@pytest.mark.parametrize("status", ["pending", "completed", "error"])
def test_list_of_a_status_has_the_jobs_that_have_it_now(
    api: Api, clock: SetClock, status: str
) -> None:
    ids = mixed_jobs(api, clock)

    assert listed(api, f"?status={status}") == ids[status]


@pytest.mark.usefixtures("_searched_first")
@pytest.mark.parametrize("status", ["pending", "completed", "error", None])
def test_pages_of_one_job_lead_through_all_jobs(
    api: Api, clock: SetClock, status: str | None
) -> None:
    ids = mixed_jobs(api, clock)[status or "all"]
    query = "?limit=1" + (f"&status={status}" if status else "")

    jobs = []
    page = api.get(f"/jobs{query}").json()
    while page["next"]:
        jobs += page["results"]
        page = api.client.get(page["next"]).json()
    jobs += page["results"]

    assert [job["id"] for job in jobs] == ids


def test_next_page_is_an_absolute_url_with_the_filters(api: Api) -> None:
    for _ in range(3):
        api.create({"target_language": "French"})

    url = api.get("/jobs?target_language=French&limit=2").json()["next"]

    assert urlsplit(url)[:3] == ("http", "testserver", "/vid_trans_api/jobs")
    assert "target_language=French&limit=2&cursor=" in url


def test_list_of_a_language_has_only_its_jobs(api: Api) -> None:
    french = api.create({"target_language": "French"})["id"]
    api.create()

    assert listed(api, "?target_language=French") == [french]


def test_page_has_fifty_jobs_unless_limited(api: Api) -> None:
    for _ in range(101):
        api.create()

    assert [len(listed(api, query)) for query in ("", "?limit=100", "?limit=1")] == [50, 100, 1]


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "status=",
        "target_language=french",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=1.0",
        "limit=%D9%A1",  # an Arabic digit
        "limit=" + "9" * 5000,
        "cursor=",
        "cursor=12",
        "cursor=12:forged",
        "cursor=%00",
        "page=2",
        "ids=",
        "ids=a,,b",
        "ids=a&limit=0",
        "ids=a&cursor=12",
        "ids=" + ",".join("a" * 101),
        "limit=1&limit=2",
    ],
)
def test_invalid_parameter_is_refused(api: Api, query: str) -> None:
    response = api.get(f"/jobs?{query}")

    assert (response.status_code, len(response.json()["errors"])) == (400, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_two_queries_for_any_number_of_jobs(
    api: Api, clock: SetClock, django_assert_num_queries, count: int
) -> None:
    for _ in range(count):
        api.create(duration=10)

    with django_assert_num_queries(2):
        api.get("/jobs")
