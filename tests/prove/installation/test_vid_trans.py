"""`vid-trans`: it serves from where it is called, and is the client's command line there."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from heygen_video_translation import __version__
from tests.wheel.conftest import PATIENCE, Installed

COMMANDS = ("create", "status", "wait", "watch", "list", "cancel", "download", "serve")


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[str]
    folder: Path
    url: str


@contextmanager
def serving(
    installed: Installed, folder: Path, *options: str, **environment: str
) -> Iterator[Serving]:
    """Run `vid-trans serve` on a free port, until it has said where."""
    with subprocess.Popen(
        ["vid-trans", "serve", "--port", "0", *options],
        executable=installed.folder / "bin" / "vid-trans",
        cwd=folder,
        env=installed.environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if address := re.match(r" +Jobs +(http://127\.0\.0\.1:\d+)/$", line):
                break
        else:
            pytest.fail(said)
        try:
            yield Serving(process, folder, address[1])
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_help_names_every_command_as_it_is_called(installed, tmp_path):
    told = installed.run("vid-trans", "--help", cwd=tmp_path)

    assert re.findall(r"^│ (\w+) ", told.stdout, re.MULTILINE) == list(COMMANDS)
    assert "vid-trans create --video-url" in told.stdout
    assert "cli.py" not in told.stdout


@pytest.mark.parametrize("words", [["vid-trans"], ["python", "-m", "heygen_video_translation"]])
def test_version_is_told(installed, tmp_path, words):
    assert installed.run(*words, "--version", cwd=tmp_path).stdout == f"{__version__}\n"


def test_port_that_is_taken_leaves_no_temporary_store(installed, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = installed.run(
            "vid-trans", "serve", "--temporary", "--port", port, cwd=tmp_path, TMPDIR=str(tmp_path)
        )

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"Nothing can listen on 127.0.0.1, port {port}: Address already in use.\n"
    assert [*tmp_path.iterdir()] == []


@pytest.fixture(scope="module")
def served(installed, tmp_path_factory):
    """A server that is started in the midst of another Django project."""
    simulated = ("--error-probability", "0", "--min-delay", "0.5", "--max-delay", "0.5")
    folder = tmp_path_factory.mktemp("served")
    with serving(installed, folder, *simulated, DJANGO_SETTINGS_MODULE="shop") as server:
        yield server


def test_job_is_created_and_followed_to_its_end(installed, tmp_path, served):
    followed = installed.run(
        "vid-trans", "create", "--wait", cwd=tmp_path, TRANSLATION_SERVER=served.url
    )

    assert (followed.returncode, followed.stderr) == (0, "")
    assert re.search(r" completed in 0:01: http\S+/result$", followed.stdout)


def test_proposed_command_is_called_as_this_one_was(installed, tmp_path, served):
    left = installed.run(
        *("vid-trans", "create", "--outcome", "stuck", "--wait", "--timeout", "0"),
        cwd=tmp_path,
        TRANSLATION_SERVER=served.url,
    )

    assert left.returncode == 4
    assert re.search(r"^  vid-trans wait [0-9a-f]{32}$", left.stderr, re.MULTILINE)


def test_store_lies_where_the_server_is_started(installed, served):
    assert (served.folder / "db.sqlite3").is_file()
    assert list(installed.packages.rglob("*.sqlite3*")) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_server_that_is_told_to_stop_leaves_no_temporary_store(installed, tmp_path, how):
    with serving(installed, tmp_path, "--temporary", TMPDIR=str(tmp_path)) as server:
        requests.post(f"{server.url}/vid_trans_api/jobs", timeout=PATIENCE)
        server.process.send_signal(how)
        said, _ = server.process.communicate(timeout=PATIENCE)

    assert (server.process.returncode, "Traceback" in said) == (0, False)
    assert "cannot be written" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--min-delay", "9", "--max-delay", "1"), "MIN_DELAY=9.0 and MAX_DELAY=1.0 are not"),
        (("--store", "nowhere/db.sqlite3"), "but there is no folder"),
    ],
)
def test_settings_that_cannot_work_are_told_in_a_sentence(installed, tmp_path, options, sentence):
    refused = installed.run("vid-trans", "serve", *options, cwd=tmp_path)

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
