"""Which requests are logged, and what the log says they were about."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Api, SetClock
from tests.journal.reports import (
    clean_and_complete,
    judged_job,
    logged_values,
    recording,
    report,
    verdict_on,
)
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Workspace


def test_requests_are_logged_in_order(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for path in (f"/jobs/{job_id}", f"/jobs?ids={job_id}", f"/status?job_id={job_id}", "/status"):
        api.get(path)
    api.get("/jobs")
    api.get(f"/jobs/{job_id}/result")
    api.post(f"/jobs/{job_id}/cancel")
    api.delete(f"/jobs/{job_id}")

    assert logged_values(api, "operation", "status", "jobs") == [
        ("create", 202, [job_id]),
        *[("status", 200, [job_id])] * 4,
        ("list", 200, [job_id]),
        ("result", 200, [job_id]),
        ("cancel", 409, [job_id]),
        ("delete", 204, [job_id]),
    ]


@pytest.mark.parametrize(
    ("method", "path", "document", "expected"),
    [
        ("get", "/jobs/none", None, ("status", 404, ["none"])),
        ("get", f"/jobs/{'x' * 33}", None, ("status", 404, ["xxxxxxxx…11ba55a3a7c1ee0f8eb8867"])),
        ("get", "/jobs/none?wait=1", None, ("status", 400, ["none"])),
        ("get", "/status", None, ("status", 404, [])),
        ("get", "/jobs?limit=x", None, ("list", 400, [])),
        ("get", "/jobs?ids=a,b", None, ("status", 200, ["a", "b"])),
        ("post", "/jobs", {"titel": ""}, ("create", 400, [])),
    ],
)
def test_refused_requests_are_logged(
    api: Api, method: str, path: str, document: Any, expected: tuple[Any, ...]
) -> None:
    Workspace.objects.stored("")

    getattr(api, method)(path, *([] if document is None else [document]))

    assert logged_values(api, "operation", "status", "jobs") == [expected]


def test_requests_that_do_nothing_with_jobs_are_not_logged(api: Api, settings: Any) -> None:
    Workspace.objects.stored("")
    for path in ("/health", "/schema", "/docs", "/simulation/clock", "/simulation/report", "/no"):
        api.get(path)
    api.patch("/jobs", {})

    assert logged_values(api, "operation") == []


def test_requests_without_a_valid_key_are_not_logged(api: Api, settings: Any) -> None:
    Workspace.objects.stored("")
    settings.API_KEYS = ["good"]
    api.get("/jobs")
    api.get("/jobs", **{"X-Api-Key": "bad"})
    settings.API_KEYS = []

    assert logged_values(api, "operation") == []


def test_workspace_has_its_own_requests_only(api: Api) -> None:
    another = {"X-Api-Key": "another"}
    api.create()
    api.post("/jobs", {}, **another)
    api.get("/jobs", **another)

    reports = [report(api), report(api, **another)]

    assert [[each["operation"] for each in one["requests"]] for one in reports] == [
        ["create"],
        ["create", "list"],
    ]


def test_too_long_ids_are_logged_as_different_jobs(api: Api, clock: SetClock) -> None:
    api.create()
    for _ in range(5):
        api.get(f"/jobs/{uuid4()}")

    verdict = report(api)["verdict"]

    assert (verdict["polls"], verdict["violations"]) == (5, [])


def test_request_is_logged_once(api: Api) -> None:
    Workspace.objects.stored("")
    twice = recording()

    journal.record(twice, is_delivered=True)
    journal.record(twice, is_delivered=False)

    assert logged_values(api, "delivered") == [(True,)]


def test_workspace_that_is_not_stored_has_no_log(api: Api) -> None:
    api.get("/jobs")

    assert logged_values(api) == []
    assert not Workspace.objects.exists()


@pytest.mark.parametrize(("name", "value"), [("JOURNAL_LENGTH", 0), ("SIMULATION", False)])
def test_nothing_is_logged_if_the_journal_is_off(
    api: Api, settings: Any, name: str, value: Any
) -> None:
    settings_on = getattr(settings, name)
    setattr(settings, name, value)
    job_id = api.post("/jobs").json()["id"]
    api.job(job_id)
    setattr(settings, name, settings_on)

    assert logged_values(api) == []
    assert judged_job(api, job_id)["polls"] == []


def test_verdict_is_incomplete_if_the_journal_is_off(api: Api, settings: Any) -> None:
    settings.JOURNAL_LENGTH = 0
    job_id = api.create()["id"]

    verdicts = [verdict_on(api, job_id), report(api)["verdict"]]

    assert [clean_and_complete(each) for each in verdicts] == [(None, False)] * 2
