"""A job that is not simulated: it has no plan, and its engine need not know its end."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import Api, SetClock
from tests.starting import page_of, timeline_of
from vid_trans_api.engines import CannotUpdate, JobUpdate
from vid_trans_api.models import Job, JobFacts, Workspace
from vid_trans_api.operations import finish_job, run_again, update_job
from vid_trans_api.snapshots import Failure, Status


@pytest.fixture
def job(db: None, clock: SetClock) -> Job:
    """Return a pending job without a plan, whose end is unknown."""
    workspace = Workspace.objects.stored("")
    facts = JobFacts(started_at=clock())
    return Job.objects.add(
        workspace=workspace, now=clock(), facts=facts, title="Real", video_url=""
    )


def end_of(job: Job, clock: SetClock, outcome: Status, failure: Failure | None = None) -> None:
    """End the job as an engine does when the work is done."""
    job.set_facts(
        JobFacts(started_at=job.started_at, finishes_at=clock(), outcome=outcome, failure=failure)
    )


def test_pending_job_is_reported_without_an_estimate(api: Api, job: Job, clock: SetClock) -> None:
    clock.advance(50)

    response = api.get(f"/jobs/{job.public_id}")

    assert response["Retry-After"] == "10"
    assert response.json() == {
        "id": job.public_id,
        "status": "pending",
        "progress": None,
        "estimated_time_remaining": None,
        "estimated_time_remaining_range": None,
        "title": "Real",
        "video_url": None,
        "target_language": "Spanish",
        "created_at": "2026-01-01T00:00:00.000000Z",
        "finished_at": None,
        "result_url": None,
        "error": None,
    }


def test_job_is_completed_once_its_end_is_stored(api: Api, job: Job, clock: SetClock) -> None:
    clock.advance(50)
    end_of(job, clock, Status.COMPLETED)

    document = api.job(job.public_id)

    assert (document["status"], document["progress"], document["finished_at"]) == (
        "completed",
        1.0,
        "2026-01-01T00:00:50.000000Z",
    )


def test_failed_job_reports_its_failure(api: Api, job: Job, clock: SetClock) -> None:
    failure = Failure(code="no_audio", message="There is no audio.", retryable=False)
    end_of(job, clock, Status.ERROR, failure)

    document = api.job(job.public_id)

    assert (document["status"], document["progress"]) == ("error", None)
    assert document["error"] == failure.to_json()


@pytest.mark.parametrize("query", ["", "?status=pending", "?ids=ID"])
def test_job_is_listed(api: Api, job: Job, query: str) -> None:
    page = api.get(f"/jobs{query.replace('ID', job.public_id)}").json()

    assert [document["id"] for document in page["results"]] == [job.public_id]


def test_job_can_be_canceled(api: Api, job: Job, clock: SetClock) -> None:
    clock.advance(5)

    document = api.post(f"/jobs/{job.public_id}/cancel").json()

    job.refresh_from_db()
    assert (document["status"], document["error"]["code"]) == ("error", "canceled")
    assert job.canceled_at == clock()


def test_update_is_refused(api: Api, job: Job) -> None:
    response = api.patch(f"/simulation/jobs/{job.public_id}", {"finish": "now"})

    assert (response.status_code, response.json()["detail"]) == (409, "The job is not simulated.")


def test_engine_cannot_finish_it(job: Job) -> None:
    with pytest.raises(CannotUpdate):
        finish_job(job)
    with pytest.raises(CannotUpdate):
        update_job(job, JobUpdate(duration=5))


def test_simulated_job_has_no_plan(api: Api, job: Job) -> None:
    document = api.get(f"/simulation/jobs/{job.public_id}").json()

    assert (document["status"], document["ends_at"], document["plan"]) == ("pending", None, None)


def test_report_judges_its_client(api: Api, job: Job, clock: SetClock) -> None:
    api.get(f"/jobs/{job.public_id}")
    end_of(job, clock, Status.COMPLETED)
    clock.advance(3)
    api.get(f"/jobs/{job.public_id}")

    report = api.get("/simulation/report").json()
    of_job = api.get(f"/simulation/jobs/{job.public_id}").json()

    assert (report["verdict"]["polls"], report["scenarios"]) == (2, [])
    assert (of_job["verdict"]["noticed_after"], of_job["verdict"]["clean"]) == (3, True)


def test_job_run_again_gets_a_plan(job: Job) -> None:
    again = run_again(job)

    assert (again.title, again.plan is None) == ("Real", False)


@pytest.mark.parametrize("has_ended", [False, True])
def test_pages_show_it(browser: Client, job: Job, clock: SetClock, *, has_ended: bool) -> None:
    if has_ended:
        end_of(job, clock, Status.COMPLETED)

    pages = [browser.get(path) for path in ("/", page_of(job), timeline_of(job))]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [page for page in pages if "Real" not in page.text] == []


@pytest.mark.parametrize("has_ended", [False, True])
def test_admin_shows_it(staff: Client, job: Job, clock: SetClock, *, has_ended: bool) -> None:
    User.objects.update(is_superuser=True)
    if has_ended:
        end_of(job, clock, Status.COMPLETED)

    jobs = staff.get("/admin/vid_trans_api/job/")
    details = staff.get(f"/admin/vid_trans_api/job/{job.pk}/change/")

    assert (jobs.status_code, details.status_code) == (200, 200)
    assert "Real" in jobs.text
    assert "Real" in details.text


def test_admin_says_that_it_cannot_be_finished(staff: Client, job: Job) -> None:
    User.objects.update(is_superuser=True)

    response = staff.post(
        "/admin/vid_trans_api/job/",
        {"action": "finish", "_selected_action": [str(job.pk)]},
        follow=True,
    )

    job.refresh_from_db()
    assert job.finishes_at is None
    assert "Real: The job is not simulated." in response.text
