"""The pages: what they show, and what their buttons do."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.starting import found, page_of, shown_titles, start
from vid_trans_api.http.parsing import cursor_after
from vid_trans_api.models import Job
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.simulation.options import EstimateQuality, Outcome, Silence
from vid_trans_api.snapshots import CANCELED, Failure, Status

pytestmark = pytest.mark.django_db

STATUS = "/vid_trans_api/status"


def seconds_to_reload(answer: HttpResponse) -> str | None:
    """Return after how long a browser without JavaScript loads the page again."""
    return found(r'<noscript><meta http-equiv="refresh" content="(\d+)">', answer)


def test_jobs_page_without_jobs_says_how_to_start_one(browser):
    answer = browser.get("/")

    assert answer.status_code == 200
    assert "curl -X POST http://testserver/vid_trans_api/jobs" in answer.text


def test_jobs_page_shows_the_newest_first(browser, clock):
    for title in ("first", "second"):
        start(clock, title=title)

    assert shown_titles(browser.get("/")) == ["second", "first"]


def test_jobs_page_with_more_jobs_than_fit_leads_to_the_older_ones(browser, clock):
    for number in range(27):
        start(clock, title=f"Job {number}")
    first = browser.get("/")

    second = browser.get(found(r'href="([^"]+)" rel="next"', first))

    assert shown_titles(first) == [f"Job {number}" for number in range(26, 1, -1)]
    assert shown_titles(second) == ["Job 1", "Job 0"]
    assert 'rel="next"' not in second.text


def test_jobs_page_of_a_status_shows_those_alone(browser, clock):
    start(clock, title="soon", seconds=1)
    start(clock, title="later", seconds=9)
    clock.advance(1)

    assert shown_titles(browser.get("/?status=completed")) == ["soon"]
    assert shown_titles(browser.get("/?status=pending")) == ["later"]


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
def test_jobs_page_that_leaves_none_says_which(browser, query, sentence):
    answer = browser.get("/", query)

    assert f'<p class="empty panel">{sentence} <a href="/">See all</a></p>' in answer.text


def test_jobs_page_that_leaves_none_leads_staff_to_all_of_the_workspace(staff, clock):
    number = start(clock).workspace_id

    answer = staff.get("/", {"workspace": number, "status": "completed"})

    assert f'No completed jobs. <a href="/?workspace={number}">See all</a>' in answer.text


def test_jobs_page_of_no_status_is_a_page_that_says_so(browser):
    answer = browser.get("/?status=done")

    assert answer.status_code == 400
    assert "&#x27;done&#x27; is not a status" in answer.text


@pytest.mark.parametrize("query", ["foo=5", "limit=5", "ids=abc"])
def test_jobs_page_with_a_parameter_it_does_not_have_says_so(browser, query):
    shown, started = browser.get(f"/?{query}"), browser.post(f"/?{query}", {})

    assert (shown.status_code, started.status_code) == (400, 400)
    assert (
        "Unknown query parameter;"
        " known query parameters: status, target_language, cursor, workspace, still."
    ) in shown.text
    assert not Job.objects.exists()


def test_jobs_page_with_every_parameter_it_has_is_shown(staff, clock):
    jobs = [start(clock) for _ in range(2)]
    query = {
        "status": "pending",
        "target_language": "Spanish",
        "cursor": cursor_after(jobs[1].number),
        "workspace": jobs[0].workspace_id,
        "still": 1,
    }

    answer = staff.get("/", query)

    assert answer.status_code == 200
    assert shown_titles(answer) == ["Talk"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_jobs_page_asks_as_much_for_many_jobs_as_for_one(
    browser, clock, jobs, django_assert_num_queries
):
    for _ in range(jobs):
        start(clock)

    with django_assert_num_queries(2):
        browser.get("/")


def test_pages_look_again_when_the_most_urgent_job_asks_for_it(browser, clock):
    start(clock, seconds=8)
    start(clock, seconds=4)

    answer = browser.get("/")

    assert answer["Retry-After"] == "4"
    assert 'data-refresh="4"' in answer.text
    assert seconds_to_reload(answer) == "4"


def test_pages_look_again_at_a_silent_job_all_the_same(browser, clock):
    start(clock, seconds=4, estimate=Silence.SILENT)

    assert seconds_to_reload(browser.get("/")) == "10"


def test_jobs_page_with_nothing_pending_stands_still_without_javascript(browser, clock):
    start(clock, seconds=1)
    clock.advance(1)

    answer = browser.get("/")

    assert answer["Retry-After"] == "10"
    assert seconds_to_reload(answer) is None


def test_jobs_page_held_still_does_not_reload(browser, clock):
    start(clock)

    assert seconds_to_reload(browser.get("/?still=1")) is None


def test_jobs_page_with_an_error_in_the_form_does_not_reload(browser, clock):
    start(clock)

    assert seconds_to_reload(browser.post("/", {"seed": "x"})) is None


@pytest.mark.parametrize("path", ["/", "/key", "/jobs/x/cancel"])
def test_forms_of_another_site_are_refused(path):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403


def test_job_page_while_pending_shows_progress_and_the_time_left(browser, clock):
    job = start(clock, estimate=EstimateQuality(noise=0.2), seed=1)
    clock.advance(4)
    snapshot = job.at(clock())
    estimate = snapshot.estimate
    assert estimate

    answer = browser.get(page_of(job))

    assert answer.status_code == 200
    assert f'value="{snapshot.progress}"' in answer.text
    assert f"about {estimate.remaining:.0f} s left" in answer.text
    assert f"{estimate.low:.0f}–{estimate.high:.0f} s" in answer.text  # noqa: RUF001 (a dash)
    assert answer["Retry-After"] == str(snapshot.retry_after)


def test_job_page_parts_the_time_left_from_its_range(browser, clock):
    job = start(clock, seconds=60, estimate=EstimateQuality(noise=0.2), seed=1)

    assert 'left</span> <span class="range">' in browser.get(page_of(job)).text


def test_job_page_does_not_give_the_planned_end_away(browser, clock):
    job = start(clock, seconds=4321.5, estimate=EstimateQuality(noise=0.2), seed=1)

    answer = browser.get(page_of(job))

    assert "4321" not in answer.text
    assert f"{job.finishes_at:%H:%M}" not in answer.text


@pytest.mark.parametrize(("seconds", "status"), [(9.999, "pending"), (10, "completed")])
def test_job_page_changes_at_the_instant_of_the_end(browser, clock, seconds, status):
    job = start(clock, seconds=10)
    clock.advance(seconds)

    assert f'data-status="{status}"' in browser.get(page_of(job)).text


def test_job_page_once_completed_plays_the_result_and_stands_still(browser, clock):
    job = start(clock, seconds=10)
    clock.advance(60)

    answer = browser.get(page_of(job))

    assert f'src="/jobs/{job.public_id}/result"' in answer.text
    assert "after 10 s" in answer.text
    assert "Retry-After" not in answer
    assert "live.js" not in answer.text
    assert seconds_to_reload(answer) is None


def test_job_page_once_failed_says_why(browser, clock):
    failure = Failure(code="no_luck", message="No <luck>.", retryable=True)
    job = start(clock, outcome=Outcome.ERROR, failure=failure)
    clock.advance(10)

    answer = browser.get(page_of(job))

    assert "No &lt;luck&gt;." in answer.text
    assert "<code>no_luck</code>" in answer.text


def test_job_page_of_a_stuck_job_knows_no_time_left(browser, clock):
    job = start(clock, outcome=Outcome.STUCK)
    clock.advance(50)

    answer = browser.get(page_of(job))

    assert "time left unknown" in answer.text
    assert answer["Retry-After"] == "10"  # the root of twice the age


def test_job_page_without_an_id_is_that_of_the_newest(browser, clock):
    start(clock, title="first")
    start(clock, title="second")

    assert "<h1>second</h1>" in browser.get(STATUS).text


def test_job_page_of_no_job_is_a_page_that_says_so(browser):
    newest, other = browser.get(STATUS), browser.get(f"{STATUS}?job_id=<b>")

    assert (newest.status_code, other.status_code) == (404, 404)
    assert "There is no job yet." in newest.text
    assert "There is no job &#x27;&lt;b&gt;&#x27; in this workspace." in other.text


def test_job_page_with_a_parameter_it_does_not_have_says_so(browser, clock):
    start(clock)

    answer = browser.get(f"{STATUS}?id=1")

    assert answer.status_code == 400
    assert "Unknown query parameter; known query parameters: job_id." in answer.text


def test_status_for_a_program_is_json(client, clock):
    job = start(clock)

    assert client.get(page_of(job)).json()["id"] == job.public_id


def test_result_page_gives_the_video_once_completed(browser, clock):
    job = start(clock, seconds=10)
    path = f"/jobs/{job.public_id}/result"
    before = browser.get(path)
    clock.advance(10)

    after = browser.get(path)

    assert before.status_code == 404
    assert after["Content-Type"] == "video/mp4"
    assert after.content == CLIP


def test_cancel_button_ends_the_job_and_leads_back(browser, clock):
    job = start(clock)

    answer = browser.post(f"/jobs/{job.public_id}/cancel", {"next": "/?status=pending"})

    job.refresh_from_db()
    assert job.at(clock()).failure == CANCELED
    assert answer["Location"] == "/?status=pending"


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:1"])
def test_cancel_button_leads_nowhere_else(browser, clock, elsewhere):
    job = start(clock)

    answer = browser.post(f"/jobs/{job.public_id}/cancel", {"next": elsewhere})

    assert answer["Location"] == page_of(job)


def test_cancel_button_of_an_ended_job_changes_nothing(browser, clock):
    job = start(clock, seconds=1)
    clock.advance(1)

    answer = browser.post(f"/jobs/{job.public_id}/cancel")

    job.refresh_from_db()
    assert answer["Location"] == page_of(job)
    assert job.at(clock()).status is Status.COMPLETED


def test_pages_allow_no_script_or_style_but_their_own(browser, clock):
    job = start(clock)

    for path in ("/", page_of(job), "/key", f"{STATUS}?job_id=none"):
        answer = browser.get(path)
        policy = answer["Content-Security-Policy"]

        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert not re.search(
            r"<style|<script(?! type=\"module\" src)|\sstyle=|\son\w+=", answer.text
        )
        assert answer["Cache-Control"] == "no-store"
