"""The admin's list of jobs: what it shows, and what it costs."""

from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.conftest import JOBS, titles
from tests.conftest import replace_clock
from tests.starting import start
from vid_trans_api.models import Job

pytestmark = pytest.mark.django_db


def test_pending_job_shows_its_progress(admin, clock):
    job = start(seconds=10)
    clock.advance(4)

    response = admin.get(JOBS)

    assert job.short_id in response.text
    assert '<span class="badge badge-pending">Pending</span>' in response.text
    assert 'class="bar bar-pending" max="1" value="0.4"' in response.text
    assert '<td class="field-time_left">6 s</td>' in response.text
    assert ">4 s ago</time>" in response.text


def test_empty_cells_show_a_dash(admin, clock):
    start(title="", seconds=1)
    clock.advance(1)

    response = admin.get(JOBS)

    assert titles(response) == ["–"]  # noqa: RUF001 (an en dash)
    assert '<td class="field-time_left">–</td>' in response.text  # noqa: RUF001 (an en dash)


@pytest.mark.parametrize(("seconds", "status"), [(9.999, "pending"), (10, "completed")])
def test_status_changes_at_the_instant_of_the_end(admin, clock, seconds, status):
    start(seconds=10)
    clock.advance(seconds)

    response = admin.get(JOBS)

    assert f"badge-{status}" in response.text


def test_list_shows_the_newest_first(admin, clock):
    for title in ("first", "second"):
        start(title=title)

    response = admin.get(JOBS)

    assert titles(response) == ["second", "first"]


@pytest.mark.parametrize("path", [JOBS, f"{JOBS}?status=pending&age=day"])
def test_list_needs_as_many_queries_for_three_jobs_as_for_one(admin, clock, path):
    counts = []
    for jobs in (1, 2):
        for _ in range(jobs):
            start()
        with CaptureQueriesContext(connection) as captured:
            admin.get(path)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_list_reads_the_clock_once(admin, clock, monkeypatch):
    start()
    start()
    now = Mock(side_effect=clock)
    replace_clock(monkeypatch, now)

    admin.get(f"{JOBS}?status=pending")

    assert now.call_count == 1


@pytest.mark.parametrize("query", ["id", "short_id", "alk", "example.com/t"])
def test_search_finds_by_id_title_and_url(admin, clock, query):
    job = start()
    other = start(title="Other")
    Job.objects.filter(pk=job.pk).update(video_url="https://example.com/t.mp4")
    ids = {"id": job.public_id, "short_id": job.short_id}

    response = admin.get(JOBS, {"q": ids.get(query, query)})

    assert titles(response) == ["Talk"]
    assert other.short_id not in response.text


def test_search_finds_by_the_id_that_heygens_api_shows(admin, clock):
    start(title="other")
    job = start(title="wanted")

    response = admin.get(JOBS, {"q": f"{job.public_id}-es"})

    assert titles(response) == ["wanted"]


def test_search_counts_the_first_words_only(admin, clock):
    start(title="a " * 20)

    response = admin.get(JOBS, {"q": "a " * 20 + "b " * 1500})

    assert titles(response) == ["a " * 20]
    assert "Only the first 20 words of the search count." in response.text


def test_search_of_many_quotes_and_blanks_responds(admin, clock):
    start()

    response = admin.get(JOBS, {"q": "' \" " * 1000})

    assert response.status_code == 200
