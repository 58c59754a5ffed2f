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
}

_GUARD: Final = """
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
read -r _  # until the standard input closes, which happens however this process's parent ends
kill -INT $!
wait $!
rm -rf "$folder"
"""


@contextmanager
def run_server(settings: Mapping[str, str] = _FAST) -> Iterator[str]:
    """Run a server with an empty database, and yield its URL.

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
    try:
        _wait_until_ready(url, folder / "log")
        yield url
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


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            psycopg.connect(url).close()
            return  # noqa: TRY300 (an else would be longer)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)


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
        server_url = given or stack.enter_context(run_server())
        url = stack.enter_context(create_databases(server_url))
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(1)
