"""Lists of jobs: their order, filters and pages, and many jobs by their ids."""

from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, job_queries
from vid_trans_api.snapshots import Status


def listed(api: Api, query: str = "") -> list[str]:
    return [job["id"] for job in api.get(f"/jobs{query}").json()["results"]]


def mixed_jobs(api: Api, clock: SetClock) -> dict[str, list[str]]:
    """Start jobs, newest first, that after 100 s are of each status."""
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


def test_a_list_is_newest_first_also_where_two_instants_are_equal(
    api: Api, clock: SetClock
) -> None:
    ids = [api.create()["id"] for _ in range(3)]

    assert listed(api) == ids[::-1]


@pytest.mark.parametrize("looked_through", [0, 2, 500])
@pytest.mark.parametrize("status", ["pending", "completed", "error"])
def test_a_list_of_one_status_has_those_that_are_that_now(
    api: Api, clock: SetClock, monkeypatch, status: str, looked_through: int
) -> None:
    monkeypatch.setattr(job_queries, "_SEARCHED_FIRST", looked_through)
    ids = mixed_jobs(api, clock)

    assert listed(api, f"?status={status}") == ids[status]


@pytest.mark.parametrize("looked_through", [0, 2, 500])
@pytest.mark.parametrize("status", ["pending", "completed", "error", None])
def test_pages_of_one_follow_each_other_through_all(
    api: Api, clock: SetClock, monkeypatch, status: str | None, looked_through: int
) -> None:
    monkeypatch.setattr(job_queries, "_SEARCHED_FIRST", looked_through)
    ids = mixed_jobs(api, clock)[status or "all"]
    query = "?limit=1" + (f"&status={status}" if status else "")

    seen = []
    page = api.get(f"/jobs{query}").json()
    while page["next"]:
        seen += page["results"]
        page = api.client.get(page["next"]).json()
    seen += page["results"]

    assert [job["id"] for job in seen] == ids


def test_the_next_page_is_an_absolute_url_that_keeps_the_filters(api: Api) -> None:
    for _ in range(3):
        api.create({"target_language": "French"})

    following = api.get("/jobs?target_language=French&limit=2").json()["next"]

    assert urlsplit(following)[:3] == ("http", "testserver", "/vid_trans_api/jobs")
    assert "target_language=French&limit=2&cursor=" in following


def test_a_list_of_one_language_has_only_that(api: Api) -> None:
    french = api.create({"target_language": "French"})["id"]
    api.create()

    assert listed(api, "?target_language=French") == [french]


def test_a_page_has_fifty_jobs_unless_asked_otherwise(api: Api) -> None:
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
        "limit=%D9%A1",  # a digit, but an Arabic one
        "limit=" + "9" * 5000,
        "cursor=",
        "cursor=12",
        "cursor=12:forged",
        "cursor=%00",
        "page=2",
        "ids=",
        "ids=a,,b",
        "ids=a&limit=5",
        "ids=" + ",".join("a" * 101),
        "limit=1&limit=2",
    ],
)
def test_a_bad_parameter_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"/jobs?{query}")

    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)


def test_many_jobs_by_their_ids_come_in_the_order_asked(api: Api) -> None:
    first, second, third = (api.create()["id"] for _ in range(3))

    answer = api.get(f"/jobs?ids={second},nope,{third},{first},%00,{second}").json()

    assert [job["id"] for job in answer["results"]] == [second, third, first, second]
    assert answer["not_found"] == ["nope", "\x00"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_two_queries_however_many_jobs_there_are(
    api: Api, clock: SetClock, django_assert_num_queries, count: int
) -> None:
    for _ in range(count):
        api.create(duration=10)

    with django_assert_num_queries(2):
        api.get("/jobs")


@pytest.mark.parametrize("count", [1, 3])
def test_many_ids_take_two_queries_however_many_there_are(
    api: Api, clock: SetClock, django_assert_num_queries, count: int
) -> None:
    ids = [api.create(duration=10)["id"] for _ in range(count)]

    with django_assert_num_queries(2):  # their workspace, and they
        api.get(f"/jobs?ids={','.join(ids)}")


def test_an_index_has_the_order_of_each_list(api: Api, clock: SetClock) -> None:
    """No list sorts: what a page costs does not grow with the jobs that there are."""
    api.create()
    workspace = Job.objects.get().workspace
    jobs = Job.objects.filter(workspace=workspace)
    lists = [
        jobs,
        jobs.filter(number__lt=5),
        jobs.filter(target_language="French"),
        jobs.with_status(Status.COMPLETED, clock.at),
        jobs.with_status(Status.ERROR, clock.at),
        jobs.filter(target_language="French").with_status(Status.ERROR, clock.at),
        jobs.filter(finishes_at=None),
        Job.objects.with_status(Status.ERROR, clock.at),
    ]

    plans = [each.newest_first()[:10].explain() for each in lists]

    assert [plan for plan in plans if "TEMP B-TREE" in plan or "SCAN" in plan] == []


def test_pending_jobs_are_found_by_their_ends_and_not_by_a_walk(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    api.create()
    jobs = Job.objects.filter(workspace=Job.objects.get().workspace)
    clock.advance(100)

    with django_assert_num_queries(2) as asked:
        jobs.newest_pending(clock.at, 10)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[1]['sql']}")
        plan = [step[3] for step in cursor.fetchall()]
    assert [step for step in plan if "workspace_id=?" in step] == [
        "SEARCH U0 USING COVERING INDEX pending (workspace_id=? AND finishes_at>?)",
        "SEARCH U0 USING COVERING INDEX pending (workspace_id=? AND finishes_at=?)",
    ]
