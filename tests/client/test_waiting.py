"""What waiting for one job asks, when, and what it returns."""

import logging
import math
import threading
from collections import Counter
from itertools import pairwise

import pytest

from heygen_video_translation.client import (
    Decision,
    Job,
    JobFailed,
    PollingTimeout,
    ServerUnavailable,
    TranslationClient,
)
from tests.client.server import Book, Reply, Silence, completed, job, pending


def created(client, server, **fields):
    """Create a job through the client, answered with these fields."""
    server.script = [Reply(202, pending(**fields))]
    return client.call("create_job")


def test_job_fresh_from_creation_is_first_polled_when_its_estimate_says(client, server, clock):
    known = created(
        client,
        server,
        estimated_time_remaining=30.0,
        estimated_time_remaining_range=[30.0, 30.0],
    )
    clock.now += 10
    server.script = job(completed())
    ended = client.call("wait_for_completion", known)
    assert ended.status == "completed"
    assert [asked.at for asked in server.polls] == [1030.0]


@pytest.mark.parametrize("fields", [{}, {"estimated_time_remaining": 30.0}], ids=str)
def test_job_whose_time_has_passed_since_is_polled_at_once(client, server, clock, fields):
    known = created(client, server, **fields)
    clock.now += 50
    server.script = job(completed())
    client.call("wait_for_completion", known)
    assert [asked.at for asked in server.polls] == [1050.0]


def test_id_is_polled_at_once(client, server):
    server.script = job(completed())
    client.call("wait_for_completion", "a")
    assert [asked.at for asked in server.polls] == [1000.0]


def test_replayed_job_is_polled_at_once(client, server):
    server.script = [
        Reply(202, pending(estimated_time_remaining=30.0), {"Idempotent-Replayed": "true"})
    ]
    known = client.call("create_job", idempotency_key="k")
    server.script = job(completed())
    client.call("wait_for_completion", known)
    assert [asked.at for asked in server.polls] == [1000.0]


def test_finished_job_is_returned_without_a_poll(client, server):
    server.script = job(completed())
    ended = client.call("get_status", "a")
    assert client.call("wait_for_completion", ended) is ended
    assert client.list("watch", ended) == [ended]
    assert len(server.asked) == 1


def test_newest_job_is_waited_for_where_none_is_named(client, server):
    server.script = job(pending("new", estimated_time_remaining=2.0), completed("new"))
    assert client.call("wait_for_completion").id == "new"
    assert [asked.path for asked in server.asked] == [
        "/vid_trans_api/status",
        "/vid_trans_api/jobs/new",
    ]


def test_on_update_gets_every_answer_with_the_next_wait_and_its_reason(client, server):
    seen: list[Job] = []
    server.script = job(pending(estimated_time_remaining=5.0), completed())
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert [shown.status for shown in seen] == ["pending", "completed"]
    assert isinstance(seen[0].next_poll, Decision)
    assert server.asked[1].at == 1000.0 + seen[0].next_poll.seconds
    assert "expected" in seen[0].next_poll.reason
    assert seen[1].next_poll is None


def test_watch_yields_every_answer_the_terminal_one_last(client, server):
    server.script = job(pending(), pending(), completed())
    statuses = [shown.status for shown in client.list("watch", "a")]
    assert statuses == ["pending", "pending", "completed"]


def test_job_that_failed_is_returned_and_only_raises_when_asked(client, server):
    error = {"code": "no_audio", "message": "The video is silent.", "retryable": False}
    server.script = job({"id": "a", "status": "error", "error": error})
    ended = client.call("wait_for_completion", "a")
    assert (ended.status, ended.error.code) == ("error", "no_audio")
    with pytest.raises(JobFailed, match="The video is silent") as caught:
        ended.raise_for_error()
    assert caught.value.job is ended


def test_without_estimate_the_interval_grows_with_the_root_of_the_elapsed_time(client, server):
    server.script = job(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    at = [asked.at - 1000 for asked in server.polls]
    gaps = [later - earlier for earlier, later in pairwise(at[:-1])]
    assert gaps == pytest.approx([max(0.5, math.sqrt(2 * age)) for age in at[:-2]])


def test_last_poll_starts_on_the_deadline(client, server):
    server.script = job(pending(estimated_time_remaining=500.0))
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=7)
    assert [asked.at for asked in server.polls] == [1000.0, 1007.0]
    assert str(caught.value.job).startswith("job a pending")


def test_deadline_beats_the_shortest_interval(connect, server):
    client = connect(long_poll=0, min_polling_interval=5)
    server.script = job(pending(estimated_time_remaining=0.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=2)
    assert [asked.at for asked in server.polls] == [1000.0, 1002.0]


def test_timeout_of_none_has_no_deadline(client, server, clock):
    server.script = Book(clock, {"a": 1000.0 + 600.0})
    assert client.call("wait_for_completion", "a", timeout=None).status == "completed"


def test_retry_after_that_reaches_past_the_deadline_ends_the_wait_at_once(client, server, clock):
    server.script = job(pending(), **{"Retry-After": "30"})
    with pytest.raises(PollingTimeout, match="Retry-After of 30 s"):
        client.call("wait_for_completion", "a", timeout=20)
    assert clock.now == 1000.0
    assert len(server.asked) == 1


def test_retry_after_is_a_floor_where_there_is_no_estimate(client, server):
    server.script = [*job(pending(), **{"Retry-After": "7"}), *job(completed())]
    client.call("wait_for_completion", "a")
    assert [asked.at for asked in server.polls] == [1000.0, 1007.0]


def test_retry_after_gives_way_to_an_estimate(client, server):
    shown = pending(estimated_time_remaining=3.0, estimated_time_remaining_range=[3.0, 3.0])
    server.script = [*job(shown, **{"Retry-After": "7"}), *job(completed())]
    client.call("wait_for_completion", "a")
    assert [asked.at for asked in server.polls] == [1000.0, 1003.0]


def test_every_poll_is_logged_with_what_was_seen_and_why(client, server, caplog):
    server.script = job(pending(progress=0.42, estimated_time_remaining=5.0), completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_completion", "a")
    first, last = caplog.messages
    assert first.startswith("job a pending 42%, 5.0 s left; next poll in ")
    assert "s expected" in first
    assert last == "job a completed"


def test_first_wait_is_logged_as_it_is_when_it_begins(client, server, clock, caplog):
    exact = {"estimated_time_remaining": 30.0, "estimated_time_remaining_range": [30.0, 30.0]}
    known = created(client, server, **exact)
    clock.now += 10
    server.script = job(completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_completion", known)
    assert caplog.messages == [
        "job a pending, 30.0 s left; next poll in 20.00 s: 30 to 30 s expected",
        "job a completed",
    ]
    assert clock.slept == [20.0]


def test_newest_job_is_shown_with_the_wait_that_follows(client, server, clock, caplog):
    seen: list[Job] = []
    server.script = job(pending(estimated_time_remaining=2.0), completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_completion", on_update=seen.append)
    assert isinstance(seen[0].next_poll, Decision)
    assert clock.slept == [pytest.approx(seen[0].next_poll.seconds)]
    assert caplog.messages == [str(shown) for shown in seen]


def test_newest_job_that_has_ended_is_logged_and_returned(client, server, caplog):
    server.script = job(completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        assert [shown.status for shown in client.list("watch")] == ["completed"]
    assert caplog.messages == ["job a completed"]
    assert len(server.asked) == 1


def test_held_request_follows_a_sleep_to_the_early_end(connect, server, clock):
    client = connect()
    known = created(
        client,
        server,
        estimated_time_remaining=20.0,
        estimated_time_remaining_range=[15.0, 26.0],
    )
    server.script = [Reply(data=completed(), takes=9.0)]
    client.call("wait_for_completion", known)
    assert [asked.wait for asked in server.polls] == [30]
    assert 1009 < server.polls[0].at < 1012


def test_hold_of_zero_never_holds(client, server, clock):
    server.script = Book(clock, {"a": 1020.0})
    client.call("wait_for_completion", "a")
    assert {asked.wait for asked in server.polls} == {0}


def test_hold_ends_by_the_deadline(connect, server, clock):
    client = connect()

    def held(asked):
        headers = {"Preference-Applied": f"wait={asked.wait}"} if asked.wait else {}
        return Reply(data=pending(), headers=headers, takes=float(asked.wait))

    server.script = held
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=10)
    assert clock.now == 1010.0


def test_hold_for_a_job_sighted_long_ago_ends_by_the_deadline_too(connect, server, clock):
    client = connect()
    known = created(client, server, estimated_time_remaining=30.0)
    clock.now += 50
    server.script = job(completed())
    client.call("wait_for_completion", known, timeout=10)
    assert [asked.wait for asked in server.polls] == [10]


def test_hold_that_is_ignored_leads_to_plain_polls_of_that_server(connect, server, clock):
    client = connect()
    server.script = Book(clock, {"a": 1300.0, "b": 1600.0}, estimates=False)
    client.call("wait_for_completion", "a")
    client.call("wait_for_completion", "b")
    assert [asked.wait for asked in server.polls if asked.wait] == [30]


def test_holds_that_end_early_again_and_again_are_given_up(connect, server, clock):
    client = connect()
    server.script = job(pending(estimated_time_remaining=1.0), **{"Preference-Applied": "wait=30"})
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=30)
    assert sum(asked.wait > 0 for asked in server.polls) == 3


def test_hold_cut_by_a_proxy_is_no_failure_and_shortens_the_next(connect, server):
    client = connect(max_retries=0)
    cut = Reply(504, body=b"<html>", takes=20.0)
    shown = pending(estimated_time_remaining=1.0)
    held = {"Preference-Applied": "wait=16"}
    server.script = [
        *job(shown),
        cut,
        *job(shown),
        Reply(data=completed(), headers=held, takes=5),
    ]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert [asked.wait for asked in server.polls] == [0, 30, 0, 16]


@pytest.mark.parametrize("dies", [False, True], ids=["answers early", "drops connections"])
def test_holds_that_one_restart_ends_together_count_once(server, clock, dies):
    def restart():
        clock.now += 5.0

    together, names, times = (
        threading.Barrier(3, action=restart),
        "abc",
        Counter[tuple[str, bool]](),
    )
    shown = {"estimated_time_remaining": 1.0}

    def restarted(asked):
        name = asked.path.rpartition("/")[2]
        times[name, asked.wait > 0] += 1
        if not asked.wait:
            return Reply(data=pending(name, **shown))
        if times[name, True] > 1:
            return Reply(data=completed(name))
        together.wait(30)
        early = Reply(data=pending(name, **shown), headers={"Preference-Applied": "wait=30"})
        return Silence() if dies else early

    server.script = restarted
    with TranslationClient(server.url, max_retries=0, sleep=clock.sleep, clock=clock) as client:
        threads = [threading.Thread(target=client.wait_for_completion, args=(n,)) for n in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [asked.wait for asked in server.polls if asked.wait] == [30] * 6


def held_or(*cuts):
    """Return a script that meets holds with these replies in turn, then holds them to their end."""
    left = list(cuts)

    def answer(asked):
        if not asked.wait:
            return Reply(data=pending(estimated_time_remaining=1.0))
        if left:
            return left.pop(0)
        applied = {"Preference-Applied": f"wait={asked.wait}"}
        shown = pending(estimated_time_remaining=1.0)
        return Reply(data=shown, headers=applied, takes=float(asked.wait))

    return answer


@pytest.mark.parametrize(
    ("cuts", "waits"),
    [
        ([Reply(502, takes=1.15)], [30, 30]),
        ([Reply(502, takes=10.0), Reply(502, takes=20.0)], [30, 30, 30]),
        ([Reply(502, takes=10.0), Reply(502, takes=11.0)], [30, 30, 8]),
        ([Reply(504, takes=1.15)], [30, 2]),
    ],
    ids=["one cut", "two of different ages", "two of an age", "a gateway's limit"],
)
def test_shorter_holds_are_learned_only_from_a_limit(connect, server, clock, cuts, waits):
    client = connect(max_retries=0, timeout=300)
    server.script = held_or(*cuts)
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert [asked.wait for asked in server.polls if asked.wait][: len(waits)] == waits


def test_held_request_that_fails_at_once_was_not_cut_but_failed(connect, server):
    client = connect(max_retries=0)
    server.script = held_or(Reply(502, takes=0.5))
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")


def test_holds_that_go_well_become_longer_again(connect, server, clock):
    client = connect(timeout=600)
    server.script = held_or(Reply(504, takes=10.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    waits = [asked.wait for asked in server.polls if asked.wait]
    assert waits[:13] == [30, *[8] * 5, *[16] * 5, 30, 30]


def test_holds_that_are_given_up_are_logged(connect, server, clock, caplog):
    client = connect(max_retries=0)
    server.script = held_or(*[Reply(504, takes=1.5)] * 9)
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"), pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert sum(asked.wait > 0 for asked in server.polls) == 4
    assert "long polls keep ending early; using plain polls from now on" in caplog.messages


def test_retry_after_counts_also_where_a_hold_was_cut(connect, server, clock):
    client = connect()
    busy = Reply(503, headers={"Retry-After": "9"}, takes=20.0)
    server.script = [*job(pending(estimated_time_remaining=1.0)), busy, *job(completed())]
    client.call("wait_for_completion", "a")
    assert clock.slept[-1] == 9


def test_estimate_stuck_at_zero_does_not_hammer(client, server):
    server.script = job(pending(estimated_time_remaining=0.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert len(server.polls) <= 16


def test_estimate_stuck_just_above_zero_does_not_hammer_either(client, server):
    server.script = job(pending(estimated_time_remaining=0.01))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert len(server.polls) <= 25


def test_estimates_that_hold_are_believed_however_many_they_are(connect, server, clock):
    client = connect(long_poll=0, timeout=None, max_polling_interval=5)
    server.script = Book(clock, {"a": 1100.0})
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) > 15
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_estimates_outlived_in_between_others_are_not_in_a_row(client, server):
    short = pending(estimated_time_remaining=0.1)
    exact = pending(estimated_time_remaining=2.0, estimated_time_remaining_range=[2.0, 2.0])
    server.script = job(*[short, exact] * 12, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) == 25
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_estimate_is_outlived_once_however_many_answers_follow_without_one(client, server):
    short = pending(estimated_time_remaining=0.1)
    server.script = job(short, *[pending()] * 10, short, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) == 13
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_estimates_outlived_in_a_row_are_believed_no_longer(client, server):
    server.script = job(*[pending(estimated_time_remaining=0.1)] * 10, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert "the job outlived 9 estimates in a row" in str(seen[9].next_poll)


@pytest.mark.parametrize(
    ("finished_at", "took"),
    [
        ("2026-11-21T03:00:12Z", 12.0),
        (None, 15.0),
        ("2026-11-21T04:00:00Z", 20.0),
        ("2026-11-21T03:00:00Z", 10.0),
    ],
    ids=["as the server says", "half-way between two polls", "not after the last", "nor before"],
)
def test_end_of_a_job_is_learned(client, server, clock, finished_at, took):
    began = {"created_at": "2026-11-21T03:00:00Z"}
    exact = {"estimated_time_remaining": 10.0, "estimated_time_remaining_range": [10.0, 10.0]}
    known = created(client, server, **began, **exact)
    server.script = job(pending(**began, **exact), completed(**began, finished_at=finished_at))
    client.call("wait_for_completion", known)
    assert [asked.at for asked in server.polls] == [1010.0, 1020.0]
    assert math.exp(client.client.experience.durations.mean) == pytest.approx(took)


def test_time_that_a_job_went_on_overdue_is_learned(client, server, clock):
    server.script = job(pending(estimated_time_remaining=0.0), completed())
    client.call("wait_for_completion", "a")
    overdue = client.client.experience.overdue
    assert overdue.count == 1
    assert math.exp(overdue.mean) == pytest.approx(0.25)


def test_nothing_is_learned_from_a_job_that_was_canceled(client, server, clock):
    canceled = {"id": "a", "status": "error", "error": {"code": "canceled", "message": "So."}}
    before = client.client.experience
    server.script = job(pending(estimated_time_remaining=5.0), canceled)
    client.call("wait_for_completion", "a")
    assert client.client.experience == before


def test_client_learns_from_the_jobs_it_sees_end(client, server, clock):
    for _ in range(10):
        begun = clock.now
        known = created(client, server, estimated_time_remaining=10.0)
        server.script = Book(clock, {"a": begun + 20.0})
        client.call("wait_for_completion", known)
        server.asked.clear()
    assert client.client.experience.jobs == pytest.approx(10, rel=0.1)
    assert client.client.experience.durations.count == pytest.approx(10, rel=0.1)
