"""The filters of the admin's list of jobs, and the counts beside them."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from tests.admin.conftest import JOBS, titles
from tests.starting import start
from vid_trans_api.admin import lists
from vid_trans_api.simulation.options import Outcome

pytestmark = pytest.mark.django_db


def choices(response: HttpResponse) -> list[str]:
    """Return the labels of the filters' choices."""
    return re.findall(r'<a href="\?[^"]*">([^<]+ \([^<]+\))</a>', response.text)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("pending", ["later", "stuck"]), ("completed", ["soon"]), ("error", ["failing"])],
)
def test_status_filter_shows_jobs_of_that_status(admin, clock, status, expected):
    start(title="soon", seconds=1)
    start(title="failing", seconds=1, outcome=Outcome.ERROR)
    start(title="stuck", outcome=Outcome.STUCK)
    start(title="later", seconds=9)
    clock.advance(1)

    response = admin.get(f"{JOBS}?status={status}")

    assert titles(response) == expected


@pytest.mark.parametrize(
    ("age", "seconds", "expected"),
    [
        ("hour", 3600, ["old"]),
        ("hour", 3601, []),
        ("day", 86_400, ["old"]),
        ("day", 86_401, []),
        ("week", 7 * 86_400, ["old"]),
        ("week", 7 * 86_400 + 1, []),
    ],
)
def test_age_filter_shows_jobs_up_to_that_age(admin, clock, age, seconds, expected):
    start(title="old")
    clock.advance(seconds)

    response = admin.get(f"{JOBS}?age={age}")

    assert titles(response) == expected


def test_counts_of_a_filter_ignore_the_other_filter(admin, clock):
    start(seconds=1)
    clock.advance(7200)
    start(seconds=1, outcome=Outcome.ERROR)
    clock.advance(1)

    response = admin.get(f"{JOBS}?age=hour")

    assert choices(response) == [
        *("Pending (0)", "Completed (1)", "Error (1)"),
        *("Past hour (1)", "Past day (2)", "Past week (2)"),
    ]


def test_counts_stop_at_the_largest_count(admin, clock, monkeypatch):
    monkeypatch.setattr(lists, "LARGEST_COUNT", 2)
    for _ in range(3):
        start()

    with CaptureQueriesContext(connection) as captured:
        response = admin.get(JOBS)

    counts = [each["sql"] for each in captured if "COUNT" in each["sql"]]
    assert all("LIMIT 3" in sql for sql in counts)
    assert "2+ jobs" in response.text
    assert choices(response) == [
        *("Pending (2+)", "Completed (0)", "Error (0)"),
        *("Past hour (2+)", "Past day (2+)", "Past week (2+)"),
    ]


@pytest.mark.parametrize(("count", "expected"), [(17, "17"), (1000, "1,000"), (1001, "1,000+")])
def test_count_above_the_largest_has_a_plus(count, expected):
    assert lists.format_count(count) == expected


def test_unknown_choice_redirects_to_all_jobs(admin, clock):
    start()

    response = admin.get(f"{JOBS}?status=done")

    assert response["Location"] == f"{JOBS}?e=1"


@pytest.mark.sqlite(reason="it reads SQLite's query plans")
@pytest.mark.parametrize(
    "query", ["status=pending", "status=completed", "age=week", "status=pending&age=week"]
)
def test_filtered_list_uses_an_index(admin, clock, query):
    start(seconds=1)
    start(seconds=60)
    clock.advance(30)

    with CaptureQueriesContext(connection) as captured:
        response = admin.get(f"{JOBS}?{query}")

    (sql,) = (each["sql"] for each in captured if "plan" in each["sql"])
    with connection.cursor() as cursor:
        steps = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    assert titles(response)
    assert [step for step in steps if step.startswith("SCAN")] == []
