"""Handles for started jobs, with every driver."""

import threading
import time
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest

from heygen_video_translation.client import PollingTimeout, ServerUnavailable, TranslationClient
from tests.client.documents import JobTable, completed, pending
from tests.client.server import PATIENCE, Reply

CANCELED = {"status": "error", "error": {"code": "canceled", "message": "Canceled."}}
THREAD = "translation-client"


class RealClock:
    """The real clock, for a server; nothing can set it."""

    @property
    def now(self):
        return time.monotonic()


class Started:
    """A script that creates `a`, `b` and so on, which end at the instant `end`, as estimated."""

    def __init__(self, clock):
        self.clock, self.end = clock, clock.now + 600.0
        self.table = JobTable(clock, {})

    def __call__(self, request):
        path = urlsplit(request.path).path
        if path.endswith("/cancel"):
            return Reply(data={"id": path.split("/")[-2], **CANCELED})
        if request.method == "GET":
            return self.table(request)
        name = "abcdef"[len(self.table.ends)]
        self.table.ends[name] = self.end
        left = max(self.end - self.clock.now, 0.0)
        exact = {"estimated_time_remaining_range": [left, left]}
        return Reply(202, pending(name, estimated_time_remaining=left, **exact))


@pytest.fixture
def client(connect):
    """Return a client with the real clock, and without long polls."""
    return connect(in_real_time=True, long_poll=0, timeout=PATIENCE)


@pytest.fixture
def start(client, server):
    """Return a function that starts jobs which all end so many seconds from now."""
    script = server.script = Started(RealClock())

    def started(count, *, seconds):
        script.end = script.clock.now + seconds
        return [client.call("start") for _ in range(count)]

    return started


def methods(server):
    return [request.method for request in server.requests]


def test_result_is_the_finished_job(client, server, start):
    [handle] = start(1, seconds=0.6)
    assert (handle.id, handle.done()) == ("a", False)
    job = client.on(handle, "result")
    assert (job.id, job.status, handle.done()) == ("a", "completed", True)
    assert handle.job is client.on(handle, "status") is client.on(handle, "result") is job
    assert methods(server) == ["POST", "GET"]


def test_repr_shows_id_and_status(client, start):
    [handle] = start(1, seconds=0.1)
    kind = type(handle).__name__
    assert repr(handle) == f"<{kind} a pending>"
    client.on(handle, "result")
    assert repr(handle) == f"<{kind} a completed>"


def test_jobs_that_join_share_requests(client, server, start):
    handles = start(3, seconds=3)
    jobs = [client.on(handle, "result") for handle in handles]
    assert [job.id for job in jobs] == ["a", "b", "c"]
    assert methods(server) == ["POST", "POST", "POST", "GET"]
    assert sorted(server.polls[0].query["ids"].split(",")) == ["a", "b", "c"]


def test_jobs_of_clients_with_other_options_share_requests(client, server, start):
    [first] = start(1, seconds=3)
    client.client = client.client.with_options(headers={"X-Trace": "b"})
    second = client.call("start")  # it ends with the first one
    assert [client.on(handle, "result").id for handle in (first, second)] == ["a", "b"]
    assert methods(server) == ["POST", "POST", "GET"]
    assert ["x-trace" in request.headers for request in server.requests] == [False, True, False]


def test_job_that_joins_is_polled_when_it_is_due(client, server, start):
    start(1, seconds=600)
    [quick] = start(1, seconds=0.2)
    assert client.on(quick, "result", timeout=5).status == "completed"
    assert methods(server) == ["POST", "POST", "GET"]


def test_next_start_follows_anew_once_all_have_ended(client, start):
    for _ in range(2):
        [handle] = start(1, seconds=0.1)
        assert client.on(handle, "result").status == "completed"
    for thread in [each for each in threading.enumerate() if each.name == THREAD]:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_job_that_has_ended_when_it_is_created_is_not_polled(client, server):
    server.script = [Reply(200, completed(), headers={"Idempotent-Replayed": "true"})]
    handle = client.call("start", idempotency_key="mine")
    assert client.on(handle, "result").status == "completed"
    assert methods(server) == ["POST"]


def test_callbacks_are_called_once_and_their_errors_are_logged(client, start, caplog):
    called: SimpleQueue[object] = SimpleQueue()

    def fail(_):
        raise ZeroDivisionError

    [handle] = start(1, seconds=0.1)
    handle.add_done_callback(fail)
    handle.add_done_callback(called.put)
    client.on(handle, "result")
    assert called.get(timeout=PATIENCE) == handle
    handle.add_done_callback(called.put)
    assert (called.get_nowait(), called.empty()) == (handle, True)
    assert "a callback for job a" in caplog.text


def test_result_with_a_timeout_leaves_the_job_running(client, start):
    [handle] = start(1, seconds=600)
    with pytest.raises(PollingTimeout, match="gave up waiting for job a pending"):
        client.on(handle, "result", timeout=0.1)
    assert not handle.done()


def test_cancel_ends_the_job_without_another_poll(client, server, start):
    called: SimpleQueue[object] = SimpleQueue()
    [handle] = start(1, seconds=600)
    handle.add_done_callback(called.put)
    assert client.on(handle, "cancel") is True
    assert client.on(handle, "result").error.code == "canceled"
    assert called.get(timeout=PATIENCE) == handle
    assert methods(server) == ["POST", "POST"]


def test_cancel_of_a_job_that_has_ended_is_false(client, server, start):
    [handle] = start(1, seconds=600)
    server.script = [Reply(409, {"detail": "It has ended."})]
    assert client.on(handle, "cancel") is False


def test_status_is_the_job_as_last_seen(client, server, start):
    [handle] = start(1, seconds=600)
    server.script = [Reply(data=pending(progress=40))]
    assert client.on(handle, "status") is handle.job
    assert (handle.job.progress, handle.done()) == (40, False)


def test_status_that_is_final_ends_the_job_without_another_poll(client, server, start):
    [handle] = start(1, seconds=600)
    server.script = [Reply(data=completed())]
    assert client.on(handle, "status").status == "completed"
    assert client.on(handle, "result", timeout=5).status == "completed"
    assert methods(server) == ["POST", "GET"]


def test_close_ends_the_wait_for_a_result(client, start):
    [handle] = start(1, seconds=600)
    client.call("close")
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.on(handle, "result", timeout=5)


def test_close_calls_the_callbacks(server):
    is_called = threading.Event()
    server.script = Started(RealClock())
    with TranslationClient(server.url) as client:
        client.start().add_done_callback(lambda _: is_called.set())
    assert is_called.wait(PATIENCE)


def test_result_is_the_error_if_the_job_cannot_be_followed(connect, server, clock):
    client = connect(max_retries=1, timeout=60)
    server.script = [Reply(202, pending(estimated_time_remaining=1.0)), Reply(503)]
    handle = client.call("start")
    with pytest.raises(ServerUnavailable, match="503"):
        client.on(handle, "result")
    assert len(server.polls) == 2


@pytest.mark.parametrize(
    ("of_client", "of_start"), [(60, {}), (3600, {"timeout": 60})], ids=["client", "start"]
)
def test_job_is_given_up_after_the_timeout(connect, server, clock, of_client, of_start):
    client = connect(long_poll=0, timeout=of_client)
    server.script = [Reply(202, pending()), Reply(data=pending())]
    handle = client.call("start", **of_start)
    with pytest.raises(PollingTimeout, match="gave up waiting for job a"):
        client.on(handle, "result", timeout=None)
    assert handle.done()
    assert clock.now == pytest.approx(1060.0, abs=1.0)
