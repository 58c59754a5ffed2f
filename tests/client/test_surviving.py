"""What a bad server, a bad network and bad jitter may do to a wait, and what comes of it."""

import json
import time

import pytest
import requests
import urllib3

from heygen_video_translation.client import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    Job,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    TranslationClient,
    UnexpectedResponse,
)
from heygen_video_translation.client.dialects.native import job_from_document
from tests.client.server import Reply, Reset, Silence, Trickle, completed, job, pending
from tests.patience import soonest

UNREADABLE = {
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


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE)
def test_wait_goes_on_after_a_burst_of_bad_answers(client, server, bad):
    server.script = [*job(pending()), bad, bad, bad, *job(completed())]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert len(server.asked) == 5


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE)
def test_bad_answers_for_ever_use_the_retries_up(connect, server, clock, bad):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [bad]
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")
    assert len(server.asked) == 6
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
    server.script = [bad, *job(pending()), bad, *job(pending()), bad, *job(completed())]
    assert client.call("wait_for_completion", "a").status == "completed"


def test_rate_limit_to_the_last_retry(connect, server):
    client = connect(max_retries=2)
    server.script = [Reply(429)]
    with pytest.raises(RateLimited):
        client.call("get_status", "a")
    assert len(server.asked) == 3


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
def test_retry_after_is_honoured_whatever_the_local_clock_says(
    client, server, clock, status, headers
):
    server.script = [Reply(status, headers=headers), *job(completed())]
    client.call("get_status", "a")
    assert clock.slept == [17]


@pytest.mark.parametrize(
    "value", ["soon", "-5", "nan", "inf", "Sat, 21 Nov 2026 03:00:17 GMT", "1e400", ""]
)
def test_retry_after_that_means_nothing_is_ignored(client, server, clock, value):
    server.script = [Reply(503, headers={"Retry-After": value}), *job(completed())]
    client.call("get_status", "a")
    assert clock.slept == []


def test_retry_after_is_honoured_up_to_the_longest_interval(connect, server, clock):
    client = connect(max_polling_interval=20)
    server.script = [Reply(429, headers={"Retry-After": "86400"}), *job(completed())]
    client.call("wait_for_completion", "a")
    assert clock.slept == [20]


def test_retry_after_of_a_refusal_past_the_deadline_ends_the_wait_at_once(client, server, clock):
    server.script = [*job(pending()), Reply(429, headers={"Retry-After": "30"})]
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=10)
    assert isinstance(caught.value.__cause__, RateLimited)
    assert str(caught.value.job) == "job a pending"
    assert clock.now == 1000.5


def test_outage_that_outlasts_the_deadline_is_a_timeout(connect, server, clock):
    client = connect(long_poll=0, random=lambda: 1.0)
    server.script = [Reply(500)]
    with pytest.raises(PollingTimeout) as caught:
        client.call("wait_for_completion", "a", timeout=4)
    assert isinstance(caught.value.__cause__, ServerUnavailable)
    assert [asked.at for asked in server.asked] == [1000, 1001, 1003, 1004]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, JobNotFound),
        (409, Conflict),
        (410, UnexpectedResponse),
        (418, UnexpectedResponse),
        (422, InvalidRequest),
    ],
)
def test_refusal_is_final_at_once_and_carries_the_job(client, server, status, kind):
    problem = {"detail": "So it is.", "errors": [{"field": "title", "detail": "Too long."}]}
    server.script = [*job(pending()), Reply(status, problem)]
    with pytest.raises(kind, match=r"So it is\. \| title: Too long\.") as caught:
        client.call("wait_for_completion", "a")
    assert type(caught.value) is kind
    assert caught.value.job.id == "a"
    assert len(server.asked) == 2


FIELD = {"field": "title", "detail": "Too long."}


@pytest.mark.parametrize(
    ("problem", "detail"),
    [
        ({"detail": "title: Too long.", "errors": [FIELD]}, "title: Too long."),
        (
            {"detail": "Two things.", "errors": [FIELD, FIELD, {"field": "", "detail": "No."}]},
            "Two things. | title: Too long. | No.",
        ),
        ({"title": "Bad Request", "errors": "none"}, "Bad Request"),
        ({"errors": [FIELD, 5]}, "title: Too long."),
    ],
    ids=["in the detail", "beside it", "title alone", "no words"],
)
def test_refusal_says_nothing_twice(client, server, problem, detail):
    server.script = [Reply(400, problem)]
    with pytest.raises(InvalidRequest) as caught:
        client.call("get_status", "a")
    assert caught.value.detail == detail
    assert str(caught.value) == f"GET {server.url}/vid_trans_api/jobs/a: 400 | {detail}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000, b"5"], ids=len)
def test_refusal_without_words_says_its_number(client, server, body):
    server.script = [Reply(404, body=body)]
    with pytest.raises(JobNotFound) as caught:
        client.call("get_status", "a")
    assert caught.value.detail == f"GET {server.url}/vid_trans_api/jobs/a: 404"


def test_detail_of_a_lost_job_is_kept_in_company(client, server):
    server.script = [Reply(401, {"detail": "No key."})]
    found = client.call("wait_for_all", ["a", "b"], return_exceptions=True)
    assert [error.detail for error in found.values()] == ["No key."] * 2


def test_connection_refused_is_one_short_sentence(connect, server, caplog):
    client = connect(long_poll=0, max_retries=1)
    server.stop()
    words = f"{server.url} did not respond: connection refused"
    with pytest.raises(ServerUnavailable) as caught:
        client.call("get_status", "a")
    assert (str(caught.value), caught.value.detail) == (words, words)
    assert caplog.messages == [f"{words}; retrying in 0.00 s"]


def test_name_and_password_in_the_address_are_not_told(connect, server):
    client = connect(max_retries=0, base_url=server.url.replace("//", "//me:secret@"))
    server.stop()
    with pytest.raises(ServerUnavailable, match="did not respond: connection refused") as caught:
        client.call("get_status", "a")
    assert "secret" not in str(caught.value)


def test_lost_answer_is_not_blamed_on_what_the_caller_was_handling(connect, server):
    client = connect(max_retries=0)
    server.script = [Silence()]
    try:
        raise FileNotFoundError(2, "no such file")
    except OSError:
        with pytest.raises(ServerUnavailable) as caught:
            client.call("get_status", "a")
    assert "file" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Silence(), "did not respond: (the connection was closed|ServerDisconnectedError)"),
        (Reset(), "did not respond: connection reset by peer$"),
        (Reply(body=b"{", length=9), "did not respond: (the connection was closed|ContentLength)"),
        (Trickle(b"", pause=0.3), r"did not respond within 0\.2 s$"),
        (Reply(body=b"<p>"), r"unreadable response: not JSON \("),
    ],
    ids=["silence", "reset", "cut off", "too slow", "HTML"],
)
def test_lost_answer_is_told_in_a_line(connect, server, reply, why):
    client = connect(max_retries=0, request_timeout=0.2 if isinstance(reply, Trickle) else 30)
    server.script = [reply]
    with pytest.raises(ServerUnavailable, match=why) as caught:
        client.call("get_status", "a")
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


def test_server_that_is_not_there_at_the_start_may_come_up(connect, server, clock):
    server.stop()
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        clock.now += seconds
        if len(pauses) == 2:
            server.start()

    async def sleep_async(seconds):
        sleep(seconds)

    client = connect(long_poll=0)
    if hasattr(client, "runner"):
        client.client._sleep = sleep_async
    else:
        client.client._sleep = sleep
    client.client._random = lambda: 0.5
    server.script = job(completed())
    assert client.call("wait_for_completion", "a").status == "completed"
    assert pauses == [0.5, 1.0]


def test_server_that_goes_away_in_the_middle(client, server):
    server.script = job(pending(estimated_time_remaining=5.0))
    client.call("get_status", "a")
    server.stop()
    with pytest.raises(ServerUnavailable):
        client.call("wait_for_completion", "a")


WRONG = ["x", {}, [], True, [1], [1, 2, 3], ["a", "b"], -1, 10**400, float("nan"), float("inf")]


@pytest.mark.parametrize("value", [*WRONG, float("-inf"), None, [5, 1], [-1, 2]], ids=str)
def test_wrong_values_in_every_other_field_do_no_harm(client, server, value):
    names = [
        "progress",
        "estimated_time_remaining",
        "estimated_time_remaining_range",
        "title",
        "video_url",
        "target_language",
        "created_at",
        "finished_at",
        "result_url",
        "error",
    ]
    server.script = [
        Reply(body=json.dumps(pending(**dict.fromkeys(names, value))).encode()),
        *job(completed(**{name: value for name in names if value != float("inf")})),
    ]
    assert client.call("wait_for_completion", "a").status == "completed"
    assert len(server.asked) == 2


@pytest.mark.parametrize("value", [*WRONG, float("-inf"), None], ids=str)
def test_wrong_value_is_read_as_unknown(value):
    assert job_from_document(pending(progress=value)).progress == (-1 if value == -1 else None)
    named = pending(created_at=value, finished_at=value, title=[value], video_url=[value])
    assert job_from_document(named) == job_from_document(pending())


@pytest.mark.parametrize(
    "band",
    [*WRONG, None, [5, 1], [-1, 2], [True, 2], [1, float("nan")], [1, float("inf")]],
    ids=str,
)
def test_wrong_range_is_read_as_none(band):
    assert job_from_document(pending(estimated_time_remaining_range=band)) == job_from_document(pending())


def test_unknown_status_between_known_ones_is_borne_for_ever(client, server):
    answers = [{"id": "a", "status": "dreaming"}, pending()] * 150
    server.script = job(*answers, completed())
    assert client.call("wait_for_completion", "a", timeout=None).status == "completed"
    assert len(server.asked) == 301


def test_unknown_status_is_polled_with_patience_to_the_deadline(client, server):
    server.script = job({"id": "a", "status": "dreaming"})
    with pytest.raises(PollingTimeout, match="dreaming"):
        client.call("wait_for_completion", "a")
    assert len(server.asked) <= 16


def test_unknown_status_is_not_polled_for_ever_even_without_a_deadline(client, server):
    server.script = job({"id": "a", "status": "dreaming"})
    with pytest.raises(UnexpectedResponse, match="dreaming"):
        client.call("wait_for_completion", "a", timeout=None)
    assert len(server.asked) == 100


def test_unknown_status_of_a_job_that_has_ended_is_told_at_once(client, server):
    server.script = job({"id": "a", "status": "archived", "finished_at": "2026-11-21T03:00:00Z"})
    with pytest.raises(UnexpectedResponse, match="archived"):
        client.call("wait_for_completion", "a")
    assert len(server.asked) == 1


def test_job_that_never_ends_costs_few_polls(client, server):
    server.script = job(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=3600)
    assert len(server.asked) < 110


def until_given_up(client):
    """Return how long a client waits for an answer before it gives up."""
    began = time.monotonic()
    with pytest.raises(ServerUnavailable):
        client.call("get_status", "a")
    return time.monotonic() - began


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nX-Header: ",
        b"HTTP",
    ],
    ids=["body", "headers", "status line"],
)
def test_timeout_of_a_request_bounds_an_answer_that_trickles(connect, server, start):
    client = connect(request_timeout=0.4, max_retries=0)
    server.script = [Trickle(start)]
    assert soonest(lambda: until_given_up(client), enough=1.0) < 1.0


def test_timeout_of_a_request_bounds_an_answer_through_a_proxy_of_the_session(server):
    server.script = [Trickle(b"HTTP/1.1 200 OK\r\n")]
    began = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": server.url}
        client = TranslationClient(
            "http://far.invalid", session=session, max_retries=0, request_timeout=0.5
        )
        with pytest.raises(ServerUnavailable):
            client.get_status("a")
    assert 0.4 < time.monotonic() - began < 30


def test_pools_of_a_caller_are_bounded_as_they_are(server):
    class OwnConnection(urllib3.connection.HTTPConnection):
        def __init__(self, *args, own_option, **kwargs):
            super().__init__(*args, **kwargs)

    class OwnPool(urllib3.HTTPConnectionPool):
        ConnectionCls = OwnConnection

        def __init__(self, *args, **kwargs):
            super().__init__(*args, own_option=True, **kwargs)

    server.script = [*job(completed()), Trickle(b"HTTP/1.1 200 OK\r\n")]
    with requests.Session() as session:
        adapter = session.get_adapter("http://")
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        manager = adapter.poolmanager
        manager.pool_classes_by_scheme = {"http": OwnPool}
        client = TranslationClient(server.url, session=session, max_retries=0, request_timeout=0.5)
        assert client.get_status("a").status == "completed"
        assert issubclass(manager.pool_classes_by_scheme["http"], OwnPool)
        began = time.monotonic()
        with pytest.raises(ServerUnavailable):
            client.get_status("a")
    assert 0.4 < time.monotonic() - began < 30


def test_last_byte_before_the_timeout_buys_no_more_time(connect, server):
    client = connect(request_timeout=0.4, max_retries=0)
    server.script = [Trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", pause=0.35)]
    assert soonest(lambda: until_given_up(client), enough=0.65) < 0.65


def test_timeout_of_a_request_bounds_silence(connect, server):
    client = connect(request_timeout=0.3, max_retries=0)
    server.script = [Trickle(b"", pause=0.6)]
    assert soonest(lambda: until_given_up(client), enough=0.55) < 0.55


def test_answer_without_end_is_cut_off(connect, server):
    class Endless(Reply):
        sent = 0

        def send(self, connection, clock):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while self.sent < 2**26:
                self.sent += connection.send(b" " * 2**16)

    client = connect(max_retries=0)
    endless = Endless()
    server.script = [endless]
    with pytest.raises(ServerUnavailable, match="unreadable response"):
        client.call("get_status", "a")
    server.stop()
    assert 2**24 <= endless.sent < 2**25


def test_deadline_in_the_past_still_allows_one_poll(client, server):
    server.script = job(pending())
    with pytest.raises(PollingTimeout):
        client.call("wait_for_completion", "a", timeout=0)
    assert len(server.asked) == 1
