"""What is logged as reported: what the client could read about jobs in a response."""

from typing import Any

import pytest

from tests.conftest import API, Api, SetClock
from tests.journal.reports import judged_job, logged_values, verdict_on


def test_status_and_estimate_of_a_job_are_logged(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed", estimate="exact")["id"]
    clock.advance(4)
    api.job(job_id)
    clock.advance(7)
    api.job(job_id)

    reported = [
        (each["status"], each["estimated_time_remaining"])
        for ((each,),) in logged_values(api, "reported")
    ]

    assert reported == [("pending", 10), ("pending", 6), ("completed", None)]
    assert logged_values(api, "retry_after") == [(10,), (6,), (None,)]


@pytest.mark.parametrize(
    ("fault", "status"), [("garbage", 200), ("empty", 200), ("html", 502), (404, 404), (503, 503)]
)
def test_unreadable_response_reports_nothing(api: Api, fault: Any, status: int) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": fault}])["id"]
    api.get(f"/jobs/{job_id}")

    logged = logged_values(api, "operation", "jobs", "status", "reported", "fault")

    assert logged[1] == ("status", [job_id], status, [], str(fault))


def test_false_status_is_logged_as_it_was_reported(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": fault, "times": 1} for fault in ("stale", "unknown-status")]
    job_id = api.create(duration=10, outcome="completed", faults=faults)["id"]
    clock.advance(12)
    api.job(job_id)
    api.job(job_id)

    logged = logged_values(api, "fault", "reported")[1:]

    assert [(fault, reported[0]["status"]) for fault, reported in logged] == [
        ("stale", "pending"),
        ("unknown-status", "unknown"),
    ]


def test_replayed_creation_reports_the_first_job(api: Api) -> None:
    first = api.post("/jobs", {}, **{"Idempotency-Key": "one"}).json()
    api.post("/jobs", {}, **{"Idempotency-Key": "one"})

    logged = logged_values(api, "jobs", "status", "reported")

    assert logged == [([first["id"]], 202, logged[0][2])] * 2
    assert logged[0][2][0]["status"] == "pending"


def test_replay_with_a_simulated_status_reports_it_as_unknown(api: Api) -> None:
    faults = [{"on": "create", "fault": "unknown-status", "after": 1}]
    api.patch("/simulation/defaults", {"faults": faults})
    for _ in range(2):
        api.post("/jobs", {}, **{"Idempotency-Key": "one"})

    statuses = [reported[0]["status"] for (reported,) in logged_values(api, "reported")]

    assert statuses == ["pending", "unknown"]


def test_refused_idempotency_key_reports_nothing(api: Api) -> None:
    for title in ("one", "other"):
        api.post("/jobs", {"title": title}, **{"Idempotency-Key": "one"})

    logged = logged_values(api, "status", "reported")

    assert [(status, len(reported)) for status, reported in logged] == [(202, 1), (422, 0)]


def test_response_without_a_body_reports_nothing(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for path in (f"/jobs/{job_id}", "/jobs"):
        api.client.head(API + path)
        clock.advance(1)
    api.job(job_id)

    assert logged_values(api, "operation", "reported")[1:3] == [("status", []), ("list", [])]
    assert verdict_on(api, job_id)["violations"] == []


def test_poll_of_many_jobs_is_about_each_of_them(api: Api, clock: SetClock) -> None:
    first, second = (api.create(duration=10, outcome="completed")["id"] for _ in range(2))
    clock.advance(4)
    api.get(f"/jobs?ids={first},{second}")
    clock.advance(4)
    api.get(f"/jobs?ids={first.upper()},{second}")  # ids are case-sensitive
    clock.advance(4)
    faults = [{"on": "status", "fault": "garbage", "times": 1}]
    api.patch("/simulation/defaults", {"faults": faults})
    api.get(f"/jobs?ids={second},{first}")
    api.get(f"/jobs?ids={second},{first}")

    polls = [
        [(poll["reported"], poll["retry"]) for poll in judged_job(api, job_id)["polls"]]
        for job_id in (first, second)
    ]

    unreadable_and_retry = [(None, False), ("completed", True)]
    assert polls == [
        [("pending", False), *unreadable_and_retry],
        [("pending", False), ("pending", False), *unreadable_and_retry],
    ]
    assert verdict_on(api, first)["noticed_after"] == 2
