"""Options for single calls, and what is kept of a response: its document and its headers."""

import pytest

from heygen_video_translation.client import (
    Experience,
    JobNotFound,
    PollingTimeout,
    ServerUnavailable,
    TranslationClientError,
)
from tests.client.documents import FULL_JOB, completed, pending, replies
from tests.client.heygen import KEY, Translations, created
from tests.client.heygen import completed as heygen_completed
from tests.client.server import Reply, Stalled


def calls(client, folder):
    """Return a call of each kind: create, get, wait for one and for many, list, download."""
    return [
        lambda: client.call("create_job"),
        lambda: client.call("get_status", "a"),
        lambda: client.call("wait_for_completion", "a"),
        lambda: client.call("wait_for_all", ["a"]),
        lambda: client.list("list_jobs"),
        lambda: client.call("download", "a", folder / "a.mp4"),
    ]


def with_options(client, **options):
    """Make the harness use the client that `with_options` returns."""
    client.client = client.client.with_options(**options)
    return client


def respond(request):
    is_list = request.path.endswith("/jobs") and request.method == "GET"
    return Reply(data={"results": [completed()], "next": None} if is_list else completed())


def test_headers_go_with_every_call(client, server, tmp_path):
    server.script = respond
    with_options(client, headers={"X-Trace": "one", "accept": "application/vnd.mine+json"})
    for call in calls(client, tmp_path):
        call()
    sent = [(each.headers["x-trace"], each.headers["accept"]) for each in server.requests]
    assert sent == [("one", "application/vnd.mine+json")] * 6


def test_headers_do_not_go_to_another_host(client, server, other_server):
    server.script = [Reply(302, headers={"Location": f"{other_server.url}/a"})]
    other_server.script = replies(completed())
    with_options(client, headers={"Authorization": "Bearer secret"}).call("get_status", "a")
    assert server.requests[0].headers["authorization"] == "Bearer secret"
    assert "authorization" not in other_server.requests[0].headers


def test_headers_do_not_go_to_a_signed_address(connect, server, other_server, tmp_path):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [Reply(data=heygen_completed(url=f"{other_server.url}/a.mp4"))]
    other_server.script = [Reply(body=b"video")]
    with_options(client, headers={"X-Trace": "one"}).call("download", "a", tmp_path / "a.mp4")
    assert "x-trace" not in other_server.requests[0].headers


def test_max_retries_apply_to_every_call(client, server, tmp_path):
    server.script = [Reply(503)]
    with_options(client, max_retries=1)
    for call in calls(client, tmp_path):
        with pytest.raises(TranslationClientError):
            call()
    assert len(server.requests) == 6 * 2


def test_request_timeout_applies(client, server):
    server.script = [Stalled()]
    with_options(client, request_timeout=0.2, max_retries=0)
    with pytest.raises(ServerUnavailable, match=r"within 0\.2 s"):
        client.call("get_status", "a")


def test_timeout_applies_to_waits(client, server, clock):
    server.script = replies(pending())
    with pytest.raises(PollingTimeout):
        with_options(client, timeout=7).call("wait_for_completion", "a")
    assert clock.now == pytest.approx(1007.0)


def test_first_client_is_left_as_it_was(client, server):
    server.script = replies(completed())
    changed = client.client.with_options(headers={"X-Trace": "one"}, timeout=7)
    assert (client.client.timeout, changed.timeout) == (60, 7)
    client.call("get_status", "a")
    assert "x-trace" not in server.requests[0].headers


def test_what_was_learned_is_shared(client, server, clock):
    server.script = replies(pending(estimated_time_remaining=5.0), completed())
    changed = client.client.with_options(max_retries=1)
    client.on(changed, "wait_for_completion", "a")
    assert client.client.experience == changed.experience
    assert changed.experience != Experience()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, "timeout must be at least 0"),
        ({"request_timeout": 0}, "request_timeout must be"),
        ({"max_retries": -1}, "max_retries must be"),
        ({"headers": {"X Mine": "a"}}, "the name of a header must be a token"),
        ({"headers": {"X-Mine": "a\nb"}}, "the name of a header must be a token"),
    ],
)
def test_options_that_make_no_sense_are_refused(client, options, message):
    with pytest.raises(ValueError, match=message):
        client.client.with_options(**options)


def test_unknown_fields_are_kept(client, server):
    server.script = replies({**FULL_JOB, "cost": {"credits": 3}})
    job = client.call("get_status", "a")
    assert job.raw["cost"] == {"credits": 3}
    with pytest.raises(TypeError, match="does not support item assignment"):
        job.raw["cost"] = None


def test_headers_of_the_response_are_kept(client, server):
    server.script = [
        Reply(data=completed(), headers={"X-Request-Id": "r1"}),
        Reply(404, headers={"X-Request-Id": "r2"}),
    ]
    assert client.call("get_status", "a").headers["x-request-id"] == "r1"
    with pytest.raises(JobNotFound) as caught:
        client.call("get_status", "a")
    assert caught.value.headers["x-request-id"] == "r2"


def test_every_job_of_heygen_has_its_document(connect, server, clock):
    client = connect(api_key=KEY, dialect="heygen", timeout=600)
    server.script = [created("a", "b")]
    jobs = client.call("create_jobs", target_languages=["French", "German"])
    assert [job.raw for job in jobs] == [{"video_translation_ids": ["a", "b"]}] * 2
    server.script = Translations(clock, {"a": clock.now, "b": clock.now})
    ended = client.call("wait_for_all", jobs)
    assert [job.raw["output_language"] for job in ended.values()] == ["French", "French"]
