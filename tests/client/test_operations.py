"""Creating, reading, listing, canceling and deleting jobs."""

import json

import pytest

from heygen_video_translation.client import Conflict, JobNotFound, UnexpectedResponse
from tests.client.documents import FULL_JOB, completed, pending, replies
from tests.client.server import Reply, Silence


def test_create_sends_its_fields_and_a_random_key(client, server):
    server.script = [Reply(202, pending())]
    client.call("create_job", title="Talk", simulation={"duration": 3})
    client.call("create_job")
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/vid_trans_api/jobs")
    assert json.loads(first.body) == {"title": "Talk", "simulation": {"duration": 3}}
    assert first.headers["content-type"] == "application/json"
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


def test_create_makes_one_job_if_responses_are_lost(client, server):
    jobs: dict[str, str] = {}
    unusable = [Silence(), Reply(500), Reply(body=b"{")]

    def created(request):
        key = request.headers["idempotency-key"]
        name = jobs.setdefault(key, f"job-{len(jobs)}")
        return unusable.pop(0) if unusable else Reply(202, pending(name))

    server.script = created
    assert client.call("create_job").id == "job-0"
    assert len(server.requests) == 4
    assert len(jobs) == 1


def test_create_sends_the_given_key(client, server):
    server.script = [Reply(202, pending())]
    client.call("create_job", idempotency_key="mine")
    assert server.requests[0].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("key", ["", "a\nb", "é", "ключ", "x" * 256])
def test_create_refuses_a_key_that_cannot_be_a_header(client, server, key):
    with pytest.raises(ValueError, match="idempotency_key"):
        client.call("create_job", idempotency_key=key)
    assert server.requests == []


def test_api_key_is_sent(connect, server):
    client = connect(api_key="secret")
    server.script = replies(completed())
    client.call("get_status", "a")
    assert server.requests[0].headers["x-api-key"] == "secret"


def test_list_follows_pages(client, server):
    next_url = "http://elsewhere.invalid/vid_trans_api/jobs?status=pending&cursor=%2B2"
    server.script = [
        Reply(data={"results": [pending("c"), pending("b")], "next": next_url}),
        Reply(data={"results": [pending("a")], "next": None}),
    ]
    jobs = client.list("list_jobs", status="pending", target_language=None)
    assert [job.id for job in jobs] == ["c", "b", "a"]
    assert [request.path for request in server.requests] == [
        "/vid_trans_api/jobs?status=pending",
        "/vid_trans_api/jobs?status=pending&cursor=%2B2",
    ]


def test_list_ends_if_its_pages_go_in_circles(client, server):
    server.script = [Reply(data={"results": [], "next": "/vid_trans_api/jobs?cursor=1"})]
    with pytest.raises(UnexpectedResponse, match="circles"):
        client.list("list_jobs")
    assert len(server.requests) == 2


def test_cancel_returns_the_canceled_job(client, server):
    server.script = replies(FULL_JOB)
    assert client.call("cancel", "a").status == "error"
    assert (server.requests[0].method, server.requests[0].path) == (
        "POST",
        "/vid_trans_api/jobs/a/cancel",
    )


def test_cancel_of_a_finished_job_is_a_conflict(client, server):
    server.script = [Reply(409, {"detail": "It has ended."})]
    with pytest.raises(Conflict, match="It has ended"):
        client.call("cancel", "a")


def test_delete_succeeds_if_only_its_retry_gets_a_404(client, server):
    server.script = [Silence(), Reply(404)]
    assert client.call("delete", "a") is None


def test_delete_of_a_missing_job_is_not_found(client, server):
    server.script = [Reply(404)]
    with pytest.raises(JobNotFound):
        client.call("delete", "a")
