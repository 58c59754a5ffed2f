"""The one call: from a video to its translations, with every driver."""

import json
from urllib.parse import urlsplit

import pytest

from heygen_video_translation.client import (
    FileTooLarge,
    Job,
    JobFailed,
    PollingTimeout,
    WaitFailed,
)
from tests.client.documents import completed, pending
from tests.client.heygen import KEY, Translations, created
from tests.client.heygen import completed as ended
from tests.client.server import Reply

FAILED = {"status": "error", "error": {"code": "no_audio", "message": "Silent."}}


class Translating:
    """A script of this project's own API whose jobs end at the first poll, some in error."""

    def __init__(self, failing=()):
        self.failing = failing

    def __call__(self, request):
        path = urlsplit(request.path).path.removeprefix("/vid_trans_api")
        if path == "/assets":
            return Reply(201, {"id": "as1", "url": "http://files.invalid/talk.mp4"})
        if request.method == "POST":
            name = json.loads(request.body)["target_language"]
            return Reply(202, pending(name, target_language=name))
        if path.endswith("/result"):
            return Reply(body=path.encode())
        ids = request.query.get("ids", path.rpartition("/")[2]).split(",")
        jobs = [{"id": each, **FAILED} if each in self.failing else completed(each) for each in ids]
        return Reply(data={"results": jobs, "not_found": []} if "ids" in request.query else jobs[0])


def sent(server):
    return [(each.method, urlsplit(each.path).path[14:]) for each in server.requests]


def test_file_is_uploaded_translated_and_saved(client, server, tmp_path):
    (tmp_path / "talk.mp4").write_bytes(b"video")
    server.script = Translating()
    path = tmp_path / "out" / "talk.fr.mp4"
    job = client.call("translate", tmp_path / "talk.mp4", to="French", save_as=path)
    assert (job.status, path.read_bytes()) == ("completed", b"/jobs/French/result")
    assert json.loads(server.requests[1].body)["video_url"] == "http://files.invalid/talk.mp4"
    assert sent(server) == [
        ("POST", "/assets"),
        ("POST", "/jobs"),
        ("GET", "/jobs/French"),
        ("GET", "/jobs/French/result"),
    ]


def test_address_is_translated_into_several_languages(client, server, tmp_path):
    seen: list[Job] = []
    server.script = Translating()
    jobs = client.call(
        "translate",
        video_url="http://files.invalid/a.mp4",
        to=["French", "Chinese (Mandarin)"],
        save_as=f"{tmp_path}/a.{{language}}.mp4",
        on_update=seen.append,
    )
    assert [job.id for job in jobs] == [job.id for job in seen] == ["French", "Chinese (Mandarin)"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.Chinese (Mandarin).mp4",
        "a.French.mp4",
    ]
    assert len(server.requests) == 2 + 1 + 2


def test_key_goes_with_each_creation(client, server):
    server.script = Translating()
    client.call("translate", video_url="http://a.invalid/", to="French", idempotency_key="mine")
    client.call("translate", video_url="http://a.invalid/", to=["fr", "de"], idempotency_key="mine")
    keys = [each.headers["idempotency-key"] for each in server.requests if each.method == "POST"]
    assert keys == ["mine", "mine-1", "mine-2"]


def test_nothing_is_saved_without_a_path(client, server):
    server.script = Translating()
    assert client.call("translate", video_url="http://a.invalid/", to="French").id == "French"
    assert len(server.requests) == 2


def test_failed_job_is_raised(client, server, tmp_path):
    server.script = Translating(failing=["French"])
    with pytest.raises(JobFailed, match="no_audio: Silent"):
        client.call(
            "translate", video_url="http://a.invalid/", to="French", save_as=tmp_path / "a.mp4"
        )
    assert list(tmp_path.iterdir()) == []


def test_other_languages_are_saved_if_one_fails(client, server, tmp_path):
    server.script = Translating(failing=["French"])
    with pytest.raises(
        WaitFailed, match=r"1 of 2 translations failed \(1 failed\): French"
    ) as caught:
        client.call(
            "translate",
            video_url="http://a.invalid/",
            to=("French", "German"),
            save_as=tmp_path / "{language}.mp4",
        )
    assert list(caught.value.jobs) == ["German"]
    assert [path.name for path in tmp_path.iterdir()] == ["German.mp4"]


def test_other_languages_are_saved_if_one_cannot_be(client, server, tmp_path):
    server.script = Translating()
    (tmp_path / "French.mp4").mkdir()
    with pytest.raises(WaitFailed) as caught:
        client.call(
            "translate",
            video_url="http://a.invalid/",
            to=("French", "German"),
            save_as=tmp_path / "{language}.mp4",
        )
    (error,) = caught.value.exceptions
    assert error.job is not None
    assert str(error) == (
        f"job French has completed, but {tmp_path}/French.mp4 cannot be saved: Is a directory"
    )
    assert error.job.id == "French"
    assert {path.name for path in tmp_path.iterdir()} == {"French.mp4", "German.mp4"}


def test_timeout_is_that_of_the_whole_wait(client, server, clock):
    server.script = [Reply(202, pending()), Reply(data=pending())]
    with pytest.raises(PollingTimeout, match="gave up waiting for job a"):
        client.call("translate", video_url="http://a.invalid/", to="French", timeout=9)
    assert clock.now == pytest.approx(1009.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": "French"}, "give the path of a video or its video_url"),
        ({"path": "a", "video_url": "b", "to": "French"}, "and not both"),
        ({"video_url": "b", "to": []}, "one or more different languages"),
        ({"video_url": "b", "to": ["French", "French"]}, "one or more different languages"),
        ({"video_url": "b", "to": ["French", "German"], "save_as": "a.mp4"}, r"\{language\}"),
        ({"path": __file__, "to": "French", "idempotency_key": "a\nb"}, "idempotency_key must be"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(client, server, arguments, message):
    with pytest.raises(ValueError, match=message):
        client.call("translate", **arguments)
    assert server.requests == []


def test_heygen_creates_all_languages_at_once(connect, server, other_server, clock, tmp_path):
    client = connect(api_key=KEY, dialect="heygen", timeout=600)
    script = Translations(clock, {"a": clock.now + 60, "b": clock.now + 60}, url=other_server.url)

    def respond(request):
        return created("a", "b") if request.method == "POST" else script(request)

    server.script = respond
    other_server.script = [Reply(body=b"video")]
    jobs = client.call(
        "translate",
        video_url="http://files.invalid/talk.mp4",
        to=["French", "German"],
        save_as=tmp_path / "{language}.mp4",
    )
    assert [job.id for job in jobs] == ["a", "b"]
    assert [request.method for request in server.requests].count("POST") == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_key_goes_with_the_upload_to_heygen_too(connect, server, tmp_path):
    client = connect(api_key=KEY, dialect="heygen", timeout=600)
    (tmp_path / "talk.mp4").write_bytes(b"video")
    server.script = [Reply(data={"data": {"asset_id": "as1"}}), created("a"), Reply(data=ended())]
    client.call("translate", tmp_path / "talk.mp4", to="French", idempotency_key="mine")
    keys = [each.headers.get("idempotency-key") for each in server.requests]
    assert keys == ["mine", "mine", None]


def test_file_above_the_limit_is_not_sent(client, server, tmp_path):
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(32 * 2**20 + 1)
    with pytest.raises(FileTooLarge):
        client.call("translate", path, to="French")
    assert server.requests == []
