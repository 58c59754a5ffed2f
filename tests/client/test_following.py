"""Following one job: when it is polled, and what the caller sees."""

import logging
import math
from itertools import pairwise

import pytest

from heygen_video_translation.client import (
    Decision,
    Job,
    JobFailed,
    PollingTimeout,
    UnexpectedResponse,
)
from tests.client.documents import JobTable, completed, create_job, pending, replies
from tests.client.server import Reply


def test_created_job_is_first_polled_when_its_estimate_suggests(client, server, clock):
    job = create_job(
        client,
        server,
        estimated_time_remaining=30.0,
        estimated_time_remaining_range=[30.0, 30.0],
    )
    clock.now += 10
    server.script = replies(completed())
    ended = client.call("wait_for_completion", job)
    assert ended.status == "completed"
    assert [request.at for request in server.polls] == [1030.0]


@pytest.mark.parametrize("fields", [{}, {"estimated_time_remaining": 30.0}], ids=str)
def test_created_job_is_polled_at_once_if_its_time_has_passed(client, server, clock, fields):
    job = create_job(client, server, **fields)
    clock.now += 50
    server.script = replies(completed())
    client.call("wait_for_completion", job)
    assert [request.at for request in server.polls] == [1050.0]


def test_id_is_polled_at_once(client, server):
    server.script = replies(completed())
    client.call("wait_for_completion", "a")
    assert [request.at for request in server.polls] == [1000.0]


def test_job_from_a_replayed_response_is_polled_at_once(client, server):
    server.script = [
        Reply(202, pending(estimated_time_remaining=30.0), {"Idempotent-Replayed": "true"})
    ]
    job = client.call("create_job", idempotency_key="k")
    server.script = replies(completed())
    client.call("wait_for_completion", job)
    assert [request.at for request in server.polls] == [1000.0]


def test_finished_job_is_returned_without_a_poll(client, server):
    server.script = replies(completed())
    ended = client.call("get_status", "a")
    assert client.call("wait_for_completion", ended) is ended
    assert client.list("watch", ended) == [ended]
    assert len(server.requests) == 1


def test_on_update_gets_every_response_with_its_next_poll(client, server):
    seen: list[Job] = []
    server.script = replies(pending(estimated_time_remaining=5.0), completed())
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert [shown.status for shown in seen] == ["pending", "completed"]
    assert isinstance(seen[0].next_poll, Decision)
    assert server.requests[1].at == 1000.0 + seen[0].next_poll.seconds
    assert "expected" in seen[0].next_poll.reason
    assert seen[1].next_poll is None


def test_watch_yields_every_response(client, server):
    server.script = replies(pending(), pending(), completed())
    statuses = [shown.status for shown in client.list("watch", "a")]
    assert statuses == ["pending", "pending", "completed"]


def test_failed_job_is_returned_and_raises_only_on_request(client, server):
    error = {"code": "no_audio", "message": "The video is silent.", "retryable": False}
    server.script = replies({"id": "a", "status": "error", "error": error})
    ended = client.call("wait_for_completion", "a")
    assert (ended.status, ended.error.code) == ("error", "no_audio")
    with pytest.raises(JobFailed, match="The video is silent") as caught:
        ended.raise_for_error()
    assert caught.value.job is ended


def test_every_poll_is_logged_with_the_reason_for_the_next(client, server, caplog):
    server.script = replies(pending(progress=0.42, estimated_time_remaining=5.0), completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_completion", "a")
    first, last = caplog.messages
    assert first.startswith("job a pending 42%, 5.0 s left; next poll in ")
    assert "s expected" in first
    assert last == "job a completed"


def test_time_to_the_first_poll_is_logged(client, server, clock, caplog):
    exact = {"estimated_time_remaining": 30.0, "estimated_time_remaining_range": [30.0, 30.0]}
    job = create_job(client, server, **exact)
    clock.now += 10
    server.script = replies(completed())
    with caplog.at_level(logging.INFO, logger="heygen_video_translation.client"):
        client.call("wait_for_completion", job)
    assert caplog.messages == [
        "job a pending, 30.0 s left; next poll in 20.00 s: 30 to 30 s expected",
        "job a completed",
    ]
    assert clock.slept == [20.0]


def test_interval_without_estimate_grows_with_the_root_of_the_time(client, server):
    server.script = replies(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    at = [request.at - 1000 for request in server.polls]
    gaps = [later - earlier for earlier, later in pairwise(at[:-1])]
    assert gaps == pytest.approx([max(0.5, math.sqrt(2 * age)) for age in at[:-2]])


def test_last_poll_is_sent_at_the_deadline(client, server):
    server.script = replies(pending(estimated_time_remaining=500.0))
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=7)
    assert [request.at for request in server.polls] == [1000.0, 1007.0]
    assert str(caught.value.job).startswith("job a pending")


def test_one_poll_is_sent_if_the_timeout_is_zero(client, server):
    server.script = replies(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=0)
    assert len(server.requests) == 1


def test_deadline_takes_precedence_over_the_shortest_interval(connect, server):
    client = connect(long_poll=0, min_polling_interval=5)
    server.script = replies(pending(estimated_time_remaining=0.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=2)
    assert [request.at for request in server.polls] == [1000.0, 1002.0]


def test_timeout_of_none_means_no_deadline(client, server, clock):
    server.script = JobTable(clock, {"a": 1000.0 + 600.0})
    assert client.call("wait_for_completion", "a", timeout=None).status == "completed"


def test_last_poll_at_the_deadline_precedes_a_later_retry_after(client, server):
    server.script = [*replies(pending(), **{"Retry-After": "30"}), *replies(completed())]
    assert client.call("wait_for_completion", "a", timeout=20).status == "completed"
    assert [request.at for request in server.polls] == [1000.0, 1020.0]


def test_job_of_almost_two_seconds_ends_before_a_deadline_of_two(client, server, clock):
    def respond(request):
        document = pending() if clock.now < 1001.8 else completed()
        status = 202 if request.method == "POST" else 200
        return Reply(status, document, {"Retry-After": "1"}, takes=0.01)

    server.script = respond
    job = client.call("create_job")
    assert client.call("wait_for_completion", job, timeout=2).status == "completed"
    assert len(server.polls) == 2


def test_timeout_names_the_deadline_if_retry_after_is_past_it(client, server, clock):
    server.script = replies(pending(), **{"Retry-After": "30"})
    with pytest.raises(PollingTimeout, match="job a pending: the deadline is reached"):
        client.call("wait_for_completion", "a", timeout=20)
    assert clock.now == 1020.0


def test_retry_after_is_a_floor_if_there_is_no_estimate(client, server):
    server.script = [*replies(pending(), **{"Retry-After": "7"}), *replies(completed())]
    client.call("wait_for_completion", "a")
    assert [request.at for request in server.polls] == [1000.0, 1007.0]


def test_retry_after_is_ignored_if_there_is_an_estimate(client, server):
    shown = pending(estimated_time_remaining=3.0, estimated_time_remaining_range=[3.0, 3.0])
    server.script = [*replies(shown, **{"Retry-After": "7"}), *replies(completed())]
    client.call("wait_for_completion", "a")
    assert [request.at for request in server.polls] == [1000.0, 1003.0]


def test_polls_are_few_if_the_estimate_is_stuck_at_zero(client, server):
    server.script = replies(pending(estimated_time_remaining=0.0))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert len(server.polls) <= 16


def test_polls_are_few_if_the_estimate_is_stuck_above_zero(client, server):
    server.script = replies(pending(estimated_time_remaining=0.01))
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a")
    assert len(server.polls) <= 25


def test_polls_are_few_if_a_job_never_ends(client, server):
    server.script = replies(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=3600)
    assert len(server.requests) < 110


def test_right_estimates_are_not_outlived_however_many(connect, server, clock):
    client = connect(long_poll=0, timeout=None, max_polling_interval=5)
    server.script = JobTable(clock, {"a": 1100.0})
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) > 15
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_outlived_estimates_do_not_count_if_others_are_right(client, server):
    short = pending(estimated_time_remaining=0.1)
    exact = pending(estimated_time_remaining=2.0, estimated_time_remaining_range=[2.0, 2.0])
    server.script = replies(*[short, exact] * 12, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) == 25
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_outlived_estimate_counts_once(client, server):
    short = pending(estimated_time_remaining=0.1)
    server.script = replies(short, *[pending()] * 10, short, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert len(seen) == 13
    assert not any("outlived" in str(shown.next_poll) for shown in seen)


def test_estimates_outlived_in_a_row_are_named_in_the_reason(client, server):
    server.script = replies(*[pending(estimated_time_remaining=0.1)] * 10, completed())
    seen: list[Job] = []
    client.call("wait_for_completion", "a", on_update=seen.append)
    assert "the job outlived 9 estimates in a row" in str(seen[9].next_poll)


def test_unknown_status_between_known_ones_is_tolerated(client, server):
    documents = [{"id": "a", "status": "dreaming"}, pending()] * 150
    server.script = replies(*documents, completed())
    assert client.call("wait_for_completion", "a", timeout=None).status == "completed"
    assert len(server.requests) == 301


def test_polls_are_few_if_the_status_is_unknown(client, server):
    server.script = replies({"id": "a", "status": "dreaming"})
    with pytest.raises(PollingTimeout, match="dreaming"):
        client.call("wait_for_completion", "a")
    assert len(server.requests) <= 16


def test_unknown_status_ends_a_wait_without_deadline(client, server):
    server.script = replies({"id": "a", "status": "dreaming"})
    with pytest.raises(UnexpectedResponse, match="dreaming"):
        client.call("wait_for_completion", "a", timeout=None)
    assert len(server.requests) == 100


def test_unknown_status_of_a_finished_job_ends_the_wait_at_once(client, server):
    server.script = replies(
        {"id": "a", "status": "archived", "finished_at": "2026-11-21T03:00:00Z"}
    )
    with pytest.raises(UnexpectedResponse, match="archived"):
        client.call("wait_for_completion", "a")
    assert len(server.requests) == 1
