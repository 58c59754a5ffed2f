"""Run a command with PostgreSQL databases of its own: `python -m tests.postgresql COMMAND …`.

The command finds the URL of one in DATABASE_URL. They are on the server of TEST_DATABASE_URL, or
else on a throw-away server from the installed binaries, which ends with the command.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from tests.databases import TEMPLATE_SUFFIX, migrate

_PACKAGES: Final = "/usr/lib/postgresql/*/bin/initdb"
"""Where Debian installs the binaries, which are not on the PATH."""

_START_TIMEOUT: Final = 30.0
"""Seconds."""

_FAST: Final = {
    "max_connections": "500",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "autovacuum": "off",  # so that query plans do not depend on when it runs
}

_GUARD: Final = """
folder=$1; shift
start() { "$@" >>"$folder/log" 2>&1 & }
stop() { kill -INT $! 2>/dev/null; wait $!; }
start "$@"
# A line stops the server, the next one starts it again. The input closes however this process's
# parent ends.
while read -r _; do
    stop
    read -r _ && start "$@"
done
stop
rm -rf "$folder"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlServer:
    """A throw-away server."""

    url: str
    folder: Path
    guard: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Close all connections, and accept no more."""
        self._write_line()
        while self._is_ready():
            time.sleep(0.01)

    def start(self) -> None:
        """Start again after `stop`."""
        self._write_line()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._is_ready():
            if time.monotonic() > deadline:
                log = (self.folder / "log").read_text()
                raise SystemExit(f"PostgreSQL did not start:\n{log}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def _write_line(self) -> None:
        assert self.guard.stdin
        self.guard.stdin.write(b"\n")
        self.guard.stdin.flush()


@contextmanager
def run_server(settings: Mapping[str, str] = _FAST) -> Iterator[PostgresqlServer]:
    """Run a server with an empty database.

    By default its settings are for tests, which need no data after a crash.
    """
    binaries = _find_binaries()
    folder = Path(mkdtemp(prefix="vid-trans-postgresql-"))
    user = _other_user(folder)
    data, socket = folder / "data", folder / "socket"
    initialize = [
        str(binaries / "initdb"),
        "--pgdata",
        str(data),
        "--username=postgres",
        "--auth=trust",
    ]
    subprocess.run(
        [*initialize, "--encoding=UTF8", "--locale=C", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **user,
    )
    options = [f"--{name}={value}" for name, value in settings.items()]
    # Only a Unix socket, so that no port can be in use.
    listen = ["-k", str(socket), "--listen_addresses="]
    serve = [str(binaries / "postgres"), "-D", str(data), *listen, *options]
    guard = subprocess.Popen(
        ["/bin/sh", "-c", f"mkdir {socket} && {_GUARD}", "guard", str(folder), *serve],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C ends it last
        cwd="/",
        **user,
    )
    url = f"postgres://postgres@/postgres?host={socket}"
    server = PostgresqlServer(url=url, folder=folder, guard=guard)
    try:
        server.wait_until_ready()
        yield server
    finally:
        assert guard.stdin
        guard.stdin.close()
        guard.wait()


def _find_binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/").glob(_PACKAGES.removeprefix("/")), key=_version)
    if not installed:
        raise SystemExit(
            "PostgreSQL is not installed: apt-get install postgresql, or set TEST_DATABASE_URL."
        )
    return installed[-1].parent


def _version(initdb: Path) -> int:
    return int(initdb.parent.parent.name)


def _other_user(folder: Path) -> dict[str, Any]:
    """Return as which user the server runs: as root it refuses to. Give it the folder."""
    if os.getuid():
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


@contextmanager
def create_databases(server_url: str) -> Iterator[str]:
    """Create a database and one with all tables, which tests copy; yield the URL of the first.

    In the end, delete all databases that have its name in theirs, as the tests' databases do.
    """
    name = f"test_{uuid4().hex[:8]}"
    parts = urlsplit(server_url)
    template = name + TEMPLATE_SUFFIX
    with psycopg.connect(server_url, autocommit=True) as connection:
        for each in (name, template):
            connection.execute(f"CREATE DATABASE {each}")
        try:
            migrate(urlunsplit(parts._replace(path=f"/{template}")))
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            query = "SELECT datname FROM pg_database WHERE strpos(datname, %s) > 0"
            for (each,) in connection.execute(query, [name]).fetchall():
                connection.execute(f"DROP DATABASE {each} WITH (FORCE)")


def main(command: Sequence[str]) -> int:
    given = os.environ.get("TEST_DATABASE_URL")
    with ExitStack() as stack:
        server_url = given or stack.enter_context(run_server()).url
        url = stack.enter_context(create_databases(server_url))
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(1)
