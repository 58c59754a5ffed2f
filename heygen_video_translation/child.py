"""A server as a child process that knows nothing of its parent's Django and ends with it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAM: Final = """
import sys
from pathlib import Path
from heygen_video_translation.serving import serve
store = Path(sys.argv[1])
serve(host="127.0.0.1", port=0, store=store, demonstrates=False, until_eof=True)
"""
_INHERITED: Final = re.compile(
    "PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_.*|TZ|LD_LIBRARY_PATH|DYLD_.*|SYSTEMROOT|SYSTEMDRIVE"
    "|USERPROFILE|APPDATA|LOCALAPPDATA"
)
"""What of the environment a Python needs; all else may be about the parent's own project."""

_ANNOUNCEMENT: Final = re.compile(r"^ +Jobs +(http://127\.0\.0\.1:\d+)/$", re.MULTILINE)
_LONGEST_START: Final = 60.0
_LONGEST_STOP: Final = 5.0
_LOOKING_EVERY: Final = 0.02


class NotStartedError(Exception):
    """The server did not start; says what its log does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationServer:
    """A server that runs: its root, and the file that it logs to."""

    url: str
    log: Path


@contextmanager
def run_server(folder: Path, settings: Mapping[str, object]) -> Iterator[TranslationServer]:
    """Run a server whose store and log lie in `folder`.

    `settings` are the environment's words for what is to differ from the defaults. Raises
    NotStartedError.
    """
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if _INHERITED.fullmatch(name.upper())}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (this very Python, and a program of our own)
            # Neither PYTHON* variables nor the current directory decide what it imports.
            [sys.executable, "-E", "-P", "-c", _PROGRAM, str(folder / "db.sqlite3")],
            cwd=folder,
            env={**kept, **{name: str(value) for name, value in settings.items()}},
            stdin=subprocess.PIPE,  # ends with this process, however it dies, and the child with it
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends the parent, which may still have to ask it
        )
    try:
        yield TranslationServer(url=_announced_url(process, log), log=log)
    finally:
        _stop(process)


def _announced_url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _LONGEST_START
    while True:
        code = process.poll()
        said = log.read_text(errors="replace")
        if announcement := _ANNOUNCEMENT.search(said):
            return announcement[1]
        if code is not None:
            raise NotStartedError(f"The translation server ended with code {code}:\n\n{said}")
        if time.monotonic() > deadline:
            raise NotStartedError(
                f"The translation server has not started in {_LONGEST_START:g} s:\n\n{said}"
            )
        time.sleep(_LOOKING_EVERY)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101 (it was asked for)
    process.stdin.close()
    process.terminate()  # a test may have left a process behind that keeps the other end open
    try:
        process.wait(_LONGEST_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
