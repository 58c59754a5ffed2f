"""One job that cannot be polled does not stop the others; a server that is down does."""

from itertools import pairwise

import pytest

from heygen_video_translation.client import (
    Job,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    WaitFailed,
)
from tests.client.documents import JobTable, polled_groups
from tests.client.server import Reply, Silence

FAULTS = {
    "429": Reply(429, {"detail": "This is a simulated fault."}),
    "503": Reply(503, {"detail": "This is a simulated fault."}),
    "garbage": Reply(body=b"{"),
}
NAMES = ["a", "b", "c", "d"]


class FaultyTable(JobTable):
    """A table with jobs whose requests get a bad response; `until` is when that ends."""

    def __init__(self, clock, ends, *, faulty, reply, until=float("inf")):
        super().__init__(clock, ends)
        self.faulty = set(faulty)
        self.reply = reply
        self.until = until

    def __call__(self, request):
        names = request.query.get("ids", request.path.rpartition("/")[2]).split(",")
        if self.faulty.intersection(names) and self.clock.now < self.until:
            return self.reply
        return super().__call__(request)


def ends_of(names, *, after=10.0):
    return dict.fromkeys(names, 1000.0 + after)


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("faulty", NAMES)
def test_faulty_job_does_not_stop_the_others(client, server, clock, faulty, reply):
    server.script = FaultyTable(clock, ends_of(NAMES), faulty=[faulty], reply=reply)
    outcomes = client.call("wait_for_all", NAMES, return_exceptions=True)
    failed = [name for name, outcome in outcomes.items() if not isinstance(outcome, Job)]
    assert failed == [faulty]
    assert isinstance(outcomes[faulty], RateLimited | ServerUnavailable)


def test_error_names_the_status_and_the_faulty_job(client, server, clock):
    server.script = FaultyTable(clock, ends_of(NAMES), faulty="b", reply=FAULTS["429"])
    with pytest.raises(WaitFailed, match=r"1 of 4 jobs \(1 rate-limited\): b") as caught:
        client.call("wait_for_all", NAMES)
    [error] = caught.value.exceptions
    assert isinstance(error, RateLimited)
    assert (error.status, error.detail) == (429, "This is a simulated fault.")
    assert str(error) == (
        f"job b: GET {server.url}/vid_trans_api/jobs/b: 429 | This is a simulated fault."
    )


def test_faulty_job_is_found_by_halves(client, server, clock):
    server.script = FaultyTable(clock, ends_of(NAMES), faulty="b", reply=FAULTS["503"])
    client.call("wait_for_all", NAMES, return_exceptions=True)
    groups = [ids for _, ids in polled_groups(server)]
    assert groups[:6] == [NAMES, NAMES, ["a", "b"], ["c", "d"], ["a"], ["b"]]
    assert all("b" not in ids or ids == ["b"] for ids in groups[3:])


@pytest.mark.parametrize("faulty", [["a", "b"], ["b", "c"], ["a", "d"]], ids="".join)
def test_several_faulty_jobs_do_not_stop_the_others(client, server, clock, faulty):
    server.script = FaultyTable(clock, ends_of(NAMES), faulty=faulty, reply=FAULTS["429"])
    outcomes = client.call("wait_for_all", NAMES, return_exceptions=True)
    assert [name for name in NAMES if not isinstance(outcomes[name], Job)] == faulty


def test_faulty_job_of_a_hundred_does_not_stop_the_others(client, server, clock):
    names = [f"job-{number}" for number in range(100)]
    server.script = FaultyTable(clock, ends_of(names), faulty=names[70:71], reply=FAULTS["503"])
    outcomes = client.call("wait_for_all", names, return_exceptions=True)
    assert [name for name in names if not isinstance(outcomes[name], Job)] == names[70:71]
    assert len(server.requests) < 60


def test_faulty_job_that_is_due_alone_does_not_stop_the_others(client, server, clock, start_job):
    jobs = [start_job("near", 30.0), start_job("far", 50.0)]
    server.script = FaultyTable(clock, server.script.ends, faulty=["near"], reply=FAULTS["429"])
    outcomes = client.call("wait_for_all", jobs, return_exceptions=True)
    assert isinstance(outcomes["near"], RateLimited)
    assert outcomes["far"].status == "completed"
    assert [ids for _, ids in polled_groups(server)][:4] == [["near"], ["near"], ["far"], ["near"]]


def test_faulty_job_that_recovers_is_followed_to_its_end(connect, server, clock):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = FaultyTable(
        clock, ends_of(NAMES, after=60.0), faulty="b", reply=FAULTS["503"], until=1010.0
    )
    outcomes = client.call("wait_for_all", NAMES)
    assert [job.status for job in outcomes.values()] == ["completed"] * 4


def test_retry_after_of_the_faulty_job_is_obeyed(client, server, clock):
    reply = Reply(429, headers={"Retry-After": "3"})
    server.script = FaultyTable(clock, ends_of(NAMES), faulty="b", reply=reply)
    client.call("wait_for_all", NAMES, return_exceptions=True)
    at = [instant for instant, ids in polled_groups(server) if "b" in ids]
    assert len(at) > 6
    assert min(later - earlier for earlier, later in pairwise(at)) >= 3.0


def test_single_failure_does_not_divide_the_jobs(client, server, clock):
    table = JobTable(clock, ends_of(NAMES))
    bad = [Reply(503)]
    server.script = lambda request: bad.pop() if bad else table(request)
    client.call("wait_for_all", NAMES)
    assert [ids for _, ids in polled_groups(server)] == [NAMES] * len(server.requests)


@pytest.mark.parametrize("reply", [*FAULTS.values(), Silence()], ids=[*FAULTS, "silence"])
def test_server_that_is_down_gets_no_more_requests_than_retries(connect, server, clock, reply):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [reply]
    outcomes = client.call("wait_for_all", NAMES, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes.values()} <= {RateLimited, ServerUnavailable}
    assert len(server.requests) == 6
    assert clock.slept == [1, 2, 4, 8, 16]


def test_requests_without_a_response_are_not_divided(client, server, clock):
    server.script = [Silence()]
    client.call("wait_for_all", NAMES, return_exceptions=True)
    assert [ids for _, ids in polled_groups(server)] == [NAMES] * 6


def test_deadline_during_an_outage_ends_all_waits(connect, server, clock):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [Reply(503)]
    outcomes = client.call("wait_for_all", NAMES, timeout=4, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes.values()] == [PollingTimeout] * 4
    assert clock.now == 1004.0
