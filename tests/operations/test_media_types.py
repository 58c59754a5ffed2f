"""What a file is recognised as, by its bytes."""

import logging
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.media_files import ACCEPTED, DAMAGED, DURATIONS, ENDLESS, UNKNOWN, VIDEO, opened
from vid_trans_api.file_types import UPLOADED
from vid_trans_api.operations import media_probe
from vid_trans_api.operations.errors import CannotReadFiles, DamagedFile, UnknownMediaType
from vid_trans_api.operations.media_types import Media, recognise


@pytest.mark.parametrize("mime_type", UPLOADED)
def test_each_type_is_recognised_with_its_duration(mime_type):
    with opened(ACCEPTED[mime_type]) as file:
        file.seek(5)
        media, left = recognise(file), file.read()

    assert media == Media(mime_type=mime_type, duration=DURATIONS.get(mime_type))
    assert left == ACCEPTED[mime_type]


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_file_is_refused(data):
    with opened(data) as file, pytest.raises(DamagedFile, match="damaged or cut off"):
        recognise(file)


@pytest.mark.parametrize("data", UNKNOWN.values(), ids=UNKNOWN)
def test_other_file_is_refused_with_the_accepted_types(data):
    accepted = r"mp4, webm, mp3, wav, png, jpg, pdf, srt\.$"
    with opened(data) as file, pytest.raises(UnknownMediaType, match=accepted):
        recognise(file)


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"ID3", b"\xff\xfb", b"%PDF-1.4\n"])
def test_no_url_in_a_file_is_fetched(prefix):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = b"http://127.0.0.1:%d/a.ts" % server.getsockname()[1]
        playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%s\n#EXT-X-ENDLIST\n" % url
        with opened(prefix + playlist) as file:
            with suppress(UnknownMediaType, DamagedFile):
                recognise(file)
            subprocess.run([sys.executable, "-I", media_probe.__file__], stdin=file, check=True)
        with pytest.raises(TimeoutError):
            server.accept()


def test_file_that_keeps_the_parser_busy_is_refused():
    with opened(ENDLESS) as file, pytest.raises(DamagedFile):
        recognise(file)


def probe_with(monkeypatch: pytest.MonkeyPatch, folder: Path, commands: str) -> None:
    """Let a shell script be the interpreter that runs the probe."""
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{commands}\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.mark.parametrize("commands", ["exit 3", "kill -XCPU $$", "kill -SEGV $$", "kill -ABRT $$"])
def test_file_that_the_probe_cannot_read_is_damaged(monkeypatch, tmp_path, commands):
    probe_with(monkeypatch, tmp_path, f"ulimit -c 0; {commands}")

    with opened(VIDEO) as file, pytest.raises(DamagedFile):
        recognise(file)


@pytest.mark.parametrize("commands", ["exit 1", "exit 127", "kill -KILL $$", "kill -TERM $$"])
def test_other_failure_of_the_probe_is_logged(monkeypatch, tmp_path, caplog, commands):
    probe_with(monkeypatch, tmp_path, f"echo No module named pymediainfo >&2; {commands}")

    with opened(VIDEO) as file, pytest.raises(CannotReadFiles):
        recognise(file)

    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "No module named pymediainfo" in caplog.text


def test_probe_that_cannot_be_started_is_logged(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))

    with opened(VIDEO) as file, pytest.raises(CannotReadFiles):
        recognise(file)

    assert "No such file" in caplog.text


def test_probe_that_gets_no_processor_is_logged(monkeypatch, caplog):
    def time_out(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", timeout)

    monkeypatch.setattr(subprocess, "run", time_out)

    with opened(VIDEO) as file, pytest.raises(CannotReadFiles):
        recognise(file)

    assert "timed out after 20" in caplog.text
