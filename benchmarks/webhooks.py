"""Measure webhooks: how late they are, how many a second, and what those that wait cost.

`python -m benchmarks.webhooks` prints the table under "Webhooks" in docs/benchmarks.md, for SQLite
and for a PostgreSQL server of its own, with PostgreSQL's own settings. Linux only: processor time
is read from /proc.
"""

import argparse
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.load import get, load
from benchmarks.processor_time import used_by
from benchmarks.receiver import HANGING, Receiver
from benchmarks.scale import run_postgresql
from benchmarks.server import table
from benchmarks.serving import API, ROOT, Server, serve_url

JOBS_EACH: Final = 10
END_WITHIN: Final = 10.0  # seconds
CREATION_SECONDS: Final = 0.06
"""How long before its end a job is created, for each of the jobs."""

RATE_ENDPOINTS: Final = 16
WAITING_ENDPOINTS: Final = 10
ADVANCES: Final = 100
REQUESTS: Final = 1_000
AN_HOUR: Final = 3_600.0
_PATIENCE: Final = 300.0  # seconds

Url = Callable[[str], str]
"""Returns the URL of a new database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    workspaces: int
    waiting: int
    """How many deliveries wait."""
    sent: int
    """How many are sent to learn their rate."""
    rounds: int
    idle_seconds: float


def post(server: Server, path: str, document: object, key: str) -> Any:
    """Send a request and return the document of its response."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE)
    headers = {"Content-Type": "application/json", "X-Api-Key": key}
    connection.request("POST", API + path, json.dumps(document), headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise ValueError(f"{response.status}: {content!r}")
    return json.loads(content)


def register(server: Server, url: str, key: str) -> None:
    post(server, "/webhooks", {"url": url}, key)


def let_wait(server: Server, each: int, seconds: float) -> str:
    """Store events for each endpoint, which are due then; return what is printed."""
    command = [sys.executable, "-m", "benchmarks.waiting_webhooks", str(each), str(seconds)]
    filled = subprocess.run(
        command, cwd=ROOT, env=server.environment, check=True, capture_output=True, text=True
    )
    return filled.stdout


def delays(server: Server, workspaces: int, *, is_one_hanging: bool = False) -> list[float]:
    """Return the seconds from the end of each job to the first byte at the receiver."""
    jobs = workspaces * JOBS_EACH
    keys = [f"delay-{is_one_hanging}-{number}" for number in range(workspaces)]
    with Receiver() as receiver, ThreadPoolExecutor(4) as threads:
        for key in keys:
            register(server, receiver.url(), key)
        if is_one_hanging:
            register(server, receiver.url(HANGING), "hanging")
            keys.append("hanging")
        begins_at = time.time() + 2 + CREATION_SECONDS * len(keys) * JOBS_EACH

        def create(number: int) -> None:
            ends_at = begins_at + END_WITHIN * number / (len(keys) * JOBS_EACH)
            if (duration := ends_at - time.time()) <= 0:
                raise TimeoutError("The machine is too busy to create the jobs before they end.")
            options = {"duration": duration, "outcome": "completed"}
            server.create(keys[number % len(keys)], simulation=options)

        list(threads.map(create, range(len(keys) * JOBS_EACH)))
        receiver.wait_for(jobs, _PATIENCE)
        reset(server, keys)
        return sorted(each.at - _end(each.body) for each in receiver.arrivals)


def _end(body: bytes) -> float:
    return datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp()


def reset(server: Server, keys: Sequence[str]) -> None:
    """Delete the endpoints of these keys, and what waits for them."""
    for key in keys:
        post(server, "/simulation/reset", {}, key)


def send_waiting(servers: Sequence[Server], count: int) -> tuple[float, float]:
    """Send webhooks to several endpoints.

    Returns how many a second were sent, and the processor time that the servers used for each.
    """
    keys = [f"rate-{number}" for number in range(RATE_ENDPOINTS)]
    each = count // RATE_ENDPOINTS
    with Receiver() as receiver:
        for key in keys:
            register(servers[0], receiver.url(), key)
        before = sum(used_by(server.pid) for server in servers)
        let_wait(servers[0], each, 0)
        receiver.wait_for(each * RATE_ENDPOINTS, _PATIENCE)
        used = sum(used_by(server.pid) for server in servers) - before
        arrivals = [arrival.at for arrival in receiver.arrivals]
        reset(servers[0], keys)
    return (len(arrivals) - 1) / (max(arrivals) - min(arrivals)), used / len(arrivals)


def share_of_a_core(server: Server, seconds: float) -> float:
    """Return how much of a core a server uses while nothing happens."""
    time.sleep(1)
    before = used_by(server.pid)
    time.sleep(seconds)
    return (used_by(server.pid) - before) / seconds


def seconds_of_an_advance(server: Server, key: str) -> float:
    taken = []
    for _ in range(ADVANCES):
        began_at = time.perf_counter()
        post(server, "/simulation/clock", {"advance": 0.001}, key)
        taken.append(time.perf_counter() - began_at)
    return statistics.median(taken)


def status_requests(servers: Sequence[Server], rounds: int) -> list[float]:
    """Return the processor time of `GET /jobs/ID` at each server, which take turns."""
    messages = [
        [get(f"{API}/jobs/{server.create(simulation={'duration': 86_400})['id']}")]
        for server in servers
    ]
    measured: list[list[float]] = [[] for _ in servers]
    for _ in range(rounds):
        for server, message, each in zip(servers, messages, measured, strict=True):
            before = used_by(server.pid)
            load([server.port], message, requests=REQUESTS, connections=1)
            each.append((used_by(server.pid) - before) / REQUESTS)
    return [statistics.median(each) for each in measured]


def measure(folder: Path, url: Url, sizes: Sizes) -> dict[str, str]:
    """Return what is measured on one store, by its name in the table."""
    rows: dict[str, str] = {}
    with ExitStack() as stack:
        database = url("sending")
        one = stack.enter_context(_serve(folder, database))
        idle = share_of_a_core(one, sizes.idle_seconds)
        late = delays(one, sizes.workspaces)
        rows[f"delay, {sizes.workspaces} workspaces: median, ≤ 50 ms"] = _milliseconds(late, 0.5)
        rows[f"delay, {sizes.workspaces} workspaces: 95 %, ≤ 250 ms"] = _milliseconds(late, 0.95)
        late = delays(one, sizes.workspaces // 5 or 1, is_one_hanging=True)
        rows["delay while one endpoint hangs, of the others: 95 %, ≤ 1 s"] = _milliseconds(
            late, 0.95
        )
        servers = [one]
        for processes in ("one process", "two processes"):
            rate, used = send_waiting(servers, sizes.sent)
            rows[f"deliveries a second, {processes}"] = f"{rate:.0f}"
            rows[f"processor time of a delivery, {processes}"] = f"{used * 1e3:.1f} ms"
            servers.append(stack.enter_context(_serve(folder, database)))
    with ExitStack() as stack:
        without, filled, again = (
            stack.enter_context(_serve(folder, url(name)))
            for name in ("without", "filled", "again")
        )
        for number in range(WAITING_ENDPOINTS):
            register(filled, f"http://localhost/{number}", "waiting")
        look = float(let_wait(filled, sizes.waiting // WAITING_ENDPOINTS, AN_HOUR))
        waiting = f"with {sizes.waiting:,} waiting"
        advance = seconds_of_an_advance(filled, "waiting")
        busy = share_of_a_core(filled, sizes.idle_seconds)
        costs = status_requests([without, filled, again], sizes.rounds)
        rows[f"a look, {waiting}, ≤ 5 ms"] = f"{look * 1e3:.1f} ms"
        rows[f"an `advance`, {waiting}, ≤ 20 ms"] = f"{advance * 1e3:.1f} ms"
        rows[f"`GET /jobs/ID`, {waiting}, to none, ≤ 1.05"] = f"{costs[1] / costs[0]:.2f}"
        rows["the same with none, to none: the noise"] = f"{costs[2] / costs[0]:.2f}"
    rows["processor of an idle server, ≤ 1 % of a core"] = f"{idle:.1%}"
    rows[f"processor of an idle server, {waiting}"] = f"{busy:.1%}"
    return rows


def _serve(folder: Path, database: str) -> AbstractContextManager[Server]:
    return serve_url(database, log=folder / "log", WEBHOOK_PRIVATE_ADDRESSES="1")


def _milliseconds(measured: Sequence[float], share: float) -> str:
    return f"{measured[int(len(measured) * share)] * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspaces", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--sent", type=int, default=1_600)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--idle-seconds", type=float, default=20)
    sizes = Sizes(**vars(parser.parse_args()))
    load_average = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    with tempfile.TemporaryDirectory() as name, run_postgresql() as postgresql:
        folder = Path(name)
        sqlite = measure(folder, lambda each: f"sqlite:///{folder / each}.sqlite3", sizes)
        other = measure(folder, postgresql.create, sizes)
    table(
        "Webhooks",
        ["what", "SQLite", "PostgreSQL"],
        [(row, value, other[row]) for row, value in sqlite.items()],
    )
    print(f"\nLoad average: {load_average:.1f} before, {os.getloadavg()[0]:.1f} after.")


if __name__ == "__main__":
    main()
