"""Following many jobs: errors of one do not stop the others."""

import logging

import pytest

from heygen_video_translation.client import (
    AuthenticationFailed,
    Job,
    JobNotFound,
    PollingTimeout,
    ServerUnavailable,
    WaitFailed,
    WaitTimedOut,
)
from tests.client.documents import JobTable, completed, pending, polled_groups
from tests.client.server import Reply


def ends_of(count, *, after=10.0):
    return {f"job-{number}": 1000.0 + after for number in range(count)}


def test_as_completed_yields_jobs_as_they_end(client, server, clock):
    server.script = JobTable(clock, {"slow": 1030.0, "fast": 1005.0, "middle": 1015.0})
    jobs = client.list("as_completed", ["slow", "fast", "middle"])
    assert [job.id for job in jobs] == ["fast", "middle", "slow"]


def test_no_jobs_need_no_requests(client, server):
    assert client.call("wait_for_all", []) == {}
    assert client.list("as_completed", []) == []


def test_finished_and_repeated_jobs_are_not_polled_again(client, server, clock):
    server.script = JobTable(clock, {"done": 0.0, "other": 1001.0})
    done = client.call("get_status", "done")
    outcomes = client.call("wait_for_all", [done, "other", "other"])
    assert list(outcomes) == ["done", "other"]
    assert all("done" not in request.path for request in server.requests[1:])


def test_on_update_gets_every_response_about_every_job(client, server, clock):
    seen: list[Job] = []
    server.script = JobTable(clock, {"a": 1003.0, "b": 1003.0})
    client.call("wait_for_all", ["a", "b"], on_update=seen.append)
    assert [job.id for job in seen if job.is_finished] == ["a", "b"]
    assert all(job.next_poll for job in seen if not job.is_finished)


def test_on_update_gets_pending_and_finished_jobs(client, server):
    shown = []
    server.script = [
        Reply(data={"results": [pending("a"), pending("b")], "not_found": []}),
        Reply(data={"results": [completed("a"), completed("b")], "not_found": []}),
    ]
    client.call("wait_for_all", ["a", "b"], on_update=lambda job: shown.append(job.status))
    assert shown == ["pending", "pending", "completed", "completed"]


def test_time_to_the_first_poll_of_each_job_is_logged(client, server, clock, caplog):
    server.script = [Reply(202, pending(n, estimated_time_remaining=9.0)) for n in ("a", "b")]
    jobs = [client.call("create_job") for _ in range(2)]
    server.script = JobTable(clock, {"a": 1009.0, "b": 1009.0})
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_all", jobs)
    waits = [line.partition("; next poll in ")[::2] for line in caplog.messages[:2]]
    assert [shown for shown, _ in waits] == [f"job {n} pending, 9.0 s left" for n in ("a", "b")]
    assert {why for _, why in waits} == {f"{clock.slept[0]:.2f} s: 4.74 to 17.1 s expected"}


def test_job_with_a_retry_after_past_the_deadline_is_polled_there(client, server, clock):
    server.script = [Reply(202, pending(), {"Retry-After": "30"})]
    job = client.call("create_job")
    server.script = JobTable(clock, {"a": 1019.0, "b": 1001.0})
    outcomes = client.call("wait_for_all", [job, "b"], timeout=20)
    assert [outcome.status for outcome in outcomes.values()] == ["completed", "completed"]
    assert [at for at, ids in polled_groups(server) if ids == ["a"]] == [1020.0]


def test_long_polls_are_sent_for_the_last_pending_job(connect, server, clock):
    client = connect()
    server.script = JobTable(clock, {"fast": 1001.0, "slow": 1050.0})
    client.call("wait_for_all", ["fast", "slow"])
    assert [request.wait for request in server.requests if request.wait] != []
    assert not any(request.wait for request in server.requests if "ids" in request.query)


def test_no_long_polls_are_sent_for_two_pending_jobs(connect, server, clock):
    client = connect()
    server.script = JobTable(clock, {"fast": 1020.0, "slow": 1090.0})
    client.call("wait_for_all", ["fast", "slow"])
    alone = [
        request for request in server.requests if "ids" not in request.query and request.at < 1020
    ]
    assert alone
    assert {request.wait for request in alone} == {0}


def test_failed_jobs_are_results_not_errors(client, server):
    error = {"id": "a", "status": "error"}
    server.script = [Reply(data={"results": [error, completed("b")], "not_found": []})]
    outcomes = client.call("wait_for_all", ["a", "b"])
    assert [job.status for job in outcomes.values()] == ["error", "completed"]


def test_missing_job_does_not_stop_the_others(client, server, clock):
    server.script = JobTable(clock, ends_of(3))
    with pytest.raises(WaitFailed) as caught:
        client.call("wait_for_all", ["gone", *ends_of(3)])
    assert list(caught.value.jobs) == list(ends_of(3))
    assert [type(error) for error in caught.value.exceptions] == [JobNotFound]
    assert (
        str(caught.value) == "waiting failed for 1 of 4 jobs (1 not found): gone (1 sub-exception)"
    )


def test_deleted_job_is_reported_as_last_seen(client, server, clock):
    table = JobTable(clock, {"a": 1020.0, "b": 1040.0})

    def vanishing(request):
        if clock.now > 1010:
            table.ends.pop("a", None)
        return table(request)

    server.script = vanishing
    outcomes = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert isinstance(outcomes["a"], JobNotFound)
    assert str(outcomes["a"].job).startswith("job a pending")
    assert outcomes["b"].status == "completed"


def test_as_completed_raises_after_the_last_job(client, server, clock):
    server.script = JobTable(clock, ends_of(2))
    jobs: list[Job] = []
    with pytest.raises(WaitFailed) as caught:
        client.each("as_completed", jobs.append, ["gone", *ends_of(2)])
    assert [job.id for job in jobs] == list(ends_of(2))
    assert [str(error) for error in caught.value.exceptions] == ["job gone does not exist"]


def test_errors_name_jobs_that_were_never_seen(client, server):
    server.script = [Reply(401)]
    outcomes = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert [str(error).partition(": ")[0] for error in outcomes.values()] == ["job a", "job b"]
    server.script = [Reply(503)]
    outcomes = client.call("wait_for_all", ["a", "b"], timeout=0, return_exceptions=True)
    assert [str(error).partition(": ")[0] for error in outcomes.values()] == ["job a", "job b"]


def test_errors_of_many_jobs_keep_their_detail(client, server):
    server.script = [Reply(401, {"detail": "No key."})]
    outcomes = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert [error.detail for error in outcomes.values()] == ["No key."] * 2


def test_wait_failed_names_the_first_jobs(client, server, clock):
    server.script = JobTable(clock, {})
    with pytest.raises(WaitFailed) as caught:
        client.call("wait_for_all", [f"job-{n}" for n in range(5)])
    assert str(caught.value) == (
        "waiting failed for 5 of 5 jobs (5 not found):"
        " job-0, job-1, job-2 and 2 more (5 sub-exceptions)"
    )


def test_single_missing_job_is_not_found(client, server, clock):
    server.script = JobTable(clock, {})
    outcomes = client.call("wait_for_all", ["gone"], return_exceptions=True)
    assert isinstance(outcomes["gone"], JobNotFound)


def test_deadline_ends_the_wait_for_all_pending_jobs(client, server, clock):
    server.script = JobTable(clock, {"fast": 1002.0, "slow": 9000.0, "slower": 9000.0})
    with pytest.raises(WaitFailed) as caught:
        client.call("wait_for_all", ["fast", "slow", "slower"], timeout=30)
    assert [type(error) for error in caught.value.exceptions] == [PollingTimeout] * 2
    named = [str(error).split()[5] for error in caught.value.exceptions]
    assert named == ["slow", "slower"]
    assert list(caught.value.jobs) == ["fast"]
    assert clock.now == 1030.0


def test_wait_is_a_polling_timeout_if_nothing_else_failed(client, server, clock):
    server.script = JobTable(clock, {"fast": 1002.0, "slow": 9000.0, "slower": 9000.0})
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_all", ["fast", "slow", "slower"], timeout=30)
    assert isinstance(caught.value, WaitTimedOut)
    assert caught.value.detail == "waiting failed for 2 of 3 jobs (2 timed out): slow, slower"


def test_wait_is_no_polling_timeout_if_something_else_failed(client, server, clock):
    server.script = JobTable(clock, {"slow": 9000.0, "slower": 9000.0})
    with pytest.raises(WaitFailed) as caught:
        client.call("wait_for_all", ["slow", "slower", "gone"], timeout=30)
    assert not isinstance(caught.value, PollingTimeout)
    assert caught.value.detail == (
        "waiting failed for 3 of 3 jobs (2 timed out, 1 not found): slow, slower, gone"
    )


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(401), AuthenticationFailed), (Reply(503), ServerUnavailable)]
)
def test_revoked_key_or_outage_ends_all_pending_jobs(client, server, clock, reply, kind):
    table = JobTable(clock, {"fast": 1002.0, "slow": 1060.0, "slower": 1070.0})
    server.script = lambda request: reply if clock.now > 1010 else table(request)
    outcomes = client.call("wait_for_all", list(table.ends), return_exceptions=True)
    assert isinstance(outcomes["fast"], Job)
    assert [type(outcomes[name]) for name in ("slow", "slower")] == [kind, kind]
    assert outcomes["slow"].job.id == "slow"


def test_outage_in_the_poll_of_one_job_is_confirmed_by_another(connect, server, start_job):
    client = connect(long_poll=0, max_retries=2)
    jobs = [start_job("near", 30.0), start_job("far", 90.0)]
    server.script = [Reply(503)]
    outcomes = client.call("wait_for_all", jobs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes.values()] == [ServerUnavailable] * 2
    assert [ids for _, ids in polled_groups(server)] == [["near"], ["near"], ["far"]]


def test_unknown_status_of_one_job_does_not_stop_the_others(client, server, clock):
    unknown = {"id": "odd", "status": "archived", "finished_at": "2026-11-21T03:00:00Z"}
    server.script = [Reply(data={"results": [unknown, completed("b")], "not_found": []})]
    outcomes = client.call("wait_for_all", ["odd", "b"], return_exceptions=True)
    assert type(outcomes["odd"]).__name__ == "UnexpectedResponse"
    assert outcomes["b"].status == "completed"
