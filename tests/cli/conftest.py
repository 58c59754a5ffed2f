"""A real server, and cli.py as a user runs it."""

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from typing import Any, TextIO

import pytest
import requests

from benchmarks.development import DevelopmentServer, run_server
from benchmarks.serving import API, ROOT
from heygen_video_translation.cli.app import app
from heygen_video_translation.testing import TranslationSimulator
from tests.databases import Databases
from tests.patience import PATIENCE
from tests.server_fixtures import databases

__all__ = ["cache", "cli", "databases", "server", "shell", "simulator"]

CLI = ROOT / "cli.py"
TAKE_TERMINAL = """
import os, sys
os.setsid()
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal on stdin the controlling one, so that Ctrl-C arrives; runs the command."""

CONTROL_SEQUENCE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str = ""

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The lines on standard output, each of which must be JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class Terminal:
    """A command that runs in a pseudo terminal."""

    process: subprocess.Popen[bytes]
    master: int
    screen: str = ""
    _bytes: bytearray = field(default_factory=bytearray)

    def read_until(self, words: str) -> None:
        """Read until these words are printed."""
        self.read_while(lambda: words not in self.screen)

    def read_while(self, condition: Callable[[], bool]) -> None:
        """Read while a condition is true, which must become false."""
        deadline = time.monotonic() + PATIENCE
        while condition():
            assert time.monotonic() < deadline, f"not in time: {self.screen!r}"
            assert self._read(), f"ended early: {self.screen!r}"

    def read_to_end(self) -> int:
        """Read to the end of the output; return the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def press_ctrl_c(self) -> None:
        os.write(self.master, b"\x03")

    @property
    def text(self) -> str:
        """The output, frame after frame, without colours and cursor movements."""
        return CONTROL_SEQUENCE.sub("", self.screen).replace("\r", "\n")

    def _read(self) -> bool:
        """Read some output; return whether there may be more."""
        if not select.select([self.master], [], [], PATIENCE)[0]:
            return False
        try:
            chunk = os.read(self.master, 65536)
        except OSError:  # Linux raises EIO if no writer is left
            return False
        self._bytes += chunk
        self.screen = self._bytes.decode(errors="ignore")
        return bool(chunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs cli.py with a server, as a shell does."""

    server: str

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("TRANSLATION_API_KEY", "FORCE_COLOR", "NO_COLOR", "COLUMNS")
        }
        return {**kept, "TRANSLATION_SERVER": self.server, "TERM": "xterm-256color", **more}

    def __call__(self, *words: str, **environment: str) -> Outcome:
        """Run a command in a pipe."""
        done = subprocess.run(
            [sys.executable, str(CLI), *words],
            env=self.environment(**environment),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    def interrupt(self, *words: str, **environment: str) -> Outcome:
        """Run a command and send it SIGINT after its first line."""
        with self.start(*words, **environment) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        return Outcome(code=process.returncode, out=line + out, err=err)

    def close_output(self, *words: str) -> Outcome:
        """Run a command whose standard output nobody reads."""
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer) as output, self._start(words, {}, output) as process:
            _, err = process.communicate(timeout=PATIENCE)
        return Outcome(code=process.returncode, out="", err=err)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a pipe."""
        return self._start(words, environment, subprocess.PIPE)

    def _start(
        self, words: Iterable[str], environment: Mapping[str, str], stdout: int | TextIO
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(CLI), *words],
            env=self.environment(**environment),
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    @contextmanager
    def terminal(
        self, *words: str, columns: int = 80, rows: int = 24, **environment: str
    ) -> Iterator[Terminal]:
        """Start a command in a terminal of this size."""
        master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, sys.executable, str(CLI), *words],
            env=self.environment(**environment),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        try:
            yield Terminal(process, master)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            os.close(master)

    def start_job(self, **simulation: Any) -> str:
        """Start a job with this simulation, over HTTP, and return its id."""
        return self.start_titled_job("", **simulation)

    def start_titled_job(self, title: str, **simulation: Any) -> str:
        """Start a job with this title and simulation, over HTTP, and return its id."""
        response = requests.post(
            f"{self.server}{API}/jobs",
            json={"title": title, "simulation": simulation},
            timeout=PATIENCE,
        )
        job_id: str = response.json()["id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job as the server shows it."""
        job: dict[str, Any] = requests.get(
            f"{self.server}{API}/jobs/{job_id}", timeout=PATIENCE
        ).json()
        return job


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine(Shell):
    """Runs the commands in this process, which is fifty times as fast."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str, **environment: str) -> Outcome:
        with self.monkeypatch.context() as patch:
            for name, value in self.environment(**environment).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as exit_info:
                app(list(words), prog_name=CLI.name)
        printed = self.capsys.readouterr()
        return Outcome(code=int(exit_info.value.code or 0), out=printed.out, err=printed.err)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands keep what they learn, in place of the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DevelopmentServer]:
    folder = tmp_path_factory.mktemp("server")
    with run_server(folder, **databases.create(folder).settings) as running:
        yield running


@pytest.fixture
def shell(server: DevelopmentServer) -> Shell:
    return Shell(server=server.root)


@pytest.fixture
def cli(
    server: DevelopmentServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> CommandLine:
    return CommandLine(server=server.root, capsys=capsys, monkeypatch=monkeypatch)


@pytest.fixture
def simulator(server: DevelopmentServer) -> Iterator[TranslationSimulator]:
    """A workspace whose clock is frozen."""
    with TranslationSimulator(server.root, seed=1) as simulator:
        yield simulator
