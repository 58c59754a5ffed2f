"""The development server as a child process, with a store and a log of its own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.serving import ROOT

_LONGEST_START: Final = 60.0
_LONGEST_STOP: Final = 10.0
_LOOKING_EVERY: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentServer:
    """A server that runs, or did: its log stays readable as long as its folder does."""

    port: int
    log: Path

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self, containing: str = "") -> int:
        """Return how many requests it has answered whose request line holds these words."""
        lines = re.findall(r'^\[[^]]+\] "(\S+ \S+) HTTP/', self.log.read_text(), re.MULTILINE)
        return sum(containing in line for line in lines)


@contextmanager
def run_server(folder: Path, **settings: str) -> Iterator[DevelopmentServer]:
    """Run `manage.py runserver` on a free port, with its store and its log in `folder`.

    `settings` are the environment's words for what is to differ from the defaults.

    It stands in a session of its own: Ctrl-C at the terminal ends whoever asks it, who then stops
    the server.
    """
    log = folder / "server.log"
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:////{str(folder / 'store.sqlite3').lstrip('/')}",
        "DEBUG": "True",
        "API_KEYS": "",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield DevelopmentServer(port=_announced_port(process, log), log=log)
    finally:
        process.terminate()
        try:
            process.wait(_LONGEST_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _announced_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port that a server says it listens on, once it does.

    It is the server that picks the port: one that was seen free before may be taken by then.
    """
    deadline = time.monotonic() + _LONGEST_START
    while time.monotonic() < deadline:
        has_ended = process.poll() is not None
        said = log.read_text()
        if announcement := re.search(r"Jobs +http://127\.0\.0\.1:(\d+)/\n", said):
            return int(announcement[1])
        if has_ended:
            raise RuntimeError(f"The server did not start. It said:\n{said}")
        time.sleep(_LOOKING_EVERY)
    raise TimeoutError(f"No server after {_LONGEST_START:g} s. It said:\n{log.read_text()}")
