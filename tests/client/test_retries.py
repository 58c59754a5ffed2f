"""Which responses are retried, how often, and after which pauses."""

import pytest

from heygen_video_translation.client import PollingTimeout, RateLimited, ServerUnavailable
from tests.client.documents import completed, pending, replies
from tests.client.server import Reply, Reset, Silence

UNUSABLE = {
    "empty": Reply(body=b""),
    "half a JSON document": Reply(body=b'{"id": "a", "sta'),
    "cut off": Reply(body=b'{"id": "a"', length=500),
    "HTML": Reply(body=b"<html>hello</html>", headers={"Content-Type": "text/html"}),
    "not UTF-8": Reply(body=b"\xff\xfe\xff"),
    "nested too deeply": Reply(body=b"[" * 200_000),
    "a list": Reply(data=[]),
    "null": Reply(data=None),
    "no id": Reply(data={"status": "pending"}),
    "id of the wrong type": Reply(data={"id": 5, "status": "pending"}),
    "status of the wrong type": Reply(data={"id": "a", "status": ["pending"]}),
    "no status": Reply(data={"id": "a"}),
    "silence": Silence(),
    "reset": Reset(),
    "500": Reply(500, body=b"oops"),
    "502": Reply(502, body=b""),
    "503": Reply(503, data={"detail": "busy"}),
    "408": Reply(408),
    "425": Reply(425),
}


@pytest.mark.parametrize("bad", UNUSABLE.values(), ids=UNUSABLE)
def test_wait_continues_after_unusable_responses(client, server, bad):
    server.script = [*replies(pending()), bad, bad, bad, *replies(completed())]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert len(server.requests) == 5


@pytest.mark.parametrize("bad", UNUSABLE.values(), ids=UNUSABLE)
def test_retries_end_if_no_response_is_usable(connect, server, clock, bad):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [bad]
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")
    assert len(server.requests) == 6
    assert clock.slept == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("longest", "pauses"),
    [(60.0, [1, 2, 4, 8, 16, 30, 30, 30]), (5.0, [1, 2, 4, 5, 5, 5, 5, 5])],
    ids=["half a minute", "the longest interval"],
)
def test_pauses_grow_up_to_a_bound(connect, server, clock, longest, pauses):
    client = connect(max_retries=8, max_polling_interval=longest, random=lambda: 1.0)
    server.script = [Reply(500)]
    with pytest.raises(ServerUnavailable):
        client.call("get_status", "a")
    assert clock.slept == pauses


def test_success_resets_the_count_of_retries(connect, server):
    client = connect(long_poll=0, max_retries=1)
    bad = Reply(500)
    server.script = [bad, *replies(pending()), bad, *replies(pending()), bad, *replies(completed())]
    assert client.call("wait_for_completion", "a").status == "completed"


def test_last_429_is_a_rate_limit(connect, server):
    client = connect(max_retries=2)
    server.script = [Reply(429)]
    with pytest.raises(RateLimited):
        client.call("get_status", "a")
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "17"},
        {
            "Date": "Sat, 21 Nov 2026 03:00:00 GMT",
            "Retry-After": "Sat, 21 Nov 2026 03:00:17 GMT",
        },
    ],
    ids=["seconds", "date"],
)
def test_retry_after_is_obeyed(client, server, clock, status, headers):
    server.script = [Reply(status, headers=headers), *replies(completed())]
    client.call("get_status", "a")
    assert clock.slept == [17]


@pytest.mark.parametrize(
    "value", ["soon", "-5", "nan", "inf", "Sat, 21 Nov 2026 03:00:17 GMT", "1e400", ""]
)
def test_retry_after_is_ignored_if_invalid(client, server, clock, value):
    server.script = [Reply(503, headers={"Retry-After": value}), *replies(completed())]
    client.call("get_status", "a")
    assert clock.slept == []


def test_retry_after_is_obeyed_up_to_the_longest_interval(connect, server, clock):
    client = connect(max_polling_interval=20)
    server.script = [Reply(429, headers={"Retry-After": "86400"}), *replies(completed())]
    client.call("wait_for_completion", "a")
    assert clock.slept == [20]


def test_wait_ends_if_retry_after_of_a_429_is_past_the_deadline(client, server, clock):
    server.script = [*replies(pending()), Reply(429, headers={"Retry-After": "30"})]
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=10)
    assert isinstance(caught.value.__cause__, RateLimited)
    assert str(caught.value.job) == "job a pending"
    assert clock.now == 1000.5


def test_outage_at_the_deadline_is_a_timeout(connect, server, clock):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [Reply(500)]
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=4)
    assert isinstance(caught.value.__cause__, ServerUnavailable)
    assert [request.at for request in server.requests] == [1000, 1001, 1003, 1004]


def test_wait_continues_if_the_server_starts_late(connect, server, clock):
    def sleep(seconds):
        clock.sleep(seconds)
        if len(clock.slept) == 2:
            server.start()

    client = connect(long_poll=0, sleep=sleep, random=lambda: 0.5)
    server.stop()
    server.script = replies(completed())
    assert client.call("wait_for_completion", "a").status == "completed"
    assert clock.slept == [0.5, 1.0]


def test_wait_ends_if_the_server_stops(client, server):
    server.script = replies(pending(estimated_time_remaining=5.0))
    client.call("get_status", "a")
    server.stop()
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")
