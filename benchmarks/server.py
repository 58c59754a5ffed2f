"""Measure how fast the server responds, with how many jobs, and how punctual long polls are.

`python -m benchmarks.server` prints the tables under "The server" in docs/benchmarks.md. Every
comparison is one run that alternates between the candidates, and shows the median of several.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import requests

from benchmarks.load import latencies
from benchmarks.serving import API, GRANIAN, GUNICORN, ROOT, Server, serve

ROUNDS: Final = 5
JOURNAL_ROUNDS: Final = 9
SMALL, LARGE = 1_000, 1_000_000
LONG_POLLS: Final = 200
LONG_POLLS_END_WITHIN: Final = 10.0  # seconds

FILL: Final = (sys.executable, "-m", "benchmarks.fill")

_PAGE: Final = f"{API}/jobs?limit=10"
_V3: Final = "/v3/video-translations"
_ADMIN: Final = "/admin/vid_trans_api/job/"
LISTINGS: Final = {
    "`GET /jobs/ID`": f"{API}/jobs/{{id}}",
    "`GET /status`": f"{API}/status",
    "`GET /jobs`, first page": _PAGE,
    "`GET /jobs`, deep page": f"{_PAGE}&cursor={{deep_cursor}}",
    "`?status=pending`": f"{_PAGE}&status=pending",
    "`?status=completed`": f"{_PAGE}&status=completed",
    "`?status=error`": f"{_PAGE}&status=error",
    "`?target_language=`": f"{_PAGE}&target_language=French",
    "`?target_language=&status=pending`": f"{_PAGE}&target_language=French&status=pending",
    "`?target_language=&status=error`": f"{_PAGE}&target_language=French&status=error",
    "`GET /v3/…/ID`": f"{_V3}/{{id}}",
    "`GET /v3/…`, first page": _V3,
    "`GET /v3/…`, deep page": f"{_V3}?token={{deep_cursor}}",
    "`GET /v3/…/statuses`, 100 ids": f"{_V3}/statuses?video_translation_ids={{ids}}",
    "admin, list": _ADMIN,
    "admin, pending": f"{_ADMIN}?status=pending",
    "admin, completed": f"{_ADMIN}?status=completed",
    "admin, error": f"{_ADMIN}?status=error",
    "admin, last hour": f"{_ADMIN}?age=hour",
    "admin, last week": f"{_ADMIN}?age=week",
}


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def measure_speed(folder: Path) -> None:
    """Compare a job's status with a constant, with a plain ModelViewSet, and with many ids."""
    with serve(folder / "speed.sqlite3") as server:
        job = server.create(simulation={"duration": 86_400})
        ids = [server.create(simulation={"duration": 86_400})["id"] for _ in range(100)]
        paths = {
            "a constant": "/constant",
            "`GET /jobs/ID`": f"{API}/jobs/{job['id']}",
            "`ModelViewSet.retrieve`": f"/plain/{job['id']}",
            "`GET /jobs?ids=`, 1 id": f"{API}/jobs?ids={ids[0]}",
            "`GET /jobs?ids=`, 100 ids": f"{API}/jobs?ids={','.join(ids)}",
        }
        rates: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(ROUNDS):
            for name, path in paths.items():
                count = 150 if "100" in name else 1_000
                _, seconds = latencies(server.port, path, requests=count, connections=4)
                rates[name].append(count / seconds)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    base = medians["`GET /jobs/ID`"]
    table(
        "Requests per second, one gunicorn process, 4 connections",
        ["request", "per second", "rate of `GET /jobs/ID` / rate"],
        [(name, f"{rate:.0f}", f"{base / rate:.2f}") for name, rate in medians.items()],
    )


def measure_journal(folder: Path) -> None:
    """Compare a server that logs every request with one that logs none."""
    lengths = {"`JOURNAL_LENGTH=0`": "0", "10,000": "10000"}
    with ExitStack() as stack:
        targets = []
        for length in lengths.values():
            database = folder / f"journal-{length}.sqlite3"
            server = stack.enter_context(serve(database, JOURNAL_LENGTH=length))
            job = server.create(simulation={"duration": 86_400})
            targets.append((server.port, f"{API}/jobs/{job['id']}"))
        rows = []
        for connections in (1, 4):
            rates: list[list[float]] = [[] for _ in targets]
            for _ in range(JOURNAL_ROUNDS):
                for (port, path), each in zip(targets, rates, strict=True):
                    _, seconds = latencies(port, path, requests=2_000, connections=connections)
                    each.append(2_000 / seconds)
            without, logged = map(statistics.median, rates)
            rows.append(
                (
                    connections,
                    f"{without:.0f}",
                    f"{logged:.0f}",
                    f"{logged / without:.2f}",
                    f"{1e6 / logged - 1e6 / without:.0f} µs",
                )
            )
    table(
        "The journal",
        ["connections", *(f"per second, {name}" for name in lengths), "ratio", "cost"],
        rows,
    )


def measure_servers(folder: Path) -> None:
    """Compare the production servers: a constant and a job's status, at two loads."""
    rows = []
    for name, command in {"gunicorn": GUNICORN, "granian": GRANIAN}.items():
        with serve(folder / "servers.sqlite3", command) as server:
            job = server.create(simulation={"duration": 86_400})
            for connections in (1, 8):
                rates = []
                for path in ("/constant", f"{API}/jobs/{job['id']}"):
                    each = [
                        latencies(server.port, path, requests=600, connections=connections)[1]
                        for _ in range(ROUNDS)
                    ]
                    rates.append(600 / statistics.median(each))
                constant, status = rates
                ratio = f"{status / constant:.2f}"
                rows.append((name, connections, f"{constant:.0f}", f"{status:.0f}", ratio))
    table(
        "Production servers, requests per second, one process with 280 threads",
        ["server", "connections", "a constant", "`GET /jobs/ID`", "ratio"],
        rows,
    )


def measure_database(folder: Path) -> None:
    """Compare a database of 1,000 jobs with one of 1,000,000, with 1 % pending and with none."""
    for pending in (0.01, 0.0):
        with ExitStack() as stack:
            filled = []
            for count in (SMALL, LARGE):
                server = stack.enter_context(serve(folder / f"{count}-{pending}.sqlite3"))
                filled.append(fill(server, count, pending))
            compare_lists(f"Milliseconds per response, {pending:.0%} pending", filled)


@dataclass(frozen=True, slots=True)
class Filled:
    """A database full of jobs, and what requests for lists of them need."""

    title: str
    server: Server
    facts: Mapping[str, Any]

    def request(self, path: str, count: int) -> list[float]:
        """Return how many seconds each response took."""
        headers = f"Cookie: sessionid={self.facts['session']}\r\nX-Api-Key: {self.facts['key']}\r\n"
        path = path.format(**self.facts)
        return latencies(self.server.port, path, requests=count, headers=headers)[0]


def fill(server: Server, count: int, pending: float, workspaces: int = 1) -> Filled:
    """Fill a server's empty database, as `benchmarks.fill` says."""
    filling = subprocess.run(
        [*FILL, str(count), str(pending), f"--workspaces={workspaces}"],
        cwd=ROOT,
        env=server.environment,
        check=True,
        capture_output=True,
    )
    title = f"{count:,} jobs" + (f" in {workspaces:,} workspaces" if workspaces > 1 else "")
    return Filled(title, server, json.loads(filling.stdout))


def _latency(filled: Filled, path: str, count: int) -> float:
    return statistics.median(filled.request(path, count))


def compare_lists(
    title: str,
    databases: Sequence[Filled],
    *,
    rounds: int = ROUNDS,
    measure: Callable[[Filled, str, int], float] = _latency,
) -> None:
    """Compare what a response takes, with the first of the databases and with each other one."""
    rows = []
    for name, path in LISTINGS.items():
        count = 10 if name.startswith("admin") else 60
        taken = [[measure(each, path, count) for each in databases] for _ in range(rounds)]
        small, *others = (statistics.median(each) for each in zip(*taken, strict=True))
        cells = (cell for each in others for cell in (f"{each * 1e3:.2f}", f"{each / small:.2f}"))
        rows.append((name, f"{small * 1e3:.2f}", *cells))
    header = [column for each in databases[1:] for column in (each.title, "ratio")]
    table(title, ["request", databases[0].title, *header], rows)


def measure_long_polls(folder: Path) -> None:
    """Send 200 long polls at once, and plain polls meanwhile."""
    with serve(folder / "long-polls.sqlite3") as server:
        other = server.create(simulation={"duration": 86_400})
        path = f"{API}/jobs/{other['id']}"
        latencies(server.port, path, requests=300)
        alone = statistics.median(latencies(server.port, path, requests=300)[0])
        late: list[float] = []
        threads = []
        for index in range(LONG_POLLS):
            duration = 4 + LONG_POLLS_END_WITHIN * index / LONG_POLLS
            job = server.create(simulation={"duration": duration, "outcome": "completed"})
            thread = threading.Thread(target=_long_poll, args=(server.port, job["id"], late))
            thread.start()
            threads.append(thread)
        meanwhile: list[float] = []
        while any(thread.is_alive() for thread in threads):
            meanwhile += latencies(server.port, path, requests=10)[0]
            time.sleep(0.1)
    late.sort()
    table(
        f"{LONG_POLLS} long polls at once, for jobs that end within {LONG_POLLS_END_WITHIN:g} s",
        ["what", "measured"],
        [
            ("delay of the response, median", f"{statistics.median(late) * 1e3:.0f} ms"),
            ("delay of the response, 95 %", f"{late[int(len(late) * 0.95)] * 1e3:.0f} ms"),
            ("another `GET /jobs/ID`, without long polls", f"{alone * 1e3:.2f} ms"),
            (
                "another `GET /jobs/ID`, meanwhile (median)",
                f"{statistics.median(meanwhile) * 1e3:.2f} ms",
            ),
            ("ratio", f"{statistics.median(meanwhile) / alone:.2f}"),
        ],
    )


def _long_poll(port: int, job_id: str, late: list[float]) -> None:
    response = requests.get(
        f"http://localhost:{port}{API}/jobs/{job_id}", headers={"Prefer": "wait=30"}, timeout=60
    )
    noticed_at = time.time()
    late.append(noticed_at - datetime.fromisoformat(response.json()["finished_at"]).timestamp())


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    with tempfile.TemporaryDirectory() as folder:
        for measure in (
            measure_database,
            measure_servers,
            measure_speed,
            measure_journal,
            measure_long_polls,
        ):
            measure(Path(folder))


if __name__ == "__main__":
    main()
