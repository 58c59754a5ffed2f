"""The list of jobs."""

import pytest

from tests.starting import found, shown_titles, start
from vid_trans_api.http.parsing import cursor_after
from vid_trans_api.models import Job

pytestmark = pytest.mark.django_db


def test_empty_list_shows_how_to_create_a_job(browser):
    response = browser.get("/")

    assert response.status_code == 200
    assert "curl -X POST http://testserver/vid_trans_api/jobs" in response.text


def test_list_shows_the_newest_first(browser, clock):
    for title in ("first", "second"):
        start(title=title)

    response = browser.get("/")

    assert shown_titles(response) == ["second", "first"]


def test_long_list_links_to_older_jobs(browser, clock):
    for number in range(27):
        start(title=f"Job {number}")
    first = browser.get("/")

    second = browser.get(found(r'href="([^"]+)" rel="next"', first))

    assert shown_titles(first) == [f"Job {number}" for number in range(26, 1, -1)]
    assert shown_titles(second) == ["Job 1", "Job 0"]
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize(("status", "titles"), [("completed", ["soon"]), ("pending", ["later"])])
def test_status_filter_shows_jobs_of_that_status(browser, clock, status, titles):
    start(title="soon", seconds=1)
    start(title="later", seconds=9)
    clock.advance(1)

    response = browser.get("/", {"status": status})

    assert shown_titles(response) == titles


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"status": "pending"}, "No pending jobs."),
        ({"status": "error"}, "No jobs with an error."),
        ({"target_language": "French"}, "No jobs in French."),
        ({"status": "completed", "target_language": "French"}, "No completed jobs in French."),
        ({"cursor": cursor_after(1)}, "No older jobs."),
    ],
)
def test_filter_without_matches_says_so(browser, query, sentence):
    response = browser.get("/", query)

    assert f'<p class="empty panel">{sentence} <a href="/">Show all</a></p>' in response.text


def test_filter_without_matches_links_staff_to_the_workspace(staff, clock):
    number = start().workspace_id

    response = staff.get("/", {"workspace": number, "status": "completed"})

    assert f'No completed jobs. <a href="/?workspace={number}">Show all</a>' in response.text


def test_unknown_status_is_an_error_page(browser):
    response = browser.get("/?status=done")

    assert response.status_code == 400
    assert "status: &#x27;done&#x27; is not a status" in response.text


@pytest.mark.parametrize("query", ["foo=5", "limit=5", "ids=abc"])
def test_unknown_parameter_is_an_error_page_that_names_it(browser, query):
    shown, created = browser.get(f"/?{query}"), browser.post(f"/?{query}", {})

    assert (shown.status_code, created.status_code) == (400, 400)
    assert (
        f"{query.partition('=')[0]}: Unknown query parameter;"
        " known query parameters: status, target_language, cursor, workspace, paused, form,"
        " started, fault."
    ) in shown.text
    assert not Job.objects.exists()


def test_all_known_parameters_are_accepted_together(staff, clock):
    jobs = [start() for _ in range(2)]
    query = {
        "status": "pending",
        "target_language": "Spanish",
        "cursor": cursor_after(jobs[1].number),
        "workspace": jobs[0].workspace_id,
        "paused": 1,
        "form": "title=Talk",
        "started": jobs[0].public_id,
        "fault": "garbage",
    }

    response = staff.get("/", query)

    assert response.status_code == 200
    assert shown_titles(response) == ["Talk"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_list_needs_two_queries_for_any_number_of_jobs(
    browser, clock, jobs, django_assert_num_queries
):
    for _ in range(jobs):
        start()

    with django_assert_num_queries(2):
        browser.get("/")
