"""The development server as a child process, with a database and a log of its own."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.serving import ROOT
from heygen_video_translation.testing import server_process


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentServer:
    """A server that runs, or did: its log can be read as long as its folder exists."""

    root: str
    log: Path

    def requests(self, text: str) -> int:
        """Return how many requests it has logged whose method and path contain this text."""
        lines = re.findall(r'^\[[^]]+\] "(\S+ \S+) HTTP/', self.log.read_text(), re.MULTILINE)
        return sum(text in line for line in lines)


@contextmanager
def run_server(folder: Path, **settings: str) -> Iterator[DevelopmentServer]:
    """Run the server on a free port, with its database and its log in `folder`.

    `settings` are environment variables that differ from the defaults.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "DEBUG": "True",
        "API_KEYS": "",
        **settings,
    }
    with server_process.run_server(
        [sys.executable, "cli.py", "serve", "--port", "0", "--demonstration"],
        log=folder / "server.log",
        environment=environment,
        folder=ROOT,
    ) as server:
        yield DevelopmentServer(root=server.url, log=server.log)
