"""Mistakes in what a caller passes as jobs, as a session and as the server."""

import asyncio
import re

import aiohttp
import pytest
import requests

from heygen_video_translation.client import (
    AsyncTranslationClient,
    JobNotFound,
    TranslationClient,
)
from tests.client.documents import pending, replies
from tests.client.server import Reply

ONE_JOB = ("get_status", "wait_for_completion", "watch", "cancel", "delete")
MANY_JOBS = ("wait_for_all", "as_completed")


@pytest.mark.parametrize("method", ONE_JOB)
def test_none_is_refused_and_the_newest_job_is_suggested(client, server, method):
    with pytest.raises(TypeError, match="not None; get_newest_job returns the newest"):
        client.call(method, None)
    assert server.requests == []


@pytest.mark.parametrize("method", ONE_JOB)
def test_number_is_no_job(client, server, method):
    with pytest.raises(TypeError, match="job must be a Job or an id, not 42"):
        client.call(method, 42)
    assert server.requests == []


def test_none_is_no_job_to_download(client, server, tmp_path):
    with pytest.raises(TypeError, match="not None"):
        client.call("download", None, tmp_path / "talk.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", MANY_JOBS)
@pytest.mark.parametrize("jobs", ["abc", b"abc", None, 42], ids=repr)
def test_single_value_is_not_several_jobs(client, server, method, jobs):
    expected = f"jobs must be several jobs or ids, such as a list of them, not {jobs!r};"
    with pytest.raises(TypeError, match=re.escape(expected)):
        client.call(method, jobs)
    assert server.requests == []


@pytest.mark.parametrize("method", MANY_JOBS)
def test_job_is_not_several_jobs(client, server, method):
    server.script = replies(pending())
    job = client.call("get_status", "a")
    with pytest.raises(TypeError, match="wait_for_completion and watch take a single one"):
        client.call(method, job)


@pytest.mark.parametrize("method", MANY_JOBS)
def test_none_among_several_jobs_is_refused(client, server, method):
    with pytest.raises(TypeError, match="not None"):
        client.call(method, ["a", None])
    assert server.requests == []


def test_newest_job_is_returned(client, server):
    server.script = replies(pending("new"))
    assert client.call("get_newest_job").id == "new"
    assert [request.path for request in server.requests] == ["/vid_trans_api/status"]


def test_newest_job_is_not_found_if_there_is_none(client, server):
    server.script = [Reply(404)]
    with pytest.raises(JobNotFound):
        client.call("get_newest_job")


def test_newest_job_is_first_polled_when_its_estimate_suggests(client, server):
    exact = {"estimated_time_remaining": 30.0, "estimated_time_remaining_range": [30.0, 30.0]}
    server.script = replies(pending("new", **exact), {"id": "new", "status": "completed"})
    assert client.call("wait_for_completion", client.call("get_newest_job")).id == "new"
    assert [request.at for request in server.requests] == [1000.0, 1030.0]


def test_session_of_aiohttp_is_refused_by_the_blocking_client():
    async def connect():
        async with aiohttp.ClientSession() as session:
            TranslationClient("http://127.0.0.1:8000", session=session)  # type: ignore[arg-type]

    expected = "session must be a requests.Session, not an aiohttp.client.ClientSession"
    with pytest.raises(TypeError, match=expected):
        asyncio.run(connect())


def test_session_of_requests_is_refused_by_the_awaiting_client():
    expected = "session must be an aiohttp.ClientSession, not a requests.sessions.Session"
    with requests.Session() as session, pytest.raises(TypeError, match=expected):
        AsyncTranslationClient("http://127.0.0.1:8000", session=session)  # type: ignore[arg-type]


def test_session_may_be_of_a_subclass(server):
    class OwnSession(requests.Session):
        pass

    server.script = replies(pending())
    with OwnSession() as session:
        client = TranslationClient(server.url, session=session)
        assert client.get_status("a").status == "pending"


def test_base_url_of_heygen_has_no_version(connect):
    with pytest.raises(ValueError, match="base_url must be without the API's version, not"):
        connect(base_url="http://127.0.0.1:8000/v3/", api_key="key", dialect="heygen")


@pytest.mark.parametrize("base_url", [None, 8000, b"http://127.0.0.1"], ids=repr)
def test_base_url_must_be_a_text(connect, base_url):
    with pytest.raises(ValueError, match=f"base_url must be .*, not {base_url!r}"):
        connect(base_url=base_url)
