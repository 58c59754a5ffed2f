"""The video of a completed job."""

import pytest

from tests.starting import start
from vid_trans_api.simulation.clip import CLIP

pytestmark = pytest.mark.django_db


def test_completed_job_has_a_video(browser, clock):
    job = start(seconds=10)
    clock.advance(10)

    response = browser.get(f"/jobs/{job.public_id}/result")

    assert response["Content-Type"] == "video/mp4"
    assert response.content == CLIP


def test_pending_job_has_no_video(browser, clock):
    job = start(seconds=10)

    response = browser.get(f"/jobs/{job.public_id}/result")

    assert response.status_code == 404
