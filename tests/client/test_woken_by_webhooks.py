"""Who is woken by `receive` and `notify`, and how many requests that takes."""

import asyncio
import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import anyio
import pytest

from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
from tests.client.documents import polled_groups
from tests.client.heygen import V3, completed, created, translation
from tests.client.server import PATIENCE, Reply
from tests.client.webhooks import SECRET, translated

SOON = 5.0
"""Seconds within which a wait that is woken ends, even on a busy machine."""


QUIET = 0.3
"""Seconds in which a client that was woken would have sent a request."""


class Translations:
    """A script of v3 whose jobs have ended once their ids are in `ended`.

    Each request sets `is_polled`. Tests set `is_waiting` once the client has seen a job.
    """

    def __init__(self):
        self.ended = set()
        self.is_polled = threading.Event()
        self.is_waiting = threading.Event()

    def __call__(self, request):
        self.is_polled.set()
        path = urlsplit(request.path).path
        if path != f"{V3}/statuses":
            name = path.rpartition("/")[2]
            return Reply(data=completed(name) if name in self.ended else translation(name))
        names = request.query["video_translation_ids"].split(",")
        status = {True: "completed", False: "processing"}
        rows = [{"video_id": name, "status": status[name in self.ended]} for name in names]
        return Reply(data={"data": rows, "has_more": False})


def receive(client, webhook):
    headers, body = webhook
    return client.receive(headers, body, secret=SECRET)


def open_client(kind, server):
    """Return a client in real time, whose second poll is far away."""
    return kind(server.url, api_key="k", dialect="heygen", min_polling_interval=60)


with_httpx = functools.partial(AsyncTranslationClient, driver="httpx")


@pytest.fixture(
    params=[
        (TranslationClient, None),
        (AsyncTranslationClient, "asyncio"),
        (with_httpx, "asyncio"),
        (with_httpx, "trio"),
    ],
    ids=["blocking", "aiohttp", "httpx", "trio"],
)
def waiting(request, server):
    """Return a function that waits in another thread, and returns once it does."""
    kind, loop = request.param
    server.script = Translations()
    client = open_client(kind, server)

    def seen(_):
        server.script.is_waiting.set()

    async def waited(method, jobs):
        async with client:
            return await getattr(client, method)(jobs, on_update=seen)

    def wait(method, jobs):
        if isinstance(client, AsyncTranslationClient):
            return anyio.run(waited, method, jobs, backend=loop)
        with client:
            return getattr(client, method)(jobs, on_update=seen)

    with ThreadPoolExecutor() as threads:

        def start(method, jobs):
            future = threads.submit(wait, method, jobs)
            assert server.script.is_waiting.wait(PATIENCE)
            return client, future

        yield start
        server.script.ended |= {"a", "b"}  # ends the wait of a test that has failed
        client.notify("a")
        client.notify("b")


def test_webhook_ends_a_wait_with_one_request(server, waiting):
    client, future = waiting("wait_for_completion", "a")
    server.script.ended.add("a")
    receive(client, translated("a"))
    assert future.result(SOON).status == "completed"
    assert len(server.polls) == 2


def test_webhook_ends_a_started_job_with_one_request(server):
    jobs = Translations()
    server.script = lambda request: created("a") if request.method == "POST" else jobs(request)
    with open_client(TranslationClient, server) as client:
        handle = client.start(target_language="French")
        jobs.ended.add("a")
        receive(client, translated("a"))
        assert handle.result(SOON).status == "completed"
    assert len(server.polls) == 1


def test_notifications_end_the_wait_for_many_jobs_with_a_request_each(server, waiting):
    client, future = waiting("wait_for_all", ["a", "b"])
    server.script.ended |= {"a", "b"}
    server.script.is_polled.clear()
    client.notify("b")
    assert server.script.is_polled.wait(PATIENCE)
    client.notify("a")
    assert {job.status for job in future.result(SOON).values()} == {"completed"}
    assert [ids for _, ids in polled_groups(server)] == [["a", "b"], ["b"], ["a"]]


def test_task_is_notified_in_its_own_event_loop(server):
    async def waited():
        async with open_client(AsyncTranslationClient, server) as client:
            seen = asyncio.Event()
            task = asyncio.create_task(
                client.wait_for_completion("a", on_update=lambda _: seen.set())
            )
            await asyncio.wait_for(seen.wait(), PATIENCE)
            server.script.ended.add("a")
            client.notify("a")
            return await asyncio.wait_for(task, SOON)

    server.script = Translations()
    assert asyncio.run(waited()).status == "completed"
    assert len(server.polls) == 2


def test_event_causes_one_request_however_often_it_is_sent(server, waiting):
    client, future = waiting("wait_for_completion", "a")
    server.script.is_waiting.clear()
    for number in range(3):  # HeyGen does not sign the ids of events
        receive(client, translated("a", event_id=f"evt_{number}"))
        assert server.script.is_waiting.wait(PATIENCE)
        time.sleep(QUIET)
    assert len(server.polls) == 2
    server.script.ended.add("a")
    client.notify("a")
    future.result(SOON)
    assert len(server.polls) == 3


def test_notification_does_not_shorten_the_pause_before_a_retry(server, waiting):
    limited = Reply(429, {"error": {"code": "rate_limit_exceeded"}}, headers={"Retry-After": "1"})
    times = []

    class Limited(Translations):
        def __call__(self, request):
            times.append(time.monotonic())
            running = super().__call__(request)
            self.is_waiting.set()
            return limited if len(server.requests) == 1 else running

    server.script = Limited()
    server.script.ended.add("a")
    client, future = waiting("wait_for_completion", "a")
    client.notify("a")
    future.result(SOON)
    first, second = times
    assert second - first >= 1
