"""Many jobs in few requests; one that is lost stops none of the others."""

import logging
from itertools import pairwise

import pytest

from heygen_video_translation.client import (
    AuthenticationFailed,
    Job,
    JobNotFound,
    JobsFailed,
    PollingTimeout,
    ServerUnavailable,
)
from tests.client.server import Book, Reply, completed, pending


def ends(count, *, after=10.0):
    return {f"job-{number}": 1000.0 + after for number in range(count)}


def together(server):
    """Return when each request went out, and about which jobs."""
    names = [a.query.get("ids", a.path.rpartition("/")[2]).split(",") for a in server.asked]
    return [(asked.at, ids) for asked, ids in zip(server.asked, names, strict=True)]


def test_polls_that_fall_due_together_share_requests_of_a_hundred_ids(client, server, clock):
    server.script = Book(clock, ends(250))
    found = client.call("wait_for_all", list(ends(250)))
    assert [known.status for known in found.values()] == ["completed"] * 250
    assert list(found) == list(ends(250))
    sizes = [len(asked.query["ids"].split(",")) for asked in server.asked]
    assert max(sizes) == 100
    assert sum(sizes) / len(sizes) > 50


def test_first_wait_for_each_of_many_is_logged(client, server, clock, caplog):
    server.script = [Reply(202, pending(n, estimated_time_remaining=9.0)) for n in ("a", "b")]
    jobs = [client.call("create_job") for _ in range(2)]
    server.script = Book(clock, {"a": 1009.0, "b": 1009.0})
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_all", jobs)
    waits = [line.partition("; next poll in ")[::2] for line in caplog.messages[:2]]
    assert [shown for shown, _ in waits] == [f"job {n} pending, 9.0 s left" for n in ("a", "b")]
    assert {why for _, why in waits} == {f"{clock.slept[0]:.2f} s: 4.74 to 17.1 s expected"}


def test_pace_that_reaches_past_the_deadline_ends_that_wait_at_once(client, server, clock):
    server.script = [Reply(202, pending(), {"Retry-After": "30"})]
    known = client.call("create_job")
    server.script = Book(clock, {"b": 1001.0})
    found = client.call("wait_for_all", [known, "b"], timeout=20, return_exceptions=True)
    assert isinstance(found["a"], PollingTimeout)
    assert found["b"].status == "completed"
    assert all("ids" not in asked.query for asked in server.asked)


def test_jobs_come_as_they_end(client, server, clock):
    server.script = Book(clock, {"slow": 1030.0, "fast": 1005.0, "middle": 1015.0})
    found = client.list("as_completed", ["slow", "fast", "middle"])
    assert [known.id for known in found] == ["fast", "middle", "slow"]


def test_last_job_left_is_held_for(connect, server, clock):
    client = connect()
    server.script = Book(clock, {"fast": 1001.0, "slow": 1050.0})
    client.call("wait_for_all", ["fast", "slow"])
    assert [asked.wait for asked in server.asked if asked.wait] != []
    assert not any(asked.wait for asked in server.asked if "ids" in asked.query)


def test_nothing_is_held_while_another_job_waits(connect, server, clock):
    client = connect()
    server.script = Book(clock, {"fast": 1020.0, "slow": 1090.0})
    client.call("wait_for_all", ["fast", "slow"])
    alone = [asked for asked in server.asked if "ids" not in asked.query and asked.at < 1020]
    assert alone
    assert {asked.wait for asked in alone} == {0}


def test_finished_and_repeated_jobs_are_not_asked_about_again(client, server, clock):
    server.script = Book(clock, {"done": 0.0, "other": 1001.0})
    done = client.call("get_status", "done")
    found = client.call("wait_for_all", [done, "other", "other"])
    assert list(found) == ["done", "other"]
    assert all("done" not in asked.path for asked in server.asked[1:])


def test_no_jobs_are_done_at_once(client, server):
    assert client.call("wait_for_all", []) == {}
    assert client.list("as_completed", []) == []


def test_on_update_gets_every_answer_about_every_job(client, server, clock):
    seen: list[Job] = []
    server.script = Book(clock, {"a": 1003.0, "b": 1003.0})
    client.call("wait_for_all", ["a", "b"], on_update=seen.append)
    assert [known.id for known in seen if known.is_finished] == ["a", "b"]
    assert all(known.next_poll for known in seen if not known.is_finished)


def test_job_that_is_gone_does_not_stop_the_others(client, server, clock):
    server.script = Book(clock, ends(3))
    with pytest.raises(JobsFailed) as caught:
        client.call("wait_for_all", ["gone", *ends(3)])
    assert list(caught.value.jobs) == list(ends(3))
    assert [type(error) for error in caught.value.exceptions] == [JobNotFound]
    assert str(caught.value) == "1 of 4 jobs were lost: gone (1 sub-exception)"


def test_job_that_vanishes_in_the_middle_is_named_with_its_last_answer(client, server, clock):
    book = Book(clock, {"a": 1020.0, "b": 1040.0})

    def vanishing(asked):
        if clock.now > 1010:
            book.ends.pop("a", None)
        return book(asked)

    server.script = vanishing
    found = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert isinstance(found["a"], JobNotFound)
    assert str(found["a"].job).startswith("job a pending")
    assert found["b"].status == "completed"


def test_as_completed_names_the_lost_after_the_rest(client, server, clock):
    server.script = Book(clock, ends(2))
    found: list[Job] = []
    with pytest.raises(JobsFailed) as caught:
        client.each("as_completed", found.append, ["gone", *ends(2)])
    assert [known.id for known in found] == list(ends(2))
    assert [str(error) for error in caught.value.exceptions] == ["job gone does not exist"]


def test_errors_name_their_jobs_where_nothing_was_seen(client, server):
    server.script = [Reply(401)]
    found = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert [str(error).partition(": ")[0] for error in found.values()] == ["job a", "job b"]
    server.script = [Reply(503)]
    found = client.call("wait_for_all", ["a", "b"], timeout=0, return_exceptions=True)
    assert [str(error).partition(": ")[0] for error in found.values()] == ["job a", "job b"]


def test_jobs_failed_names_the_first_of_them(client, server, clock):
    server.script = Book(clock, {})
    with pytest.raises(JobsFailed) as caught:
        client.call("wait_for_all", [f"job-{n}" for n in range(5)])
    assert str(caught.value) == (
        "5 of 5 jobs were lost: job-0, job-1, job-2 and 2 more (5 sub-exceptions)"
    )


def test_one_job_left_that_is_gone_is_not_found(client, server, clock):
    server.script = Book(clock, {})
    found = client.call("wait_for_all", ["gone"], return_exceptions=True)
    assert isinstance(found["gone"], JobNotFound)


def test_deadline_names_all_that_are_left(client, server, clock):
    server.script = Book(clock, {"fast": 1002.0, "slow": 9000.0, "slower": 9000.0})
    with pytest.raises(JobsFailed) as caught:
        client.call("wait_for_all", ["fast", "slow", "slower"], timeout=30)
    assert [type(error) for error in caught.value.exceptions] == [PollingTimeout] * 2
    named = [str(error).split()[5] for error in caught.value.exceptions]
    assert named == ["slow", "slower"]
    assert list(caught.value.jobs) == ["fast"]
    assert clock.now == 1030.0


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(401), AuthenticationFailed), (Reply(503), ServerUnavailable)]
)
def test_revoked_key_or_outage_concerns_all_that_are_left(client, server, clock, reply, kind):
    book = Book(clock, {"fast": 1002.0, "slow": 1060.0, "slower": 1070.0})
    server.script = lambda asked: reply if clock.now > 1010 else book(asked)
    found = client.call("wait_for_all", list(book.ends), return_exceptions=True)
    assert isinstance(found["fast"], Job)
    assert [type(found[name]) for name in ("slow", "slower")] == [kind, kind]
    assert found["slow"].job.id == "slow"


def test_outage_that_a_poll_of_one_meets_is_retried_once_for_all(connect, server, started):
    client = connect(long_poll=0, max_retries=2)
    jobs = [started("near", 30.0), started("far", 90.0)]
    server.script = [Reply(503)]
    found = client.call("wait_for_all", jobs, return_exceptions=True)
    assert [type(ending) for ending in found.values()] == [ServerUnavailable] * 2
    assert [ids for _, ids in together(server)] == [["near"]] * 3


def test_garbled_job_in_a_list_does_not_harm_the_others(client, server, clock):
    book = Book(clock, {"good": 1005.0})

    def garbled(asked):
        if "ids" not in asked.query:
            return book(asked) if "good" in asked.path else Reply(500)
        bad = {"id": "bad", "status": 7}
        return Reply(data={"results": [book.shown("good"), bad], "not_found": []})

    server.script = garbled
    found = client.call("wait_for_all", ["good", "bad"], return_exceptions=True)
    assert found["good"].status == "completed"
    assert isinstance(found["bad"], ServerUnavailable)
    assert [ids for _, ids in together(server) if len(ids) > 1] == [["good", "bad"]]
    assert len(server.asked) < 20


@pytest.mark.parametrize("usable", [True, False], ids=["one usable between", "none between"])
def test_unusable_answers_count_in_a_row(connect, server, clock, usable):
    client = connect(long_poll=0, max_retries=2)
    bad, good = Reply(data={"id": "a", "status": 7}), Reply(data=pending("a"))
    of_a = [bad, good if usable else bad, bad, bad, Reply(data=completed("a"))]

    def answer(asked):
        if "ids" in asked.query:
            return Reply(data={"results": [pending("b")], "not_found": []})
        return of_a.pop(0) if asked.path.endswith("/a") else Reply(data=completed("b"))

    server.script = answer
    found = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert isinstance(found["a"], Job if usable else ServerUnavailable)


def test_jobs_that_lists_garble_are_each_asked_about_alone(client, server, clock):
    book = Book(clock, {"a": 1003.0, "b": 1003.0, "c": 1003.0})
    server.script = lambda asked: (
        Reply(data={"results": [], "not_found": []}) if "ids" in asked.query else book(asked)
    )
    found = client.call("wait_for_all", ["a", "b", "c"])
    assert [known.status for known in found.values()] == ["completed"] * 3
    assert [ids for _, ids in together(server) if len(ids) > 1] == [["a", "b", "c"]]


def test_list_of_long_ids_fits_into_an_address(client, server, clock):
    names = [f"{number:0200}" for number in range(100)]
    server.script = Book(clock, dict.fromkeys(names, 1000.0))
    assert list(client.call("wait_for_all", names)) == names
    assert 3000 < max(len(asked.path) for asked in server.asked) < 6100


def test_job_that_a_list_leaves_out_is_asked_about_by_itself(client, server, clock):
    book = Book(clock, {"a": 1005.0, "b,c": 1005.0})
    server.script = book
    found = client.call("wait_for_all", ["a", "b,c"])
    assert [known.status for known in found.values()] == ["completed", "completed"]


@pytest.mark.parametrize("status", [400, 404, 405])
def test_server_that_takes_no_lists_is_asked_about_each_job(client, server, clock, status):
    book = Book(clock, {"a": 1005.0, "b": 1006.0})
    server.script = lambda asked: Reply(status) if "ids" in asked.query else book(asked)
    found = client.call("wait_for_all", ["a", "b"])
    assert [known.status for known in found.values()] == ["completed", "completed"]
    assert sum("ids" in asked.query for asked in server.asked) == 1


def test_unreadable_list_is_retried(client, server, clock):
    book, bad = Book(clock, ends(2)), [Reply(body=b"{"), Reply(data={"results": 5})]
    server.script = lambda asked: bad.pop() if bad else book(asked)
    found = client.call("wait_for_all", list(ends(2)))
    assert [known.status for known in found.values()] == ["completed", "completed"]


def test_interval_of_no_job_is_longer_than_allowed(connect, server, clock):
    client = connect(long_poll=0, max_polling_interval=5)
    asked_at: dict[str, list[float]] = {}
    book = Book(clock, {f"job-{n}": 1040.0 + n / 7 for n in range(20)})

    def watched(asked):
        for name in asked.query.get("ids", asked.path.rpartition("/")[2]).split(","):
            asked_at.setdefault(name, []).append(clock.now)
        return book(asked)

    server.script = watched
    client.call("wait_for_all", list(book.ends))
    gaps = [b - a for at in asked_at.values() for a, b in pairwise(at)]
    assert 4 < max(gaps) <= 5.0001


@pytest.fixture
def started(client, server, clock):
    """Return a function that creates a job which ends after so many seconds, exactly foretold."""
    ends: dict[str, float] = {}

    def start(name, seconds):
        exact = {"estimated_time_remaining_range": [seconds, seconds]}
        server.script = [Reply(202, pending(name, estimated_time_remaining=seconds, **exact))]
        known = client.call("create_job")
        ends[name] = clock.now + seconds
        server.script = Book(clock, ends)
        server.asked.clear()
        return known

    return start


def test_poll_after_a_long_sleep_waits_a_tenth_of_it_for_others(client, server, started):
    client.call("wait_for_all", [started("a", 30.0), started("b", 32.0), started("c", 34.0)])
    assert together(server) == [(1032.0, ["a", "b"]), (1034.0, ["c"])]


def test_poll_waits_for_others_as_little_as_the_most_urgent_bears(client, server, clock, started):
    slow = started("slow", 40.0)
    clock.now += 38
    client.call("wait_for_all", [slow, started("a", 3.0), started("b", 5.0)])
    assert together(server) == [(1041.0, ["slow", "a"]), (1043.0, ["b"])]


def test_poll_does_not_wait_for_others_past_the_longest_interval(connect, server, clock):
    client = connect(long_poll=0, max_polling_interval=5)
    jobs = []
    for name in ("a", "b"):
        server.script = [Reply(202, pending(name, estimated_time_remaining=100.0))]
        jobs.append(client.call("create_job"))
        clock.now += 0.9
    server.asked.clear()
    server.script = Book(clock, {"a": 1006.0, "b": 1006.0})
    client.call("wait_for_all", jobs)
    assert together(server)[0] == (pytest.approx(1000 + 5 / 1.1), ["a"])


def test_job_that_a_list_says_is_gone_is_not_asked_about_again(client, server, clock):
    server.script = Book(clock, {"a": 1005.0, "b": 1005.0})
    found = client.call("wait_for_all", ["a", "b", "gone"], return_exceptions=True)
    assert str(found["gone"]) == "job gone does not exist"
    assert [ids for _, ids in together(server) if "gone" in ids] == [["a", "b", "gone"]]


def test_jobs_that_end_in_error_are_answers_not_failures(client, server):
    error = {"id": "a", "status": "error"}
    server.script = [Reply(data={"results": [error, completed("b")], "not_found": []})]
    found = client.call("wait_for_all", ["a", "b"])
    assert [known.status for known in found.values()] == ["error", "completed"]


def test_strange_status_in_a_list_concerns_that_job_only(client, server, clock):
    strange = {"id": "odd", "status": "archived", "finished_at": "2026-11-21T03:00:00Z"}
    server.script = [Reply(data={"results": [strange, completed("b")], "not_found": []})]
    found = client.call("wait_for_all", ["odd", "b"], return_exceptions=True)
    assert type(found["odd"]).__name__ == "UnexpectedResponse"
    assert found["b"].status == "completed"


def test_pending_jobs_are_shown_with_what_they_are(client, server):
    shown = []
    server.script = [
        Reply(data={"results": [pending("a"), pending("b")], "not_found": []}),
        Reply(data={"results": [completed("a"), completed("b")], "not_found": []}),
    ]
    client.call("wait_for_all", ["a", "b"], on_update=lambda known: shown.append(known.status))
    assert shown == ["pending", "pending", "completed", "completed"]
