"""Downloading a result into a file."""

import time

import pytest

from heygen_video_translation.client import Conflict, ServerUnavailable
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
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n")
            for _ in range(4):
                time.sleep(0.6)
                connection.sendall(b"v" * 2**14)

    client = connect(request_timeout=2.0, max_retries=0)
    server.script = [Slow()]
    path = client.call("download", "a", tmp_path / "talk.mp4")
    assert path.stat().st_size == 2**16


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
