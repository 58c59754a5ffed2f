"""The admin's page of one job."""

import re

import pytest

from tests.admin.conftest import JOBS, details_of, run_action
from tests.starting import start, timeline_of
from vid_trans_api.models import Job
from vid_trans_api.simulation.options import EstimateQuality, Outcome
from vid_trans_api.simulation.webhook_faults import WebhookFault, WebhookRule
from vid_trans_api.snapshots import Failure

pytestmark = pytest.mark.django_db


def test_job_shows_its_status_its_timeline_and_its_plan(admin, clock):
    failure = Failure(code="no_luck", message="No luck.", retryable=True)
    job = start(
        seconds=100,
        outcome=Outcome.ERROR,
        failure=failure,
        estimate=EstimateQuality(noise=0, bias=2),
        webhooks=(
            WebhookRule(fault=WebhookFault.DUPLICATE, times=2),
            WebhookRule(fault=WebhookFault.LATE, seconds=30),
            WebhookRule(fault=WebhookFault.SLOW, seconds=5),
            WebhookRule(fault=WebhookFault.LOST),
        ),
        seed=7,
    )
    clock.advance(60)

    response = admin.get(details_of(job))

    shown = re.findall(r'<div class="readonly">(.*?)</div>', response.text, re.DOTALL)
    created = f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC"
    assert shown[5].strip() == '<span class="badge badge-pending">Pending</span>'
    assert shown[8:] == [
        "–",  # noqa: RUF001 (an en dash)
        f"{created}, 60 s ago",
        f"{job.finishes_at:%Y-%m-%d %H:%M:%S} UTC, in 40 s",
        "100.0 s",
        f'<a href="{timeline_of(job)}">Timeline</a>',
        "–",  # noqa: RUF001 (an en dash)
        "error",
        "100.0 s",
        "no_luck: No luck. Retrying may help.",
        "converging, noise 0, bias 2; first estimate 200.0 s",
        "–",  # noqa: RUF001 (an en dash)
        "duplicate, 2 times; late, by 30 s; slow, over 5 s; lost",
        "7",
    ]


def test_stuck_job_never_ends(admin, clock):
    job = start(outcome=Outcome.STUCK)

    response = admin.get(details_of(job))

    assert "never" in response.text
    assert "forever" in response.text


def test_job_without_a_plan_is_shown(admin, clock):
    job = start()
    Job.objects.filter(pk=job.pk).update(plan=None)

    response = admin.get(details_of(job))

    assert response.status_code == 200
    assert "badge-pending" in response.text


def test_job_links_to_its_public_page(admin, clock):
    job = start()

    response = admin.get(details_of(job))

    assert f'href="/jobs/{job.public_id}"' in response.text


def test_job_cannot_be_added(admin):
    response = admin.get(f"{JOBS}add/")

    assert response.status_code == 403


def test_job_cannot_be_edited(admin, clock):
    job = start()

    response = admin.post(details_of(job), {"title": "New"})

    job.refresh_from_db()
    assert (response.status_code, job.title) == (403, "Talk")


def test_job_can_be_deleted(admin, clock):
    job = start()

    admin.post(f"{JOBS}{job.number}/delete/", {"post": "yes"})

    assert not Job.objects.exists()


def test_history_shows_what_staff_did(admin, clock):
    job = start()
    run_action(admin, "cancel", job)

    response = admin.get(f"{JOBS}{job.number}/history/")

    assert response.status_code == 200
    assert "Canceled." in response.text


def test_canceled_job_is_shown_as_canceled_without_advice(admin, clock):
    job = start()
    run_action(admin, "cancel", job)

    responses = [admin.get(JOBS), admin.get(details_of(job))]

    assert ["badge-canceled" in each.text for each in responses] == [True, True]
    assert ["Retrying" in each.text for each in responses] == [False, False]
