"""What a client learns from the jobs that it follows to their end."""

import math

import pytest

from tests.client.documents import JobTable, completed, create_job, pending, replies
from tests.client.heygen import KEY, Translations, created


def learned_duration(client):
    """Return the duration of the only job that the client has followed, in seconds."""
    return math.exp(client.client.experience.durations.plain.moments[0])


@pytest.mark.parametrize(
    ("finished_at", "took"),
    [
        ("2026-11-21T03:00:12Z", 12.0),
        (None, 15.0),
        ("2026-11-21T04:00:00Z", 20.0),
        ("2026-11-21T03:00:00Z", 10.0),
    ],
    ids=[
        "as the server says",
        "half-way between two polls",
        "not after the last poll",
        "not before the first",
    ],
)
def test_duration_of_a_job_is_learned(client, server, clock, finished_at, took):
    began = {"created_at": "2026-11-21T03:00:00Z"}
    exact = {"estimated_time_remaining": 10.0, "estimated_time_remaining_range": [10.0, 10.0]}
    job = create_job(client, server, **began, **exact)
    server.script = replies(pending(**began, **exact), completed(**began, finished_at=finished_at))
    client.call("wait_for_completion", job)
    assert [request.at for request in server.polls] == [1010.0, 1020.0]
    assert learned_duration(client) == pytest.approx(took)


def test_overdue_time_of_a_job_is_learned(client, server, clock):
    server.script = replies(pending(estimated_time_remaining=0.0), completed())
    client.call("wait_for_completion", "a")
    overdue = client.client.experience.overdue
    assert overdue.count == 1
    assert math.exp(overdue.plain.moments[0]) == pytest.approx(0.25)


def test_time_until_a_completed_job_has_its_result_is_not_learned(connect, server, clock):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [created("a")]
    job = client.call("create_job", target_language="French")
    begun = clock.now
    server.requests.clear()
    server.script = Translations(clock, {"a": begun + 100.0}, late=20.0)
    client.call("wait_for_completion", job)
    polls = [request.at - begun for request in server.requests]
    last_pending = max(at for at in polls if at < 100.0)
    completed_at = min(at for at in polls if at >= 100.0)
    assert learned_duration(client) == pytest.approx((last_pending + completed_at) / 2)


def test_nothing_is_learned_from_a_canceled_job(client, server, clock):
    canceled = {"id": "a", "status": "error", "error": {"code": "canceled", "message": "So."}}
    before = client.client.experience
    server.script = replies(pending(estimated_time_remaining=5.0), canceled)
    client.call("wait_for_completion", "a")
    assert client.client.experience == before


def test_duration_of_a_failed_job_is_not_learned(client, server, clock):
    job = create_job(client, server)
    server.script = replies({"id": "a", "status": "error"})
    client.call("wait_for_completion", job)
    assert client.client.experience.durations.count == 0


def test_every_finished_job_is_learned(client, server, clock):
    for _ in range(10):
        begun = clock.now
        job = create_job(client, server, estimated_time_remaining=10.0)
        server.script = JobTable(clock, {"a": begun + 20.0})
        client.call("wait_for_completion", job)
        server.requests.clear()
    assert client.client.experience.jobs == pytest.approx(10, rel=0.1)
    assert client.client.experience.durations.count == pytest.approx(10, rel=0.1)
