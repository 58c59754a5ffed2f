"""What the client sends for everything but waiting, and what it makes of the answers."""

import datetime as dt
import json
import pickle
import time

import aiohttp
import pytest
import requests

from heygen_video_translation.client import (
    AsyncTranslationClient,
    Conflict,
    Job,
    JobFailed,
    JobNotFound,
    JobsFailed,
    ServerUnavailable,
    TranslationClient,
    TranslationClientError,
    UnexpectedResponse,
)
from heygen_video_translation.client.dialects.native import job_from_document
from tests.client.server import Reply, ScriptedServer, Silence, completed, job, pending
from tests.patience import ever_longer

FULL = {
    "id": "a",
    "status": "error",
    "progress": 0.5,
    "estimated_time_remaining": None,
    "estimated_time_remaining_range": None,
    "title": "Talk",
    "video_url": "https://example.com/talk.mp4",
    "target_language": "French",
    "created_at": "2026-11-21T03:00:00Z",
    "finished_at": "2026-11-21T03:00:09.5Z",
    "result_url": None,
    "error": {"code": "no_audio", "message": "Silent.", "retryable": True},
}


def test_job_carries_every_field_of_the_answer(client, server):
    server.script = job(FULL)
    found = client.call("get_status", "a")
    error = {"code": found.error.code, "message": found.error.message, "retryable": True}
    shown = {name: getattr(found, name) for name in FULL}
    assert shown == {
        **FULL,
        "created_at": dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC),
        "finished_at": dt.datetime(2026, 11, 21, 3, 0, 9, 500_000, tzinfo=dt.UTC),
        "error": found.error,
    }
    assert error == FULL["error"]
    assert found.is_finished


def test_job_is_frozen_and_equal_by_what_the_answer_showed(client, server):
    server.script = job(FULL)
    one, other = client.call("get_status", "a"), client.call("get_status", "a")
    assert one == other
    with pytest.raises(AttributeError):
        one.status = "pending"


def test_create_sends_its_fields_and_a_key_of_its_own(client, server):
    server.script = [Reply(202, pending())]
    client.call("create_job", title="Talk", simulation={"duration": 3})
    client.call("create_job")
    first, second = server.asked
    assert (first.method, first.path) == ("POST", "/vid_trans_api/jobs")
    assert json.loads(first.body) == {"title": "Talk", "simulation": {"duration": 3}}
    assert first.headers["content-type"] == "application/json"
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


def test_create_after_a_lost_answer_makes_no_second_job(client, server):
    jobs: dict[str, str] = {}
    answers = [Silence(), Reply(500), Reply(body=b"{")]

    def created(asked):
        key = asked.headers["idempotency-key"]
        name = jobs.setdefault(key, f"job-{len(jobs)}")
        return answers.pop(0) if answers else Reply(202, pending(name))

    server.script = created
    assert client.call("create_job").id == "job-0"
    assert len(server.asked) == 4
    assert len(jobs) == 1


def test_create_uses_the_key_it_is_given(client, server):
    server.script = [Reply(202, pending())]
    client.call("create_job", idempotency_key="mine")
    assert server.asked[0].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("key", ["", "a\nb", "é", "ключ", "x" * 256])
def test_create_refuses_a_key_that_no_header_can_carry(client, key):
    with pytest.raises(ValueError, match="idempotency_key"):
        client.call("create_job", idempotency_key=key)
    assert client.client._clock.slept == []


def test_key_goes_along_with_every_request(connect, server):
    client = connect(api_key="secret")
    server.script = job(completed())
    client.call("get_status", "a")
    assert server.asked[0].headers["x-api-key"] == "secret"


def test_id_is_quoted_into_the_path(client, server):
    server.script = job(completed("a/b?c"))
    client.call("get_status", "a/b?c")
    assert server.asked[0].path == "/vid_trans_api/jobs/a%2Fb%3Fc"


@pytest.mark.parametrize("identity", ["", ".", ".."])
def test_id_that_would_be_another_path_is_not_found(client, server, identity):
    with pytest.raises(JobNotFound):
        client.call("get_status", identity)
    assert server.asked == []


def test_listing_follows_its_pages(client, server):
    following = "http://elsewhere.invalid/vid_trans_api/jobs?status=pending&cursor=%2B2"
    server.script = [
        Reply(data={"results": [pending("c"), pending("b")], "next": following}),
        Reply(data={"results": [pending("a")], "next": None}),
    ]
    jobs = client.list("list_jobs", status="pending", target_language=None)
    assert [found.id for found in jobs] == ["c", "b", "a"]
    assert [asked.path for asked in server.asked] == [
        "/vid_trans_api/jobs?status=pending",
        "/vid_trans_api/jobs?status=pending&cursor=%2B2",
    ]


def test_listing_that_goes_in_circles_ends(client, server):
    server.script = [Reply(data={"results": [], "next": "/vid_trans_api/jobs?cursor=1"})]
    with pytest.raises(UnexpectedResponse, match="circles"):
        client.list("list_jobs")
    assert len(server.asked) == 2


def test_cancel_returns_the_job_as_it_ended(client, server):
    server.script = job(FULL)
    assert client.call("cancel", "a").status == "error"
    assert (server.asked[0].method, server.asked[0].path) == (
        "POST",
        "/vid_trans_api/jobs/a/cancel",
    )


def test_cancel_of_an_ended_job_is_a_conflict(client, server):
    server.script = [Reply(409, {"detail": "It has ended."})]
    with pytest.raises(Conflict, match="It has ended"):
        client.call("cancel", "a")


def test_delete_that_is_retried_into_a_404_is_done(client, server):
    server.script = [Silence(), Reply(404)]
    assert client.call("delete", "a") is None


def test_delete_of_no_job_is_not_found(client, server):
    server.script = [Reply(404)]
    with pytest.raises(JobNotFound):
        client.call("delete", "a")


def test_download_writes_the_whole_file_and_tells_how_far_it_is(client, server, tmp_path):
    told = []
    server.script = [Reply(body=b"v" * 40_000, headers={"Content-Type": "video/mp4"})]
    path = client.call(
        "download", "a", tmp_path / "talk.mp4", lambda done, total: told.append((done, total))
    )
    assert path.read_bytes() == b"v" * 40_000
    assert told[-1] == (40_000, 40_000)
    assert [found.name for found in tmp_path.iterdir()] == ["talk.mp4"]


def test_download_that_breaks_off_starts_anew(client, server, tmp_path):
    server.script = [Reply(body=b"old" * 100, length=1000), Reply(body=b"new")]
    path = client.call("download", "a", str(tmp_path / "talk.mp4"))
    assert path.read_bytes() == b"new"


def test_download_that_starts_anew_tells_so(client, server, tmp_path):
    told = []
    server.script = [Reply(body=b"old" * 10_000, length=90_000), Reply(body=b"new")]
    client.call("download", "a", tmp_path / "talk.mp4", lambda *progress: told.append(progress))
    assert told[0][1] == 90_000
    assert told[-1] == (3, 3)


def test_download_that_is_refused_says_why(client, server, tmp_path):
    server.script = [Reply(409, {"detail": "It goes on."})]
    with pytest.raises(Conflict) as caught:
        client.call("download", "a", tmp_path / "talk.mp4")
    assert caught.value.detail == "It goes on."


def test_download_may_take_longer_than_a_request_while_pieces_come(connect, server, tmp_path):
    class Slow(Reply):
        def send(self, connection, clock):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n")
            for _ in range(4):
                time.sleep(self.takes)
                connection.sendall(b"v" * 2**14)

    def succeeds(timeout):
        """Download pieces that each come in a third of that time; tell whether that is enough."""
        client = connect(request_timeout=timeout, max_retries=0)
        server.script = [Slow(takes=timeout / 3)]
        try:
            path = client.call("download", "a", tmp_path / "talk.mp4")
        except ServerUnavailable:  # on a busy machine a piece may come late
            return False
        return path.stat().st_size == 2**16

    assert any(map(succeeds, ever_longer(0.6)))


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(409), Conflict), (Reply(body=b"x", length=9), ServerUnavailable)]
)
def test_download_that_fails_leaves_nothing_behind(connect, server, tmp_path, reply, kind):
    client = connect(max_retries=0)
    (tmp_path / "talk.mp4").write_bytes(b"before")
    server.script = [reply]
    with pytest.raises(kind):
        client.call("download", "a", tmp_path / "talk.mp4")
    assert [found.read_bytes() for found in tmp_path.iterdir()] == [b"before"]


def test_trouble_with_the_file_is_not_taken_for_the_network(client, server, tmp_path):
    def full(done, total):
        raise OSError("disk full")

    server.script = [Reply(body=b"video")]
    with pytest.raises(OSError, match="disk full"):
        client.call("download", "a", tmp_path / "talk.mp4", full)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def other(clock):
    server = ScriptedServer(clock)
    yield server
    server.stop()


def test_redirect_to_another_host_goes_without_the_key(connect, server, other, tmp_path):
    client = connect(api_key="secret")
    server.script = [Reply(302, headers={"Location": f"{other.url}/clip.mp4"})]
    other.script = [Reply(body=b"video")]
    assert client.call("download", "a", tmp_path / "talk.mp4").read_bytes() == b"video"
    assert "secret" not in str(other.asked[0].headers)


def test_redirect_to_another_host_takes_nothing_of_the_session_along(connect, server, other, clock):
    headers = {"X-Api-Key": "secret", "Authorization": "Bearer secret", "X-Mine": "secret"}
    server.script = [Reply(302, headers={"Location": f"{other.url}/a"})]
    other.script = job(completed())
    client = connect()
    if hasattr(client, "runner"):

        async def opened():
            return aiohttp.ClientSession(headers=headers)

        session = client.runner.run(opened())
        client.client = AsyncTranslationClient(server.url, session=session)
        client.call("get_status", "a")
        client.runner.run(session.close())
    else:
        with requests.Session() as session:
            session.headers.update(headers)
            client.client = TranslationClient(server.url, session=session)
            client.call("get_status", "a")
    assert server.asked[0].headers["x-mine"] == "secret"
    assert "secret" not in str(other.asked[0].headers)


def test_redirect_to_another_host_goes_through_the_proxy_too(connect, server, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    client = connect(base_url="http://first.invalid", max_retries=0)
    moved = Reply(307, headers={"Location": "http://second.invalid/elsewhere"})
    server.script = [moved, *job(completed())]
    assert client.call("get_status", "a").status == "completed"
    assert [asked.path for asked in server.asked] == [
        "http://first.invalid/vid_trans_api/jobs/a",
        "http://second.invalid/elsewhere",
    ]


def test_redirect_on_the_same_host_keeps_the_key(connect, server):
    client = connect(api_key="secret")
    server.script = [Reply(308, headers={"Location": "/moved"}), *job(completed())]
    client.call("get_status", "a")
    assert server.asked[1].path == "/moved"
    assert server.asked[1].headers["x-api-key"] == "secret"


@pytest.mark.parametrize(
    "headers",
    [
        {"Location": "/vid_trans_api/jobs/a"},
        {},
        {"Location": "ftp://example.com/"},
        {"Location": "http://a:b/"},
    ],
    ids=str,
)
def test_redirect_that_leads_nowhere_is_unexpected(client, server, headers):
    server.script = [Reply(302, headers=headers)]
    with pytest.raises(UnexpectedResponse, match="redirected"):
        client.call("get_status", "a")
    assert len(server.asked) <= 6


def test_redirect_to_no_address_is_an_error_like_any_other(client, server):
    server.script = [Reply(302, headers={"Location": "http://[half/"})]
    with pytest.raises(TranslationClientError):
        client.call("get_status", "a")
    assert len(server.asked) <= 6


def test_redirect_that_would_lose_a_posted_body_is_unexpected(client, server):
    server.script = [Reply(301, headers={"Location": "/other"})]
    with pytest.raises(UnexpectedResponse, match="redirected"):
        client.call("create_job")


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "localhost:8000"},
        {"base_url": "ftp://host"},
        {"base_url": "http://127.0.0.1:99999"},
        {"base_url": "http://127.0.0.1:0"},
        {"base_url": "http://127.0.0.1:port"},
        {"base_url": "http://[::1"},
        {"base_url": "http://127.0.0.1/?page=1"},
        {"base_url": "http://127.0.0.1/#top"},
        {"base_url": "http://127.0.0.1 "},
        {"min_polling_interval": 0},
        {"min_polling_interval": 2, "max_polling_interval": 1},
        {"max_polling_interval": float("inf")},
        {"max_retries": -1},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"request_timeout": 0},
        {"long_poll": -1},
        {"api_key": ""},
        {"api_key": "a\nb"},
    ],
    ids=str,
)
def test_option_that_makes_no_sense_is_refused(connect, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        connect(**options)


def test_exceptions_survive_pickling():
    known = job_from_document(FULL)
    failed = pickle.loads(pickle.dumps(JobFailed("it failed", job=known)))
    assert (str(failed), failed.job) == ("it failed", known)
    group = pickle.loads(pickle.dumps(JobsFailed("2 lost", [failed], jobs={"a": known})))
    assert group.jobs == {"a": known}
    assert group.exceptions[0].job == known


def test_jobs_failed_can_be_split_like_any_group():
    lost = JobsFailed("lost", [JobNotFound("gone"), ServerUnavailable("down")], jobs={})
    gone, rest = lost.split(JobNotFound)
    assert isinstance(gone, JobsFailed)
    assert isinstance(rest, JobsFailed)
    assert [str(error) for error in gone.exceptions] == ["gone"]
    assert [str(error) for error in rest.exceptions] == ["down"]
