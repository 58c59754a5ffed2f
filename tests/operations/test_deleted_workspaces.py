"""What happens if a workspace is pruned after a request has found it, before it is locked."""

from datetime import timedelta

import pytest

from tests.conftest import Api, SetClock
from tests.deletions import deleted_before_the_lock
from tests.starting import start
from vid_trans_api.journal.reports import report_on_job, report_on_workspace
from vid_trans_api.models import Workspace


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/jobs", 200),
        ("get", "/jobs?ids=ID", 200),
        ("get", "/jobs/ID", 404),
        ("get", "/status", 404),
        ("post", "/jobs", 202),
        ("post", "/simulation/reset", 200),
    ],
)
def test_deleted_workspace_is_like_a_new_one(
    api: Api, clock: SetClock, method: str, path: str, status: int
) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(10)

    with deleted_before_the_lock(Workspace):
        response = getattr(api, method)(path.replace("ID", job_id))

    assert response.status_code == status
    assert response.json().get("results", []) == []


@pytest.mark.parametrize(
    ("method", "path"), [("post", "/jobs/ID/cancel"), ("patch", "/simulation/jobs/ID")]
)
def test_change_in_a_deleted_workspace_finds_no_job(
    api: Api, clock: SetClock, method: str, path: str
) -> None:
    job_id = api.create(duration=10)["id"]

    with deleted_before_the_lock(Workspace):
        response = getattr(api, method)(path.replace("ID", job_id), {})

    assert response.status_code == 404


def test_deleted_workspace_has_no_limits(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/h", faults=[{"on": "list", "fault": 503}])

    with deleted_before_the_lock(Workspace):
        response = api.get("/jobs")

    assert response.status_code == 200


@pytest.mark.django_db
def test_report_on_a_deleted_workspace_is_empty(clock: SetClock) -> None:
    job = start()
    workspace = Workspace.objects.get()
    clock.at += timedelta(days=1)
    Workspace.objects.all().delete()

    assert report_on_workspace(workspace, now=clock.at).request_count == 0
    assert report_on_job(job, now=clock.at).poll_count == 0
