"""Which clients are flagged because they stopped polling a job before its end."""

from collections.abc import Collection
from typing import Any

import pytest

from tests.conftest import Api, SetClock
from tests.journal.logged import END, at, creation, failed, judged, poll
from tests.journal.reports import judged_job, report, verdict_on
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.reported import Reported
from vid_trans_api.journal.unnoticed import LONGEST_PAUSE, LookUp, PolledJob, PolledJobs
from vid_trans_api.journal.violations import Violation, ViolationKind
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

LONG_AFTER = END + LONGEST_PAUSE + 0.001


def looked_up(
    *, now: float = LONG_AFTER, evicted_until: float | None = None, **facts: Any
) -> LookUp:
    """Return a function that finds the jobs "a" and "b" with these facts."""
    usual: dict[str, Any] = {
        "created_at": at(0),
        "finishes_at": at(END),
        "canceled_at": None,
        "outcome": "completed",
    }

    def look_up(jobs: Collection[str]) -> PolledJobs:
        return PolledJobs(
            jobs=[PolledJob(job=job, **usual | facts) for job in sorted(jobs) if job in "ab"],
            now=at(now),
            evicted_until=None if evicted_until is None else at(evicted_until),
        )

    return look_up


def flagged(*requests: LoggedRequest, **known: Any) -> list[Violation]:
    """Return the violations of a client whose job "a" ended at `END`."""
    violations = judged(requests, look_up=looked_up(**known)).violations
    return [each for each in violations if each.kind is ViolationKind.NEVER_NOTICED]


def test_last_poll_before_the_end_is_flagged() -> None:
    requests = creation(0, job="a", number=1), poll(1, number=2), poll(3, number=3)

    assert flagged(*requests) == [
        Violation(
            kind=ViolationKind.NEVER_NOTICED,
            request=3,
            at=at(3),
            detail="The client polled last 3.00 s after the job's creation. The job ended"
            " (completed) after 10.00 s, and no response that the client could read reported that.",
            job="a",
        )
    ]


@pytest.mark.parametrize(
    "last",
    [
        failed(12),
        poll(12, reported={}, is_readable=False, fault="truncate"),
        poll(12, reported={}, status=None, is_readable=False, fault="lost-response"),
        poll(12, reported={}, is_readable=False, fault="masked-error"),
        poll(12, reported={"a": Reported(status="pending")}, fault="stale"),
        poll(12, reported={"a": Reported(status="unknown")}, fault="unknown-status"),
    ],
    ids=["503", "truncate", "lost-response", "masked-error", "stale", "unknown-status"],
)
def test_poll_after_the_end_that_did_not_report_it_is_flagged(last: LoggedRequest) -> None:
    assert [each.at for each in flagged(poll(5), last)] == [at(12)]


@pytest.mark.parametrize(
    "noticing",
    [
        poll(11),
        poll(11, operation=Operation.LIST),
        poll(11, operation=Operation.RESULT, reported={}),
    ],
    ids=["status", "list", "result"],
)
def test_end_that_a_response_showed_is_noticed(noticing: LoggedRequest) -> None:
    assert flagged(poll(5), noticing, failed(12)) == []


def test_refused_result_shows_no_end() -> None:
    refused = poll(9, operation=Operation.RESULT, reported={}, status=409)

    assert [each.at for each in flagged(poll(5), refused)] == [at(5)]


def test_job_that_was_never_polled_is_not_flagged() -> None:
    assert flagged(creation(0, job="a"), poll(5, operation=Operation.LIST)) == []


@pytest.mark.parametrize(
    "known",
    [
        {"now": END + LONGEST_PAUSE},
        {"finishes_at": None},
        {"canceled_at": at(END)},
        {"evicted_until": END},
    ],
    ids=["ended just now", "never ends", "canceled", "evicted"],
)
def test_client_that_may_know_is_not_flagged(known: dict[str, Any]) -> None:
    assert flagged(poll(5), **known) == []


def test_requests_evicted_before_the_end_do_not_matter() -> None:
    assert len(flagged(poll(5), evicted_until=END - 1)) == 1


def test_deleted_job_is_not_flagged() -> None:
    assert flagged(poll(5, jobs=("deleted",), reported={})) == []


def test_each_job_of_a_request_is_flagged() -> None:
    pending = {job: Reported(status="pending") for job in "ab"}
    both = poll(5, jobs=("a", "b"), reported=pending)

    assert [each.job for each in flagged(both)] == ["a", "b"]
    assert [each.job for each in flagged(both, poll(11))] == ["b"]


def stopped(api: Api, clock: SetClock, *, seconds: float, **simulation: Any) -> Any:
    """Create a job of 10 s, poll it once, and let so many seconds pass; return its id."""
    job_id = api.create(**{"duration": 10, "outcome": "completed", **simulation})["id"]
    clock.advance(1)
    api.job(job_id)
    clock.advance(seconds)
    return job_id


def test_both_reports_flag_the_last_poll(api: Api, clock: SetClock) -> None:
    job_id = stopped(api, clock, seconds=70)

    of_job, of_workspace = judged_job(api, job_id), report(api)

    assert of_job["verdict"]["violations"] == of_workspace["verdict"]["violations"]
    (violation,) = of_job["verdict"]["violations"]
    assert (violation["kind"], violation["job"]) == ("never-noticed", job_id)
    assert violation["request"] == of_job["polls"][-1]["number"]
    assert of_job["verdict"]["clean"] is of_workspace["verdict"]["clean"] is False


def test_time_is_the_workspaces(api: Api, clock: SetClock) -> None:
    api.set_clock(freeze=True)
    job_id = stopped(api, clock, seconds=1_000)
    frozen = verdict_on(api, job_id)

    api.set_clock(advance=71)

    assert frozen["violations"] == []
    assert [each["kind"] for each in verdict_on(api, job_id)["violations"]] == ["never-noticed"]


def test_client_that_canceled_or_deleted_is_not_flagged(api: Api, clock: SetClock) -> None:
    canceled, deleted = (stopped(api, clock, seconds=1) for _ in range(2))
    api.post(f"/jobs/{canceled}/cancel")
    api.delete(f"/jobs/{deleted}")
    clock.advance(100)

    assert report(api)["verdict"]["violations"] == []


def test_client_whose_later_polls_are_refused_is_not_flagged(api: Api, clock: SetClock) -> None:
    api.set_defaults(requests_left=2)
    job_id = stopped(api, clock, seconds=70)
    refused = api.get(f"/jobs/{job_id}").status_code

    assert (refused, report(api)["never_gave_up"]) == (410, True)
    assert report(api)["verdict"]["violations"] == []
    assert verdict_on(api, job_id)["violations"] == []


def test_client_is_not_flagged_while_requests_are_unwritten(api: Api, clock: SetClock) -> None:
    job_id = stopped(api, clock, seconds=70)
    journal.flush()

    with journal._writing:  # another thread takes long to write
        verdict = verdict_on(api, job_id)

    assert verdict["violations"] == []
