"""Requests at the same time, each in a thread with its own connection to the database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.threads import run_at_once
from vid_trans_api.models import Job, Workspace
from vid_trans_api.operations import clock as workspace_clock

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(work: Callable[[], Any], *, count: int) -> list[Any]:
    """Do the same work in several threads at once; return what each returned."""
    results = []

    def run(_: int) -> None:
        try:
            results.append(work())
        finally:
            connections.close_all()

    run_at_once(count, run)
    return results


def test_advances_at_the_same_time_all_count(clock: SetClock) -> None:
    Workspace.objects.stored("")

    def advance_20_times() -> None:
        for _ in range(20):
            workspace_clock.advance("", seconds=1)

    in_threads(advance_20_times, count=2)

    workspace = Workspace.objects.get()
    assert workspace.now(clock()) == NEW_YEAR + timedelta(seconds=40)


def test_equal_creations_at_the_same_time_make_one_job(clock: SetClock) -> None:
    Workspace.objects.stored("")

    responses = in_threads(lambda: Api().post("/jobs", **{"Idempotency-Key": "k"}), count=4)

    assert {response.status_code for response in responses} == {202}
    assert len({response.content for response in responses}) == 1
    assert sorted("Idempotent-Replayed" in response for response in responses) == [
        False,
        True,
        True,
        True,
    ]
    assert Job.objects.count() == 1


def test_first_requests_at_the_same_time_share_a_workspace(clock: SetClock) -> None:
    responses = in_threads(lambda: Api().post("/jobs"), count=4)

    assert [response.status_code for response in responses] == [202] * 4
    assert Workspace.objects.count() == 1


def test_rate_limit_admits_no_more_at_the_same_time(clock: SetClock) -> None:
    Workspace.objects.stored("")
    Api().set_defaults(rate_limit="2/h")

    statuses = in_threads(lambda: Api().get("/jobs").status_code, count=4)

    assert sorted(statuses) == [200, 200, 429, 429]


def test_fault_rule_applies_once_at_the_same_time(clock: SetClock) -> None:
    rules = [{"on": "status", "fault": 503, "times": 1}]
    job_id = Api().create(duration=100, faults=rules)["id"]

    statuses = in_threads(lambda: Api().get(f"/jobs/{job_id}").status_code, count=4)

    assert sorted(statuses) == [200, 200, 200, 503]
