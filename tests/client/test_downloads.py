"""Downloading a result into a file, and uploading a video."""

import time

import pytest

from heygen_video_translation.client import (
    Conflict,
    FileTooLarge,
    ServerUnavailable,
    UnexpectedResponse,
)
from tests.client.heygen import KEY, V3, Translations, completed, translation
from tests.client.server import Reply


def test_download_writes_the_file_and_reports_progress(client, server, tmp_path):
    progress = []
    server.script = [Reply(body=b"v" * 40_000, headers={"Content-Type": "video/mp4"})]
    path = client.call(
        "download", "a", tmp_path / "talk.mp4", lambda *counts: progress.append(counts)
    )
    assert path.read_bytes() == b"v" * 40_000
    assert progress[-1] == (40_000, 40_000)
    assert [file.name for file in tmp_path.iterdir()] == ["talk.mp4"]


def test_download_starts_again_if_it_is_cut_off(client, server, tmp_path):
    server.script = [Reply(body=b"old" * 100, length=1000), Reply(body=b"new")]
    path = client.call("download", "a", str(tmp_path / "talk.mp4"))
    assert path.read_bytes() == b"new"


def test_progress_starts_again_if_a_download_is_cut_off(client, server, tmp_path):
    progress = []
    server.script = [Reply(body=b"old" * 10_000, length=90_000), Reply(body=b"new")]
    client.call("download", "a", tmp_path / "talk.mp4", lambda *counts: progress.append(counts))
    assert progress[0][1] == 90_000
    assert progress[-1] == (3, 3)


def test_refused_download_has_the_servers_detail(client, server, tmp_path):
    server.script = [Reply(409, {"detail": "It is pending."})]
    with pytest.raises(Conflict) as caught:
        client.call("download", "a", tmp_path / "talk.mp4")
    assert caught.value.detail == "It is pending."


def test_download_may_take_longer_than_request_timeout(connect, server, tmp_path):
    class Slow(Reply):
        def send(self, connection, clock):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 147456\r\n\r\n")
            for _ in range(9):
                time.sleep(0.5)
                connection.sendall(b"v" * 2**14)

    client = connect(request_timeout=4.0, max_retries=0)
    server.script = [Slow()]
    path = client.call("download", "a", tmp_path / "talk.mp4")
    assert path.stat().st_size == 9 * 2**14


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(409), Conflict), (Reply(body=b"x", length=9), ServerUnavailable)]
)
def test_failed_download_changes_no_file(connect, server, tmp_path, reply, kind):
    client = connect(max_retries=0)
    (tmp_path / "talk.mp4").write_bytes(b"before")
    server.script = [reply]
    with pytest.raises(kind):
        client.call("download", "a", tmp_path / "talk.mp4")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_error_while_writing_is_raised_and_not_retried(client, server, tmp_path):
    def full(done, total):
        raise OSError("disk full")

    server.script = [Reply(body=b"video")]
    with pytest.raises(OSError, match="disk full"):
        client.call("download", "a", tmp_path / "talk.mp4", full)
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def heygen(connect):
    return connect(api_key=KEY, dialect="heygen", timeout=600, headers={"Cookie": "session=1"})


def test_signed_address_gets_neither_key_nor_cookie(heygen, server, other_server, tmp_path):
    server.script = [Reply(data=completed(url=f"{other_server.url}/a.mp4"))]
    other_server.script = [Reply(body=b"video")]

    heygen.call("download", "a", tmp_path / "a.mp4")

    [request] = other_server.requests
    assert request.headers.keys() & {"x-api-key", "cookie", "authorization"} == set()


def test_address_of_a_known_job_is_used_without_another_request(
    heygen, server, other_server, tmp_path
):
    server.script = [Reply(data=completed(url=f"{other_server.url}/a.mp4"))]
    other_server.script = [Reply(body=b"video")]
    job = heygen.call("wait_for_completion", "a")

    path = heygen.call("download", job, tmp_path / "a.mp4")

    assert path.read_bytes() == b"video"
    assert len(server.requests) == 1


def test_address_that_has_run_out_is_requested_anew(heygen, server, other_server, tmp_path):
    def file(request):
        return Reply(body=b"video") if request.path == "/new.mp4" else Reply(403)

    server.script = [
        Reply(data=completed(url=f"{other_server.url}/{name}.mp4")) for name in ("old", "new")
    ]
    other_server.script = file
    job = heygen.call("wait_for_completion", "a")

    path = heygen.call("download", job, tmp_path / "a.mp4")

    assert path.read_bytes() == b"video"
    assert [request.path for request in other_server.requests] == ["/old.mp4", "/new.mp4"]


def test_new_address_that_is_refused_is_an_error_without_the_address(
    heygen, server, other_server, tmp_path
):
    server.script = [Reply(data=completed(url=f"{other_server.url}/secret.mp4"))]
    other_server.script = [Reply(403)]

    with pytest.raises(UnexpectedResponse, match="cannot be downloaded") as caught:
        heygen.call("download", "a", tmp_path / "a.mp4")

    assert "secret" not in str(caught.value)
    assert len(other_server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_address_that_is_not_there_yet_is_waited_for(heygen, server, other_server, clock, tmp_path):
    server.script = Translations(clock, {"a": clock.now}, late=10.0, url=other_server.url)
    other_server.script = [Reply(body=b"video")]

    path = heygen.call("download", "a", tmp_path / "a.mp4")

    assert path.read_bytes() == b"video"
    assert 10.0 <= sum(clock.slept) <= 15.0


def test_address_that_never_comes_is_a_conflict(heygen, server, tmp_path):
    server.script = [Reply(data=translation(status="completed"))]

    with pytest.raises(Conflict, match="there is no audio"):
        heygen.call("download", "a", tmp_path / "a.wav", kind="audio")


def test_captions_are_downloaded_with_the_key(heygen, server, tmp_path):
    server.script = [Reply(body=b"WEBVTT")]

    heygen.call("download", "a", tmp_path / "a.vtt", kind="vtt")

    [request] = server.requests
    assert request.path == f"{V3}/a/caption?format=vtt"
    assert request.headers["x-api-key"] == KEY


def test_file_above_the_limit_is_not_sent(heygen, server, tmp_path):
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(32 * 2**20 + 1)

    with pytest.raises(FileTooLarge, match=r"long.mp4 has 33,554,433 bytes"):
        heygen.call("upload", path)

    assert server.requests == []


def test_large_upload_has_more_time_than_a_small_request(connect, server, tmp_path):
    class SlowToRespond(Reply):
        def send(self, connection, clock):
            time.sleep(1.2)
            super().send(connection, clock)

    (tmp_path / "talk.mp4").write_bytes(b"v" * 2**19)  # four seconds at the slowest rate
    client = connect(api_key=KEY, dialect="heygen", request_timeout=1.0, max_retries=0)
    server.script = [SlowToRespond(data={"data": {"asset_id": "as1"}})]

    assert client.call("upload", tmp_path / "talk.mp4").id == "as1"
