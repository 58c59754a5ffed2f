"""Measure several processes on SQLite and PostgreSQL, and PostgreSQL with a million jobs.

`python -m benchmarks.scale` prints the tables under "Several processes" and "PostgreSQL with a
million jobs" in docs/benchmarks.md; `--only` and the sizes measure less. It starts a throw-away
PostgreSQL server, with PostgreSQL's own settings. Linux only: processor time is read from /proc.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from benchmarks.load import get, load, post
from benchmarks.processor_time import parent_of, used_by
from benchmarks.server import LARGE, ROUNDS, SMALL, Filled, compare_lists, fill, table
from benchmarks.serving import API, Server, serve_url
from tests.postgresql import run_server

PROCESSES: Final = (1, 2, 4)
WORKSPACES: Final = 10_000
CONNECTIONS: Final = 4
"""How many requests at once each server process gets."""

_KEYS: Final = 16
"""How many API keys, and so workspaces, send the requests in turn."""

_IDS: Final = 100

_REQUESTS: Final = {
    "`GET /jobs/ID`": 1_000,
    "`POST /jobs`": 500,
    "`GET /jobs?ids=`, 100 ids": 150,
    "`GET /jobs`": 300,
}
"""How many requests one measurement makes."""

_NEW: Final = {
    "video_url": "https://example.com/talk.mp4",
    "target_language": "French",
    "simulation": {"duration": 86_400, "outcome": "completed"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What requests took: their rate a second, and the seconds of processor time of each."""

    rate: float
    servers: float
    database: float
    load_generator: float

    @property
    def busy(self) -> float:
        """How many cores were busy."""
        return self.rate * (self.servers + self.database + self.load_generator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A database, and servers that use it."""

    name: str
    servers: Sequence[Server]
    requests: dict[str, list[bytes]]
    postmaster: int | None
    """The process id of PostgreSQL's first process."""

    def measure(self, name: str, processes: int) -> Usage:
        """Send one kind of request to so many of the servers."""
        count = _REQUESTS[name]
        ports = [server.port for server in self.servers[:processes]]
        before = self._times()
        _, seconds = load(
            ports, self.requests[name], requests=count, connections=CONNECTIONS * processes
        )
        used = [(end - start) / count for start, end in zip(before, self._times(), strict=True)]
        return Usage(
            rate=count / seconds, servers=used[0], database=used[1], load_generator=used[2]
        )

    def _times(self) -> tuple[float, float, float]:
        servers = sum(used_by(server.pid) for server in self.servers)
        return servers, used_by(self.postmaster) if self.postmaster else 0.0, time.process_time()


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A PostgreSQL server."""

    url: str
    postmaster: int

    def create(self, name: str) -> str:
        """Create a database and return its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def run_postgresql() -> Iterator[Postgresql]:
    with run_server({}) as server:
        with psycopg.connect(server.url) as connection:
            postmaster = parent_of(connection.info.backend_pid)
        yield Postgresql(server.url, postmaster)


@contextmanager
def run_store(name: str, url: str, folder: Path, postmaster: int | None = None) -> Iterator[Store]:
    """Run as many servers as are measured; some of them may get no requests."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serve_url(url, log=folder / f"{name}-{number}.log"))
            for number in range(max(PROCESSES))
        ]
        requests = _create_jobs(servers[0])
        yield Store(name=name, servers=servers, requests=requests, postmaster=postmaster)


def _create_jobs(server: Server) -> dict[str, list[bytes]]:
    """Create jobs, and return requests by what they are called in the tables."""
    requests: dict[str, list[bytes]] = {name: [] for name in _REQUESTS}
    status, creation, statuses, newest = requests.values()
    for number in range(_KEYS):
        key = f"benchmark-{number}"
        header = f"X-Api-Key: {key}\r\n"
        ids = [server.create(key, **_NEW)["id"] for _ in range(_IDS)]
        status += [get(f"{API}/jobs/{job_id}", header) for job_id in ids]
        creation.append(post(f"{API}/jobs", _NEW, header))
        statuses.append(get(f"{API}/jobs?ids={','.join(ids)}", header))
        newest.append(get(f"{API}/jobs", header))
    return requests


def measure_processes(folder: Path, *, rounds: int) -> None:
    """Compare the two stores, with 1, 2 and 4 processes."""
    rates, times = [], []
    with ExitStack() as stack:
        postgresql = stack.enter_context(run_postgresql())
        stores = (
            run_store("SQLite", f"sqlite:///{folder}/db.sqlite3", folder),
            run_store("PostgreSQL", postgresql.create("rates"), folder, postgresql.postmaster),
        )
        sqlite, other = (stack.enter_context(store) for store in stores)
        for name in _REQUESTS:
            for processes in PROCESSES:
                pairs = [
                    (sqlite.measure(name, processes), other.measure(name, processes))
                    for _ in range(rounds)
                ]
                ratio = median(second.rate / first.rate for first, second in pairs)
                first, second = (_typical(column) for column in zip(*pairs, strict=True))
                row = (name, processes)
                rates.append((*row, f"{first.rate:.0f}", f"{second.rate:.0f}", f"{ratio:.2f}"))
                times.append(
                    (*row, *_cells(first, "servers"), *_cells(second, "servers", "database"))
                )
    table(
        "Requests per second, SQLite and PostgreSQL",
        ["request", "processes", "SQLite", "PostgreSQL", "ratio"],
        rates,
    )
    table(
        "Processor time of a request in µs, and how many of the cores were busy",
        [
            "request",
            "processes",
            *(f"SQLite: {what}" for what in ("servers", "load", "cores")),
            *(f"PostgreSQL: {what}" for what in ("servers", "database", "load", "cores")),
        ],
        times,
    )


def _typical(measured: Sequence[Usage]) -> Usage:
    """Return the median of each figure."""
    return Usage(
        rate=median(each.rate for each in measured),
        servers=median(each.servers for each in measured),
        database=median(each.database for each in measured),
        load_generator=median(each.load_generator for each in measured),
    )


def _cells(usage: Usage, *names: str) -> list[str]:
    seconds = [getattr(usage, name) for name in (*names, "load_generator")]
    return [*(f"{each * 1e6:.0f}" for each in seconds), f"{usage.busy:.1f}"]


def measure_lists(folder: Path, *, rounds: int, jobs: int, workspaces: int) -> None:
    """Compare lists with 1,000 jobs, with many, and with many in many workspaces.

    What is compared is processor time, of the server and of PostgreSQL: all that they read is in
    memory, and other programs on the machine would change the latency more.
    """
    for pending in (0.01, 0.0):
        with ExitStack() as stack:
            postgresql = stack.enter_context(run_postgresql())
            databases = []
            for count, spread in ((SMALL, 1), (jobs, 1), (jobs, workspaces)):
                name = f"lists_{count}_{spread}"
                url = postgresql.create(name)
                server = stack.enter_context(serve_url(url, log=folder / f"{name}.log"))
                databases.append(fill(server, count, pending, spread))
            compare_lists(
                f"Milliseconds of processor time per response on PostgreSQL, {pending:.0%} pending",
                databases,
                rounds=rounds,
                measure=partial(_processor_time, postmaster=postgresql.postmaster),
            )


def _processor_time(filled: Filled, path: str, count: int, *, postmaster: int) -> float:
    filled.request(path, 1)  # connects
    processes = (filled.server.pid, postmaster)
    before = sum(map(used_by, processes))
    filled.request(path, count)
    return (sum(map(used_by, processes)) - before) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("processes", "lists"), help="measure only these")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--jobs", type=int, default=LARGE)
    parser.add_argument("--workspaces", type=int, default=WORKSPACES)
    options = parser.parse_args()
    measures: dict[str, Callable[[Path], None]] = {
        "processes": partial(measure_processes, rounds=options.rounds),
        "lists": partial(
            measure_lists,
            rounds=options.rounds,
            jobs=options.jobs,
            workspaces=options.workspaces,
        ),
    }
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in measures.items():
            if options.only in {None, name}:
                measure(Path(folder))


if __name__ == "__main__":
    main()
