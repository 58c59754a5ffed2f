"""`vid-trans`, installed and in an editable installation."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from heygen_video_translation import __version__
from heygen_video_translation.testing.server_process import ServerProcess, run_server
from tests.prove.installation.conftest import TIMEOUT, Environment

COMMANDS = (
    *("translate", "create", "status", "wait", "watch", "list", "cancel", "download"),
    *("serve", "prune"),
)


@pytest.fixture(params=["with_server", "editable"])
def environment(request: pytest.FixtureRequest) -> Environment:
    """Both kinds of installation: they behave the same."""
    chosen: Environment = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="module")
def served(
    with_server: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server that is started in another Django project's environment."""
    folder = tmp_path_factory.mktemp("served")
    options = ("--error-probability", "0", "--min-delay", "0.5", "--max-delay", "0.5")
    with run_server(
        [str(with_server.program("vid-trans")), "serve", "--port", "0", *options],
        log=folder / "log",
        environment=with_server.variables(DJANGO_SETTINGS_MODULE="shop"),
        folder=folder,
    ) as server:
        yield server


def test_help_names_the_program_and_the_commands(environment: Environment, tmp_path: Path) -> None:
    ran = environment.run("vid-trans", "--help", folder=tmp_path)

    names = re.findall(r"^│ (\w+) ", ran.stdout, re.MULTILINE)
    assert names == [*COMMANDS, "createsuperuser"]
    assert " vid-trans create --video-url" in ran.stdout
    assert "cli.py" not in ran.stdout


@pytest.mark.parametrize(
    "words", [["vid-trans"], ["python", "-m", "heygen_video_translation"]], ids=" ".join
)
def test_version_is_printed(environment: Environment, tmp_path: Path, words: list[str]) -> None:
    assert environment.run(*words, "--version", folder=tmp_path).stdout == f"{__version__}\n"


def test_database_is_in_the_current_folder(environment: Environment, tmp_path: Path) -> None:
    ran = environment.run(
        *("vid-trans", "createsuperuser", "--no-input", "--username", "ada", "--email", ""),
        folder=tmp_path,
        DJANGO_SUPERUSER_PASSWORD="a long enough one",
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        users = database.execute("SELECT username, is_superuser FROM auth_user").fetchall()
    assert users == [("ada", 1)]


def test_createsuperuser_without_a_terminal_is_wrong_usage(
    with_server: Environment, tmp_path: Path
) -> None:
    ran = with_server.run("vid-trans", "createsuperuser", folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "use --no-input" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_prune_deletes_ended_jobs(environment: Environment, tmp_path: Path) -> None:
    with run_server(
        [str(environment.program("vid-trans")), "serve", "--port", "0", "--max-delay", "5"],
        log=tmp_path / "log",
        environment=environment.variables(),
        folder=tmp_path,
    ) as server:
        document = {"simulation": {"duration": 0, "outcome": "completed"}}
        requests.post(f"{server.url}/vid_trans_api/jobs", json=document, timeout=TIMEOUT)

    ran = environment.run("vid-trans", "prune", "--days", "0", folder=tmp_path)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Deleted 1 job, ")


def test_prune_without_a_database_creates_none(with_server: Environment, tmp_path: Path) -> None:
    ran = with_server.run("vid-trans", "prune", folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"There is no database {tmp_path / 'db.sqlite3'}: set --store or DATABASE_URL.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_job_is_created_and_followed(
    with_server: Environment, tmp_path: Path, served: ServerProcess
) -> None:
    ran = with_server.run(
        "vid-trans", "create", "--wait", folder=tmp_path, TRANSLATION_SERVER=served.url
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.search(r" completed in 0:01: http\S+/result$", ran.stdout)


def test_suggested_command_names_the_program(
    with_server: Environment, tmp_path: Path, served: ServerProcess
) -> None:
    ran = with_server.run(
        *("vid-trans", "create", "--outcome", "stuck", "--wait", "--timeout", "0"),
        folder=tmp_path,
        TRANSLATION_SERVER=served.url,
    )

    assert ran.returncode == 4
    assert re.search(r"^  vid-trans wait [0-9a-f]{32}$", ran.stderr, re.MULTILINE)


def test_server_prints_its_url_first_and_stops_at_eof(
    with_server: Environment, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [with_server.program("vid-trans"), "serve", "--port", "0", "--temporary"],
        cwd=tmp_path,
        env=with_server.variables(TMPDIR=str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = process.stdout.readline().rstrip("\n")
        newest = requests.get(f"{url}/vid_trans_api/status", timeout=TIMEOUT).status_code
        process.stdin.close()
        rest = process.stdout.read()
        code = process.wait(TIMEOUT)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert (newest, code, rest) == (404, 0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stdin", ["/dev/null", "closed pipe"])
def test_server_without_a_controlling_pipe_goes_on(
    with_server: Environment, tmp_path: Path, stdin: str
) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with subprocess.Popen(
        [with_server.program("vid-trans"), "serve", "--port", "0"],
        cwd=tmp_path,
        env=with_server.variables(),
        stdin=subprocess.DEVNULL if stdin == "/dev/null" else reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        os.close(reading)
        assert process.stdout is not None
        url = process.stdout.readline().rstrip("\n")
        title = requests.get(f"{url}/vid_trans_api/status", timeout=TIMEOUT).json()["title"]
        process.terminate()

    assert (title, process.returncode) == ("Demonstration", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_server_leaves_no_temporary_database(
    with_server: Environment, tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with run_server(
        [str(with_server.program("vid-trans")), "serve", "--port", "0", "--temporary"],
        log=tmp_path / "log",
        environment=with_server.variables(TMPDIR=str(folder)),
        folder=tmp_path,
    ) as server:
        requests.post(f"{server.url}/vid_trans_api/jobs", timeout=TIMEOUT)
        server.process.send_signal(number)
        code = server.process.wait(TIMEOUT)

    log = server.log.read_text()
    assert (code, "Traceback" in log, "cannot be written" in log) == (0, False, False)
    assert list(folder.iterdir()) == []


def test_used_port_leaves_no_temporary_database(with_server: Environment, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        ran = with_server.run(
            *("vid-trans", "serve", "--temporary", "--port", port),
            folder=tmp_path,
            TMPDIR=str(tmp_path),
        )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"Cannot listen on 127.0.0.1, port {port}: Address already in use."
        f" Use another port: vid-trans serve --port {int(port) + 1}\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--min-delay", "9", "--max-delay", "1"), "MIN_DELAY=9.0 and MAX_DELAY=1.0 "),
        (("--store", "nowhere/db.sqlite3"), "but there is no folder"),
    ],
)
def test_wrong_settings_are_explained_in_a_sentence(
    with_server: Environment, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    ran = with_server.run("vid-trans", "serve", *options, folder=tmp_path)

    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
