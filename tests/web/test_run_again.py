"""The button that runs a job again."""

import pytest

from tests.starting import page_of, start
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.simulation.rate_limits import RateLimit

pytestmark = pytest.mark.django_db


def test_run_again_creates_the_same_job_and_shows_it(browser, clock):
    job = start(seconds=30, outcome=Outcome.ERROR, seed=7)
    clock.advance(60)

    response = browser.post(f"/jobs/{job.public_id}/again")

    copy = Job.objects.newest_first()[0]
    assert copy.pk != job.pk
    assert (copy.title, copy.plan, copy.created_at) == (job.title, job.plan, clock())
    assert response["Location"] == page_of(copy)


def test_job_page_has_the_button(browser, clock):
    job = start()

    response = browser.get(page_of(job))

    assert f'action="/jobs/{job.public_id}/again"' in response.text


def test_run_again_of_another_workspaces_job_is_not_found(browser, clock):
    job = start(key="secret")

    response = browser.post(f"/jobs/{job.public_id}/again")

    assert (response.status_code, Job.objects.count()) == (404, 1)


def test_rate_limit_applies_to_run_again(browser, clock):
    job = start()
    job.workspace.set_defaults(rate_limit=RateLimit.parse("1/h"))
    browser.post(f"/jobs/{job.public_id}/again")

    response = browser.post(f"/jobs/{job.public_id}/again")

    assert response.status_code == 400
    assert "This workspace admits 1/h requests" in response.text
    assert Job.objects.count() == 2


def test_run_again_says_that_no_requests_are_left(browser, clock):
    job = start()
    job.workspace.set_defaults(requests_left=0)

    response = browser.post(f"/jobs/{job.public_id}/again")

    assert response.status_code == 410
    assert "This workspace has no requests left" in response.text
    assert Job.objects.count() == 1


def test_get_creates_nothing(browser, clock):
    job = start()

    response = browser.get(f"/jobs/{job.public_id}/again")

    assert (response.status_code, Job.objects.count()) == (405, 1)
