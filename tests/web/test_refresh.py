"""When pages refresh themselves, with and without JavaScript."""

import pytest
from django.http import HttpResponse

from tests.starting import found, page_of, start
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

    assert reload_interval(response) == "10"


def test_list_without_pending_jobs_refreshes_only_with_javascript(browser, clock):
    start(seconds=1)
    clock.advance(1)

    response = browser.get("/")

    assert response["Retry-After"] == "10"
    assert reload_interval(response) is None


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


def test_ended_job_does_not_refresh(browser, clock):
    job = start(seconds=10)
    clock.advance(60)

    response = browser.get(page_of(job))

    assert "Retry-After" not in response
    assert "live.js" not in response.text
    assert reload_interval(response) is None
