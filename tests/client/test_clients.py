"""What the two clients do with callbacks, threads, sessions and sockets."""

import asyncio
import gc
import socket
import threading

import pytest
import requests

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.documents import JobTable, completed, pending, replies
from tests.client.server import PATIENCE, Reply


def test_on_update_may_be_a_coroutine_function(server, clock):
    seen = []

    async def note(job):
        await asyncio.sleep(0)
        seen.append(job.status)

    async def run():
        async with AsyncTranslationClient(
            server.url, sleep=clock.sleep_async, clock=clock
        ) as client:
            await client.wait_for_completion("a", on_update=note)

    server.script = replies(pending(), completed())
    asyncio.run(run())
    assert seen == ["pending", "completed"]


def test_blocking_client_refuses_a_coroutine_function(server):
    async def note(job):
        raise AssertionError

    with (
        TranslationClient(server.url) as client,
        pytest.raises(TypeError, match="on_update must be a plain function"),
    ):
        client.wait_for_completion("a", on_update=note)
    assert server.requests == []


def test_time_in_on_update_counts_towards_the_sleep(client, server, clock):
    def slow(job):
        clock.now += 3.0

    server.script = replies(pending(estimated_time_remaining=5.0), completed())
    client.call("wait_for_completion", "a", on_update=slow)
    assert server.requests[1].at - server.requests[0].at < 5.0


def test_closed_client_cannot_be_used(client, server):
    server.script = replies(completed())
    client.call("get_status", "a")
    client.call("close")
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.call("get_status", "a")
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.list("watch", "a")
    assert len(server.requests) == 1


def test_blocking_client_starts_no_thread(server, clock, monkeypatch):
    start, starters = threading.Thread.start, []

    def noted(thread):
        starters.append(threading.current_thread())
        start(thread)

    server.script = JobTable(clock, {f"job-{n}": 1010.0 for n in range(300)})
    monkeypatch.setattr(threading.Thread, "start", noted)
    with TranslationClient(server.url, sleep=clock.sleep, clock=clock) as client:
        client.wait_for_all(list(server.script.ends))
    assert starters
    assert threading.main_thread() not in starters  # it is the scripted server that starts them


def test_threads_can_share_a_client(server, clock):
    server.script = lambda request: Reply(data=completed(request.path.rpartition("/")[2]))
    jobs = []
    with TranslationClient(server.url) as client:

        def follow(name):
            jobs.append(client.wait_for_completion(name).id)

        threads = [threading.Thread(target=follow, args=(f"job-{n}",)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(jobs) == sorted(f"job-{n}" for n in range(16))


def test_session_of_the_caller_is_left_open(server):
    server.script = replies(completed())
    with requests.Session() as session:
        with TranslationClient(server.url, session=session) as client:
            client.get_status("a")
        assert session.get(f"{server.url}/vid_trans_api/jobs/a", timeout=PATIENCE).ok


def test_failed_connection_leaves_no_socket_open(client, server):
    server.stop()
    with pytest.raises(Exception, match=r"refused|connect"):
        client.call("get_status", "a")
    gc.collect()
    with socket.create_server(("127.0.0.1", server.port)):
        pass
