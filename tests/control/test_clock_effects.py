"""Everything about a workspace's jobs follows the workspace's clock."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import Api, SetClock


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/ID",
        "/status?job_id=ID",
        "/status",
        "/jobs",
        "/jobs?status=completed",
        "/jobs?ids=ID",
    ],
)
def test_job_has_ended_once_the_clock_was_advanced(api: Api, clock: SetClock, path: str) -> None:
    job_id = api.create(duration=100, outcome="completed")["id"]
    api.set_clock(advance=100)

    document = api.get(path.replace("ID", job_id)).json()

    jobs = document.get("results", [document])
    assert [job["status"] for job in jobs] == ["completed"]


def test_ended_job_has_a_result_and_is_not_pending(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="completed")["id"]
    api.set_clock(advance=100)

    statuses = api.statuses(f"/jobs/{job_id}/result")
    pending = api.get("/jobs?status=pending").json()["results"]
    canceled = api.post(f"/jobs/{job_id}/cancel")

    assert (statuses, pending, canceled.status_code) == ([200], [], 409)


def test_rate_limit_follows_the_workspaces_clock(api: Api, clock: SetClock) -> None:
    api.set_clock(freeze=True)
    api.set_defaults(rate_limit="1/10s")

    statuses = api.statuses("/jobs", 2)
    clock.advance(1000)
    statuses += api.statuses("/jobs")
    api.set_clock(advance=10)
    statuses += api.statuses("/jobs")

    assert statuses == [200, 429, 429, 200]


def test_clock_set_back_frees_the_rate_limit(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/10s")
    api.get("/jobs")

    api.set_clock(freeze="2020-01-01T00:00:00Z")

    assert api.statuses("/jobs") == [200]


def test_earliest_time_works_everywhere(api: Api, staff: Client, clock: SetClock) -> None:
    User.objects.update(is_superuser=True)
    api.set_clock(freeze="1970-01-01T00:00:00Z")
    created = api.post("/jobs", {"simulation": {"duration": 1}}, **{"Idempotency-Key": "k"})
    api.set_clock(speed=100_000)
    clock.advance(1)

    paths = [f"/jobs/{created.json()['id']}", "/jobs", "/status"]
    admin = staff.get("/admin/vid_trans_api/job/?age=week&status=completed")

    assert [status for path in paths for status in api.statuses(path)] == [200] * 3
    assert admin.status_code == 200
