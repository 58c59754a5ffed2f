"""When pages refresh themselves, with and without JavaScript."""

import pytest
from django.http import HttpResponse
from django.utils.html import escape

from tests.starting import found, page_of, start, timeline_of
from vid_trans_api.engines import JobUpdate
from vid_trans_api.models import Job, Workspace
from vid_trans_api.operations import cancel_job, update_job
from vid_trans_api.simulation.options import Outcome, Silence

pytestmark = pytest.mark.django_db


def reload_interval(response: HttpResponse) -> str | None:
    """Return the seconds after which a browser without JavaScript reloads the page."""
    return found(r'<noscript><meta http-equiv="refresh" content="(\d+)">', response)


def test_list_refreshes_at_the_shortest_interval_of_its_jobs(browser, clock):
    start(seconds=8)
    start(seconds=4)

    response = browser.get("/")

    assert response["Retry-After"] == "4"
    assert 'data-refresh="4"' in response.text
    assert reload_interval(response) == "4"


def test_list_with_a_silent_job_refreshes_at_the_idle_interval(browser, clock):
    start(seconds=4, estimate=Silence.SILENT)

    response = browser.get("/")

    assert response["Retry-After"] == "10"


def test_list_without_pending_jobs_shows_new_ones_too(browser, clock):
    start(seconds=1)
    clock.advance(1)

    response = browser.get("/")

    assert response["Retry-After"] == "10"
    assert reload_interval(response) == "4"


def test_paused_list_does_not_reload(browser, clock):
    start()

    response = browser.get("/?paused=1")

    assert reload_interval(response) is None


def test_list_with_a_form_error_does_not_reload(browser, clock):
    start()

    response = browser.post("/", {"seed": "x"})

    assert reload_interval(response) is None


def test_pending_job_refreshes_at_the_jobs_retry_after(browser, clock):
    job = start(seconds=8)
    clock.advance(4)

    response = browser.get(page_of(job))

    assert response["Retry-After"] == str(job.at(clock()).retry_after)


def test_stuck_job_refreshes_at_a_growing_interval(browser, clock):
    job = start(outcome=Outcome.STUCK)
    clock.advance(50)

    response = browser.get(page_of(job))

    assert response["Retry-After"] == "10"  # the square root of twice the age


def test_ended_job_does_not_reload(browser, clock):
    job = start(seconds=10)
    clock.advance(60)

    response = browser.get(page_of(job))

    assert "live.js" in response.text  # it may be deleted
    assert reload_interval(response) is None


def test_newest_job_reloads_after_its_end_too(browser, clock):
    start(seconds=0)

    response = browser.get("/vid_trans_api/status")

    assert reload_interval(response) == "4"


@pytest.fixture(params=["list", "job", "timeline"])
def path(request, clock):
    job = start(seconds=100)
    return {"list": "/", "job": page_of(job), "timeline": timeline_of(job)}[request.param]


def test_page_that_still_holds_is_not_rendered_again(browser, clock, path):
    first = browser.get(path)
    clock.advance(50)

    second = browser.get(path, headers={"If-None-Match": first["ETag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert f'data-etag="{escape(first["ETag"])}"' in first.text


def end(job, clock):
    clock.advance(100)


def cancel(job, clock):
    cancel_job(job)


def update(job, clock):
    update_job(job, JobUpdate(duration=500))


def set_the_clock(job, clock):
    Workspace.objects.locked("").freeze()


def set_defaults(job, clock):
    job.workspace.set_defaults(defaults={"duration": 3})


@pytest.mark.parametrize("change", [end, cancel, update, set_the_clock, set_defaults])
def test_page_is_rendered_again_after_a_change(browser, clock, path, change):
    etag = browser.get(path)["ETag"]

    change(Job.objects.get(), clock)

    assert browser.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_list_is_rendered_again_after_a_creation(browser, clock):
    etag = browser.get("/")["ETag"]

    start()

    assert browser.get("/", headers={"If-None-Match": etag}).status_code == 200


def test_list_is_rendered_again_if_fewer_requests_are_left(browser, api, clock):
    api.set_defaults(requests_left=2)
    etag = browser.get("/")["ETag"]

    api.get("/jobs")

    assert browser.get("/", headers={"If-None-Match": etag}).status_code == 200


def test_timeline_is_rendered_again_after_a_poll(browser, api, clock):
    job = start(seconds=100)
    etag = browser.get(timeline_of(job))["ETag"]

    api.get(f"/jobs/{job.public_id}")

    assert browser.get(timeline_of(job), headers={"If-None-Match": etag}).status_code == 200


def test_page_of_another_workspace_is_rendered_again(browser, clock):
    etag = browser.get("/")["ETag"]

    browser.post("/key", {"key": "secret"})

    assert browser.get("/", headers={"If-None-Match": etag}).status_code == 200
