"""Which polls share a request, and when it is sent."""

from itertools import pairwise

import pytest

from heygen_video_translation.client import Decision, Job, ServerUnavailable
from heygen_video_translation.client.poll_queue import PollQueue
from heygen_video_translation.client.tracker import Tracker
from heygen_video_translation.client.waits import Wait
from tests.client.documents import JobTable, completed, pending, polled_groups
from tests.client.server import Reply


def ends_of(count, *, after=10.0):
    return {f"job-{number}": 1000.0 + after for number in range(count)}


def test_polls_share_requests_of_a_hundred_ids(client, server, clock):
    server.script = JobTable(clock, ends_of(250))
    outcomes = client.call("wait_for_all", list(ends_of(250)))
    assert [job.status for job in outcomes.values()] == ["completed"] * 250
    assert list(outcomes) == list(ends_of(250))
    sizes = [len(request.query["ids"].split(",")) for request in server.requests]
    assert max(sizes) == 100
    assert sum(sizes) / len(sizes) > 50


def test_long_ids_share_a_request_only_if_its_url_is_short(client, server, clock):
    names = [f"{number:0200}" for number in range(100)]
    server.script = JobTable(clock, dict.fromkeys(names, 1000.0))
    assert list(client.call("wait_for_all", names)) == names
    assert 3000 < max(len(request.path) for request in server.requests) < 6100


def test_interval_of_every_job_is_within_the_longest(connect, server, clock):
    client = connect(long_poll=0, max_polling_interval=5)
    polled_at: dict[str, list[float]] = {}
    table = JobTable(clock, {f"job-{n}": 1040.0 + n / 7 for n in range(20)})

    def watched(request):
        for name in request.query.get("ids", request.path.rpartition("/")[2]).split(","):
            polled_at.setdefault(name, []).append(clock.now)
        return table(request)

    server.script = watched
    client.call("wait_for_all", list(table.ends))
    gaps = [b - a for at in polled_at.values() for a, b in pairwise(at)]
    assert 4 < max(gaps) <= 5.0001


def test_poll_waits_for_others_a_tenth_of_its_sleep(client, server, start_job):
    client.call("wait_for_all", [start_job("a", 30.0), start_job("b", 32.0), start_job("c", 34.0)])
    assert polled_groups(server) == [(1032.0, ["a", "b"]), (1034.0, ["c"])]


def test_poll_waits_for_others_no_longer_than_each_allows(client, server, clock, start_job):
    slow = start_job("slow", 40.0)
    clock.now += 38
    client.call("wait_for_all", [slow, start_job("a", 3.0), start_job("b", 5.0)])
    assert polled_groups(server) == [(1041.0, ["slow", "a"]), (1043.0, ["b"])]


def test_poll_waits_for_others_within_the_longest_interval(connect, server, clock):
    client = connect(long_poll=0, max_polling_interval=5)
    jobs = []
    for name in ("a", "b"):
        server.script = [Reply(202, pending(name, estimated_time_remaining=100.0))]
        jobs.append(client.call("create_job"))
        clock.now += 0.9
    server.requests.clear()
    server.script = JobTable(clock, {"a": 1006.0, "b": 1006.0})
    client.call("wait_for_all", jobs)
    assert polled_groups(server)[0] == (pytest.approx(1000 + 5 / 1.1), ["a"])


def test_job_missing_from_a_shared_response_is_polled_alone(client, server, clock):
    table = JobTable(clock, {"a": 1005.0, "b,c": 1005.0})
    server.script = table
    outcomes = client.call("wait_for_all", ["a", "b,c"])
    assert [job.status for job in outcomes.values()] == ["completed", "completed"]


def test_all_jobs_missing_from_a_response_are_polled_alone(client, server, clock):
    table = JobTable(clock, {"a": 1003.0, "b": 1003.0, "c": 1003.0})
    server.script = lambda request: (
        Reply(data={"results": [], "not_found": []}) if "ids" in request.query else table(request)
    )
    outcomes = client.call("wait_for_all", ["a", "b", "c"])
    assert [job.status for job in outcomes.values()] == ["completed"] * 3
    assert [ids for _, ids in polled_groups(server) if len(ids) > 1] == [["a", "b", "c"]]


def test_job_that_does_not_exist_is_not_polled_again(client, server, clock):
    server.script = JobTable(clock, {"a": 1005.0, "b": 1005.0})
    outcomes = client.call("wait_for_all", ["a", "b", "gone"], return_exceptions=True)
    assert str(outcomes["gone"]) == "job gone does not exist"
    assert [ids for _, ids in polled_groups(server) if "gone" in ids] == [["a", "b", "gone"]]


def test_garbled_job_in_a_response_does_not_affect_the_others(client, server, clock):
    table = JobTable(clock, {"good": 1005.0})

    def garbled(request):
        if "ids" not in request.query:
            return table(request) if "good" in request.path else Reply(500)
        bad = {"id": "bad", "status": 7}
        return Reply(data={"results": [table.document("good"), bad], "not_found": []})

    server.script = garbled
    outcomes = client.call("wait_for_all", ["good", "bad"], return_exceptions=True)
    assert outcomes["good"].status == "completed"
    assert isinstance(outcomes["bad"], ServerUnavailable)
    assert [ids for _, ids in polled_groups(server) if len(ids) > 1] == [["good", "bad"]]
    assert len(server.requests) < 20


@pytest.mark.parametrize("usable", [True, False], ids=["interrupted", "in a row"])
def test_unusable_responses_about_a_job_count_in_a_row(connect, server, clock, usable):
    client = connect(long_poll=0, max_retries=2)
    bad, good = Reply(data={"id": "a", "status": 7}), Reply(data=pending("a"))
    of_a = [bad, good if usable else bad, bad, bad, Reply(data=completed("a"))]

    def respond(request):
        if "ids" in request.query:
            return Reply(data={"results": [pending("b")], "not_found": []})
        return of_a.pop(0) if request.path.endswith("/a") else Reply(data=completed("b"))

    server.script = respond
    outcomes = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert isinstance(outcomes["a"], Job if usable else ServerUnavailable)


@pytest.mark.parametrize("status", [400, 404, 405])
def test_jobs_are_polled_alone_if_lists_are_not_supported(client, server, clock, status):
    table = JobTable(clock, {"a": 1005.0, "b": 1006.0})
    server.script = lambda request: Reply(status) if "ids" in request.query else table(request)
    outcomes = client.call("wait_for_all", ["a", "b"])
    assert [job.status for job in outcomes.values()] == ["completed", "completed"]
    assert sum("ids" in request.query for request in server.requests) == 1


def test_unreadable_shared_response_is_retried(client, server, clock):
    table, bad = JobTable(clock, ends_of(2)), [Reply(body=b"{"), Reply(data={"results": 5})]
    server.script = lambda request: bad.pop() if bad else table(request)
    outcomes = client.call("wait_for_all", list(ends_of(2)))
    assert [job.status for job in outcomes.values()] == ["completed", "completed"]


class CountingTracker(Tracker):
    """Counts how often the queue reads the id of a job."""

    reads = 0

    def _read(self):
        CountingTracker.reads += 1
        return self.name

    def _write(self, name):
        self.name = name

    id = property(_read, _write)


def test_event_costs_the_same_however_many_jobs_there_are():
    counts = []
    for size in (10, 1000):
        queue, wait = PollQueue(max_interval=60.0, max_batch=100), Wait()
        for number in range(size):
            tracker = CountingTracker(f"job-{number}", wait=wait)
            queue.add(tracker, Decision(seconds=60.0 * (number + 1), reason="test"), at=0.0)
        CountingTracker.reads = 0
        queue.hasten({"job-7"}, now=1.0)
        queue.pop_ended({"job-5"})
        counts.append(CountingTracker.reads)
        [first] = queue.pop(can_share=True)[-1]
        assert (first.id, len(queue)) == ("job-7", size - 2)
    assert counts[0] == counts[1]
