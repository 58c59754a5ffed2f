"""When and how often jobs are polled if webhooks come: on a virtual clock, with exact counts."""

import math

import pytest

from heygen_video_translation.client import InvalidWebhook
from heygen_video_translation.client.durations import Traits
from heygen_video_translation.client.schedule import sleep_by_age
from tests.client.documents import polled_groups
from tests.client.heygen import Translations, created, translation
from tests.client.server import Reply
from tests.client.webhooks import OTHER_SECRET, SECRET, Post, heygen, translated


@pytest.fixture
def post(clock):
    return Post(clock)


@pytest.fixture
def client(connect, post):
    """Return a client of HeyGen's API that gets webhooks while it sleeps."""
    return connect(
        dialect="heygen", api_key="k", webhooks=True, sleep=post.sleep, max_polling_interval=300
    )


def receive(client, webhook):
    """Hand a webhook to a client; return whether it is a genuine one."""
    headers, body = webhook
    try:
        return client.client.receive(headers, body, secret=SECRET)
    except InvalidWebhook:
        return False


def polled_at(server):
    return [at for at, _ in polled_groups(server)]


def test_webhook_is_confirmed_when_it_comes(client, server, clock, post):
    server.script = Translations(clock, {"a": 1720.0})
    post.at(1720.0, lambda: receive(client, translated("a")))

    assert client.call("wait_for_completion", "a").status == "completed"

    before, (last,) = polled_at(server)[:-1], polled_at(server)[-1:]
    assert last == 1720.0
    assert len(before) < math.sqrt(2 * 720) / 2  # half of the polls without webhooks


def test_forged_webhook_changes_nothing(client, server, clock, post):
    server.script = Translations(clock, {"a": 1720.0})
    client.call("wait_for_completion", "a")
    without = polled_at(server)
    clock.now = 1000.0
    server.requests.clear()
    server.script = Translations(clock, {"a": 1720.0})
    post.at(1300.0, lambda: receive(client, translated("a", secret=OTHER_SECRET)))

    client.call("wait_for_completion", "a")

    assert polled_at(server) == without
    assert post.due == []


def test_job_whose_event_came_too_early_is_polled_as_without_webhooks(client, server, clock, post):
    forecast = client.client.experience.durations.forecast(Traits(language="French"))
    server.script = Translations(clock, {"a": 1200.0})
    post.at(1100.0, lambda: receive(client, translated("a")))

    client.call("wait_for_completion", "a")

    confirmed_at, next_at = [at for at in polled_at(server) if at >= 1100.0][:2]
    assert confirmed_at == 1100.0
    assert next_at - 1100.0 == pytest.approx(sleep_by_age(100.0, forecast, longest=300.0))


def test_webhook_that_came_before_the_wait_is_confirmed_at_once(client, server, clock, post):
    server.script = [created("a")]
    job = client.call("create_job", video_url="https://example.com/a.mp4", target_language="French")
    server.requests.clear()
    server.script = Translations(clock, {"a": 1000.0})
    receive(client, translated("a"))

    assert client.call("wait_for_completion", job).status == "completed"
    assert polled_at(server) == [1000.0]


def test_webhook_during_a_poll_is_confirmed_by_the_next(client, server, clock, post):
    def script(request):
        if len(server.requests) == 1:
            receive(client, translated("a"))
            return Reply(data=translation("a"))
        return Reply(data=Translations(clock, {"a": 0.0}).document("a"))

    server.script = script

    assert client.call("wait_for_completion", "a").status == "completed"
    assert polled_at(server) == [1000.0, 1000.0]


def test_webhooks_of_many_jobs_share_requests(client, server, clock, post):
    names = [f"job-{number}" for number in range(250)]
    server.script = Translations(clock, dict.fromkeys(names, 1500.0))

    def deliver():
        for name in names:
            receive(client, translated(name))
        return True

    post.at(1500.0, deliver)

    outcomes = client.call("wait_for_all", names)

    assert {job.status for job in outcomes.values()} == {"completed"}
    confirming = [ids for at, ids in polled_groups(server) if at >= 1500.0]
    assert len(confirming) == 3 + 250  # the statuses of several jobs have no URLs


def test_webhook_of_one_of_many_jobs_is_confirmed_without_delay(client, server, clock, post):
    server.script = Translations(clock, {"a": 1100.0, "b": 1300.0})
    client.call("wait_for_all", ["a", "b"])
    just_before = polled_at(server)[3] - 0.5
    clock.now = 1000.0
    server.requests.clear()
    server.script = Translations(clock, {"a": just_before, "b": 1300.0})
    post.at(just_before, lambda: receive(client, translated("a")))

    client.call("wait_for_all", ["a", "b"])

    assert (just_before, ["a"]) in polled_groups(server)


def test_batch_event_is_about_all_jobs_of_a_batch(client, server, clock, post):
    items = [{"video_id": name, "status": "running"} for name in ("a", "b")]
    batch = {"batch_id": "batch", "status": "running", "items": items}
    server.script = [Reply(data={"data": batch})]
    jobs = client.group("batches", "get", "batch").jobs
    server.requests.clear()
    server.script = Translations(clock, {"a": 1100.0, "b": 1100.0})
    finished = heygen({"event_type": "batch.finished", "event_data": {"batch_id": "batch"}})
    post.at(1100.0, lambda: receive(client, finished).job_ids == ("a", "b"))

    client.call("wait_for_all", jobs)

    shared, *alone = [sorted(ids) for at, ids in polled_groups(server) if at >= 1100.0]
    assert (shared, sorted(alone)) == (["a", "b"], [["a"], ["b"]])


def test_batch_event_that_came_before_the_wait_counts_for_all_jobs(client, server, clock):
    items = [{"video_id": name, "status": "running"} for name in ("a", "b")]
    server.script = [Reply(data={"data": {"batch_id": "x", "status": "running", "items": items}})]
    jobs = client.group("batches", "get", "x").jobs
    server.script = Translations(clock, {"a": 1000.0, "b": 1000.0})
    receive(client, heygen({"event_type": "batch.finished", "event_data": {"batch_id": "x"}}))

    client.call("wait_for_all", jobs)

    assert clock.now == 1000.0


def test_event_ends_the_wait_for_a_proofread(client, server, clock, post):
    event = {"event_type": "proofread_creation.success", "event_data": {"proofread_id": "p"}}

    def script(request):
        if len(server.requests) == 1:
            receive(client, heygen(event))
            return Reply(data={"data": {"id": "p", "status": "processing"}})
        return Reply(data={"data": {"id": "p", "status": "completed"}})

    server.script = script

    assert client.group("proofreads", "wait", "p").status == "completed"
    assert polled_at(server) == [1000.0, 1000.0]


def test_end_that_an_event_reported_is_learned_as_that_of_the_event(client, server, clock, post):
    server.script = [created("a")]
    job = client.call("create_job", video_url="https://example.com/a.mp4", target_language="French")
    server.script = Translations(clock, {"a": 1600.0})
    post.at(1600.0, lambda: receive(client, translated("a")))
    before = client.client.experience.durations

    client.call("wait_for_completion", job)

    assert client.client.experience.durations == before.after(600.0, Traits(language="French"))
