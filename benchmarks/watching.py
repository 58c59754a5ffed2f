"""Measure how soon long polls learn of what another process does, and what waiting costs.

`python -m benchmarks.watching` prints the table under "Long polls in several processes" in
docs/benchmarks.md, for SQLite and for a PostgreSQL server of its own.
"""

import http.client
import os
import platform
import random
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.server import table
from benchmarks.serving import API, Server, serve
from tests.postgresql import create_databases, run_server

WAITING: Final = 200
CANCELED: Final = 100
MANY, PROCESSES = 1_000, 4
MEASURED: Final = 10.0  # seconds
CALM: Final = 15.0  # seconds after which nothing that went before costs anything

_SETTINGS: Final = {"MAX_LONG_POLLS": "512", "LONG_POLL_LIMIT": "300"}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class LongPoll:
    """A long poll for a job that never ends by itself."""

    def __init__(self, server: Server) -> None:
        self.job_id = server.create(simulation={"outcome": "stuck"})["id"]
        self._connection = socket.create_connection(("127.0.0.1", server.port))
        path = f"{API}/jobs/{self.job_id}"
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=300\r\n\r\n"
        self._connection.sendall(head.encode())

    def wait(self) -> None:
        """Wait for the response."""
        assert self._connection.recv(1)
        self._connection.close()


@contextmanager
def servers(database: Path, url: str, count: int) -> Iterator[list[Server]]:
    """Run so many servers with one database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                serve(database.with_stem(f"{database.stem}-{n}"), DATABASE_URL=url, **_SETTINGS)
            )
            for n in range(count)
        ]


def share_of_a_core(server: Server) -> float:
    """Return how much of a core a server needs when nothing but time passes."""
    time.sleep(CALM)
    before = _processor_seconds(server.pid)
    time.sleep(MEASURED)
    return (_processor_seconds(server.pid) - before) / MEASURED


def _processor_seconds(session: int) -> float:
    """Return the processor time of all processes of a session."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def delays(polls: Sequence[LongPoll], servers: Sequence[Server]) -> list[float]:
    """Cancel jobs one after another; return the seconds from each cancel to its long poll's end."""
    measured = []
    connections = [http.client.HTTPConnection("127.0.0.1", server.port) for server in servers]
    for poll in polls:
        time.sleep(random.uniform(0.02, 0.1))
        connection = random.choice(connections)
        began_at = time.perf_counter()
        connection.request("POST", f"{API}/jobs/{poll.job_id}/cancel")
        poll.wait()
        measured.append(time.perf_counter() - began_at)
        connection.getresponse().read()
    return sorted(measured)


def measure(database: Path, url: str) -> dict[str, str]:
    """Return what is measured on one store."""
    with servers(database, url, 2) as (here, there):
        without = share_of_a_core(here)
        polls = [LongPoll(here) for _ in range(WAITING)]
        waiting = share_of_a_core(here)
        few = delays(polls[:CANCELED], [there])
        reset(there)
    with servers(database, url, PROCESSES) as all_servers:
        many_polls = [LongPoll(all_servers[n % PROCESSES]) for n in range(MANY)]
        time.sleep(CALM)
        # Those of the first process are canceled by the others.
        many = delays(many_polls[: PROCESSES * CANCELED : PROCESSES], all_servers[1:])
        left = [poll for n, poll in enumerate(many_polls) if n % PROCESSES or n >= 4 * CANCELED]
        began_at = time.perf_counter()
        reset(all_servers[0])
        for poll in left:
            poll.wait()
        all_ended = time.perf_counter() - began_at
    return {
        "processor, no long poll": f"{without:.1%} of a core",
        f"processor, {WAITING} long polls": f"{waiting:.1%} of a core",
        f"cancel elsewhere, {WAITING} long polls: delay, median": _milliseconds(few, 0.5),
        f"cancel elsewhere, {WAITING} long polls: delay, 95 %": _milliseconds(few, 0.95),
        f"cancel elsewhere, {MANY:,} in {PROCESSES} processes: delay, median": _milliseconds(
            many, 0.5
        ),
        f"cancel elsewhere, {MANY:,} in {PROCESSES} processes: delay, 95 %": _milliseconds(
            many, 0.95
        ),
        f"reset that ends {len(left)} in {PROCESSES} processes: the last": f"{all_ended:.1f} s",
    }


def reset(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"{API}/simulation/reset", "{}", headers)
    assert connection.getresponse().status < http.client.BAD_REQUEST


def _milliseconds(measured: Sequence[float], share: float) -> str:
    return f"{measured[int(len(measured) * share)] * 1e3:.0f} ms"


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "watching.sqlite3"
        sqlite = measure(database, f"sqlite:///{database}")
        with run_server() as server, create_databases(server.url) as url:
            postgresql = measure(database, url)
    table(
        "Long polls in several processes",
        ["what", "SQLite", "PostgreSQL"],
        [(name, value, postgresql[name]) for name, value in sqlite.items()],
    )


if __name__ == "__main__":
    main()
