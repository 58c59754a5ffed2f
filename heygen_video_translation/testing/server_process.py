"""Run a server as a child process, or use one that runs already.

The fixtures, this project's own tests and the benchmarks start their servers here.
"""

import hmac
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

OWN_COMMAND: Final = (sys.executable, "-E", "-P", "-m", "heygen_video_translation")
"""`vid-trans` of this installation; -E and -P: no project of the parent's is imported instead."""

START_TIMEOUT: Final = 90.0
"""Seconds until a server must respond; a command may install or download it first."""

STOP_TIMEOUT: Final = 30.0
"""Seconds within which a server must stop."""

SERVER_SETTINGS: Final = frozenset(
    {
        "ALLOWED_HOSTS",
        "API_KEYS",
        "API_KEY_SECRET",
        "BEHIND_PROXY",
        "CORS_ALLOWED_ORIGINS",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_POOL_SIZE",
        "DATABASE_URL",
        "DEBUG",
        "DISPATCH_WEBHOOKS",
        "ERROR_PROBABILITY",
        "ESTIMATE_NOISE",
        "HEYGEN_MAX_CONCURRENT_JOBS",
        "JOURNAL_LENGTH",
        "LOG_FORMAT",
        "LONG_POLL_LIMIT",
        "MAX_ALL_UPLOADS_BYTES",
        "MAX_DELAY",
        "MAX_JOBS",
        "MAX_LONG_POLLS",
        "MAX_UPLOAD_BYTES",
        "MAX_WORKSPACES",
        "MAX_WORKSPACE_UPLOAD_BYTES",
        "METRICS_HOST",
        "METRICS_PORT",
        "METRICS_TOKEN",
        "MIN_DELAY",
        "PROMETHEUS_MULTIPROC_DIR",
        "PUBLIC_URL",
        "SCRIPT_NAME",
        "SECRET_KEY",
        "SECURE_COOKIES",
        "SECURE_HSTS_SECONDS",
        "SECURE_SSL_REDIRECT",
        "SIGNED_URL_SECONDS",
        "SIMULATION",
        "UPLOAD_FOLDER",
        "WEBHOOK_PRIVATE_ADDRESSES",
    }
)
"""The environment variables that the server reads."""

FIRST_LINE: Final = re.compile(r"^(https?://\S+?)/?$", re.MULTILINE)
"""The line by which `vid-trans serve` reports its URL."""

_HEALTH: Final = "/vid_trans_api/health"
_REQUEST_TIMEOUT: Final = 10.0
_POLL_INTERVAL: Final = 0.02


class ServerError(Exception):
    """A server did not start, did not respond or did not stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationServer:
    """A running server: its root URL, and its log if it was started here."""

    url: str
    log: Path | None = None
    api_key_secret: str = field(default="", repr=False)
    """The server's setting API_KEY_SECRET; empty if it accepts every key."""

    def new_api_key(self) -> str:
        """Return a key that the server accepts; it opens an empty workspace."""
        name = f"test-{uuid4().hex}"
        if not self.api_key_secret:
            return name
        mac = hmac.new(self.api_key_secret.encode(), name.encode(), "sha256")
        return f"{name}-{mac.hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    """A server that runs as a child process: its root URL, its log and its process."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """Kill the server and its workers without warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def clean_environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Return this process's environment with these settings of the server and no others.

    Variables for Python are left out too: they are about the parent's project.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in SERVER_SETTINGS and not name.startswith("PYTHON")
    }
    return kept | {name: str(value) for name, value in settings.items()}


@contextmanager
def run_server(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    url: re.Pattern[str] | str = FIRST_LINE,
) -> Iterator[ServerProcess]:
    """Run a server in `folder` until the block ends.

    `url` is the server's root URL, or finds it in what the server prints. The server's standard
    input is a pipe that closes with this process, even if it is killed. Raises ServerError.
    """
    with log.open("ab") as output:
        start = output.tell()
        try:
            process = subprocess.Popen(  # noqa: S603 (the command is the caller's own)
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which still needs it
            )
        except OSError as error:
            raise ServerError(f"{command[0]} cannot be run: {error.strerror}.") from None
    try:
        root = url if isinstance(url, str) else _reported_url(process, url, log, start)
        _wait_until_healthy(root, process, log, start)
        yield ServerProcess(url=root, log=log, process=process)
    finally:
        _stop(process, log)


def check_server(url: str) -> None:
    """Raise ServerError if no video-translation server responds at this root URL."""
    try:
        status = _health(url)
    except (OSError, http.client.HTTPException) as error:
        raise ServerError(f"No translation server responds at {url}: {error}.") from None
    if status != http.client.OK:
        raise ServerError(f"{url}{_HEALTH} responds with status {status}, not 200.")


def connect(url: str, *, timeout: float) -> http.client.HTTPConnection:
    """Return a connection to the host of a URL."""
    parts = urlsplit(url)
    https = parts.scheme == "https"
    kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
    return kind(parts.netloc, timeout=timeout)


def _health(url: str) -> int:
    connection = connect(url, timeout=_REQUEST_TIMEOUT)
    try:
        connection.request("GET", urlsplit(url).path + _HEALTH)
        response = connection.getresponse()
        response.read()  # otherwise the server may log a broken pipe
        return response.status
    finally:
        connection.close()


def _reported_url(
    process: subprocess.Popen[bytes], pattern: re.Pattern[str], log: Path, start: int
) -> str:
    """Wait for the server to print its URL; the server itself chooses a free port."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        code = process.poll()  # before reading: what it printed last must not be missed
        printed = _read(log, start)
        # The last line may be incomplete.
        if match := pattern.search(printed, 0, printed.rfind("\n") + 1):
            return match[1]
        if code is not None:
            raise ServerError(f"The translation server exited with code {code}:\n\n{printed}")
        if time.monotonic() > deadline:
            raise ServerError(
                f"The translation server printed no URL within {START_TIMEOUT:g} s:\n\n{printed}"
            )
        time.sleep(_POLL_INTERVAL)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path, start: int) -> None:
    """Wait until the server responds; some report their URL before they listen."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            _health(url)
        except (OSError, http.client.HTTPException) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(
                    f"The translation server does not respond at {url}: {error}\n\n"
                    f"{_read(log, start)}"
                ) from None
            time.sleep(_POLL_INTERVAL)
        else:
            return


def _read(log: Path, start: int) -> str:
    return log.read_bytes()[start:].decode(errors="replace")


def _stop(process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.stdin is not None  # noqa: S101 (run_server opens a pipe)
    process.stdin.close()
    process.terminate()  # a test may have started a process that keeps the pipe open
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise ServerError(
            f"The translation server did not stop within {STOP_TIMEOUT:g} s:\n\n"
            f"{log.read_text(errors='replace')}"
        ) from None
