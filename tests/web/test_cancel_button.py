"""The cancel button."""

import pytest

from tests.starting import page_of, start
from vid_trans_api.snapshots import CANCELED, Status

pytestmark = pytest.mark.django_db


def test_cancel_ends_the_job_and_redirects_back(browser, clock):
    job = start()

    response = browser.post(f"/jobs/{job.public_id}/cancel", {"next": "/?status=pending"})

    job.refresh_from_db()
    assert job.at(clock()).failure == CANCELED
    assert response["Location"] == "/?status=pending"


def test_canceled_job_is_shown_as_canceled(browser, clock):
    job = start()
    browser.post(f"/jobs/{job.public_id}/cancel")

    response = browser.get(page_of(job))

    assert "<b>Canceled</b>" in response.text


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
