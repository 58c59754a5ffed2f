"""When long polls are sent, and what the client learns from those that are cut off."""

import logging
import threading
from collections import Counter

import pytest

from heygen_video_translation.client import (
    PollingTimeout,
    ServerUnavailable,
    TranslationClient,
)
from tests.client.documents import JobTable, completed, create_job, pending, replies
from tests.client.server import PATIENCE, Reply, Silence


def test_long_poll_starts_at_the_early_end(connect, server, clock):
    client = connect()
    job = create_job(
        client,
        server,
        estimated_time_remaining=20.0,
        estimated_time_remaining_range=[15.0, 26.0],
    )
    server.script = [Reply(data=completed(), takes=9.0)]
    client.call("wait_for_completion", job)
    assert [request.wait for request in server.polls] == [30]
    assert 1009 < server.polls[0].at < 1012


def test_no_long_poll_is_sent_if_long_poll_is_zero(client, server, clock):
    server.script = JobTable(clock, {"a": 1020.0})
    client.call("wait_for_completion", "a")
    assert {request.wait for request in server.polls} == {0}


def test_long_poll_ends_at_the_deadline(connect, server, clock):
    client = connect()

    def respond(request):
        headers = {"Preference-Applied": f"wait={request.wait}"} if request.wait else {}
        return Reply(data=pending(), headers=headers, takes=float(request.wait))

    server.script = respond
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=10)
    assert clock.now == 1010.0


def test_long_poll_for_a_job_seen_long_ago_ends_at_the_deadline(connect, server, clock):
    client = connect()
    job = create_job(client, server, estimated_time_remaining=30.0)
    clock.now += 50
    server.script = replies(completed())
    client.call("wait_for_completion", job, timeout=10)
    assert [request.wait for request in server.polls] == [10]


def test_plain_polls_follow_if_the_server_ignores_long_polls(connect, server, clock):
    client = connect()
    server.script = JobTable(clock, {"a": 1300.0, "b": 1600.0}, estimates=False)
    client.call("wait_for_completion", "a")
    client.call("wait_for_completion", "b")
    assert [request.wait for request in server.polls if request.wait] == [30]


def test_plain_polls_follow_if_long_polls_keep_ending_early(connect, server, clock):
    client = connect()
    server.script = replies(
        pending(estimated_time_remaining=1.0), **{"Preference-Applied": "wait=30"}
    )
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=30)
    assert sum(request.wait > 0 for request in server.polls) == 3


def test_next_long_poll_is_shorter_after_a_gateway_timeout(connect, server):
    client = connect(max_retries=0)
    cut = Reply(504, body=b"<html>", takes=20.0)
    shown = pending(estimated_time_remaining=1.0)
    applied = {"Preference-Applied": "wait=16"}
    server.script = [
        *replies(shown),
        cut,
        *replies(shown),
        Reply(data=completed(), headers=applied, takes=5),
    ]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert [request.wait for request in server.polls] == [0, 30, 0, 16]


@pytest.mark.parametrize("drops", [False, True], ids=["early responses", "dropped connections"])
def test_long_polls_that_a_restart_ends_count_once(server, clock, drops):
    def restart():
        clock.now += 5.0

    names = ("a", "b", "c")
    all_open = threading.Barrier(len(names), action=restart)
    counts = Counter[tuple[str, bool]]()
    shown = {"estimated_time_remaining": 1.0}

    def restarted(request):
        name = request.path.rpartition("/")[2]
        counts[name, request.wait > 0] += 1
        if not request.wait:
            return Reply(data=pending(name, **shown))
        if counts[name, True] > 1:
            return Reply(data=completed(name))
        all_open.wait(PATIENCE)
        early = Reply(data=pending(name, **shown), headers={"Preference-Applied": "wait=30"})
        return Silence() if drops else early

    server.script = restarted
    with TranslationClient(server.url, max_retries=0, sleep=clock.sleep, clock=clock) as client:
        threads = [threading.Thread(target=client.wait_for_completion, args=(n,)) for n in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [request.wait for request in server.polls if request.wait] == [30] * 6


def long_polls_after(*cuts):
    """Return a script that cuts off long polls with these replies, and completes later ones."""
    left = list(cuts)

    def respond(request):
        if not request.wait:
            return Reply(data=pending(estimated_time_remaining=1.0))
        if left:
            return left.pop(0)
        applied = {"Preference-Applied": f"wait={request.wait}"}
        shown = pending(estimated_time_remaining=1.0)
        return Reply(data=shown, headers=applied, takes=float(request.wait))

    return respond


@pytest.mark.parametrize(
    ("cuts", "waits"),
    [
        ([Reply(502, takes=1.15)], [30, 30]),
        ([Reply(502, takes=10.0), Reply(502, takes=20.0)], [30, 30, 30]),
        ([Reply(502, takes=10.0), Reply(502, takes=11.0)], [30, 30, 8]),
        ([Reply(504, takes=1.15)], [30, 2]),
    ],
    ids=["one cut off", "two at different ages", "two at the same age", "gateway timeout"],
)
def test_shorter_long_polls_are_learned_only_from_a_limit(connect, server, clock, cuts, waits):
    client = connect(max_retries=0, timeout=300)
    server.script = long_polls_after(*cuts)
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert [request.wait for request in server.polls if request.wait][: len(waits)] == waits


def test_long_poll_that_fails_at_once_is_a_failure(connect, server):
    client = connect(max_retries=0)
    server.script = long_polls_after(Reply(502, takes=0.5))
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")


def test_complete_long_polls_become_longer_again(connect, server, clock):
    client = connect(timeout=600)
    server.script = long_polls_after(Reply(504, takes=10.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    waits = [request.wait for request in server.polls if request.wait]
    assert waits[:13] == [30, *[8] * 5, *[16] * 5, 30, 30]


def test_change_to_plain_polls_is_logged(connect, server, clock, caplog):
    client = connect(max_retries=0)
    server.script = long_polls_after(*[Reply(504, takes=1.5)] * 9)
    with (
        caplog.at_level(logging.INFO, logger="heygen_video_translation.client"),
        pytest.raises(PollingTimeout),
    ):
        client.call("wait_for_completion", "a")
    assert sum(request.wait > 0 for request in server.polls) == 4
    assert "long polls keep ending early; using plain polls from now on" in caplog.messages


def test_retry_after_applies_if_a_long_poll_was_cut_off(connect, server, clock):
    client = connect()
    busy = Reply(503, headers={"Retry-After": "9"}, takes=20.0)
    server.script = [*replies(pending(estimated_time_remaining=1.0)), busy, *replies(completed())]
    client.call("wait_for_completion", "a")
    assert clock.slept[-1] == 9
