"""The cancel button."""

import pytest

from tests.starting import page_of, start
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import CANCELED, Failure, Status

pytestmark = pytest.mark.django_db


def test_cancel_ends_the_job_and_redirects_back(browser, clock):
    job = start()

    response = browser.post(f"/jobs/{job.public_id}/cancel", {"next": "/?status=pending"})

    job.refresh_from_db()
    assert job.at(clock()).failure == CANCELED
    assert response["Location"] == "/?status=pending"


@pytest.mark.parametrize("is_list", [True, False], ids=["list", "job"])
def test_canceled_job_is_shown_as_canceled_without_advice(browser, clock, is_list):
    job = start()
    clock.advance(3)
    browser.post(f"/jobs/{job.public_id}/cancel")

    response = browser.get("/" if is_list else page_of(job))

    assert '<span class="badge badge-canceled">Canceled</span>' in response.text
    assert 'class="bar bar-canceled"' in response.text
    assert "canceled after 3 s" in response.text
    assert "The job was canceled." not in response.text
    assert "will not help" not in response.text


def test_failure_that_the_client_calls_canceled_is_an_error(browser, clock):
    failure = Failure(code="canceled", message="No.", retryable=False)
    job = start(seconds=1, outcome=Outcome.ERROR, failure=failure)
    clock.advance(1)

    response = browser.get(page_of(job))

    assert "badge-error" in response.text
    assert "badge-canceled" not in response.text


@pytest.mark.parametrize("path", ["https://example.com/", "//example.com", "javascript:1"])
def test_cancel_never_redirects_to_another_site(browser, clock, path):
    job = start()

    response = browser.post(f"/jobs/{job.public_id}/cancel", {"next": path})

    assert response["Location"] == page_of(job)


def test_cancel_of_an_ended_job_changes_nothing(browser, clock):
    job = start(seconds=1)
    clock.advance(1)

    response = browser.post(f"/jobs/{job.public_id}/cancel")

    job.refresh_from_db()
    assert response["Location"] == page_of(job)
    assert job.at(clock()).status is Status.COMPLETED
