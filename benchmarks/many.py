"""Measure following ten thousand jobs from one process: on the virtual clock, and for real."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from benchmarks.development import run_server
from benchmarks.world import Cell, Clock, VirtualServer, virtual_client
from client import Job, TranslationClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
JOBS = 10_000
CREATE = """
from django.db import transaction
from vid_trans_api.models import digest_of
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.simulation.options import EstimateQuality, Outcome, SimulationOptions

options = SimulationOptions(
    duration=(30, 90), outcome=Outcome.COMPLETED, estimate=EstimateQuality(noise=0.3)
)
request = JobRequest(options={{"simulation": options}})
with transaction.atomic():
    for _ in range({jobs}):
        print("job", create_exempt_job(request, key_digest=digest_of("many")).public_id)
"""
"""The jobs are created in the database: creating them over HTTP is not what is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFigures:
    """What following many jobs at once came to."""

    where: str
    jobs: int
    ended: int
    polls: int
    requests: int
    late: float
    late_p95: float
    megabytes: float
    threads: int
    seconds: float


def measure_virtual() -> ManyFigures:
    """Follow jobs that were all created at once, by their ids alone, on the virtual clock."""
    server = VirtualServer(Cell(name="many", error=0.3), Clock())
    client = virtual_client(server)
    jobs = []
    for seed in range(JOBS):
        server.seed = seed
        jobs.append(client.create_job())
    before = server.requests
    for job in server.jobs.values():
        job.created_at = server.clock.now
        job.ends_at = server.clock.now + job.duration
    observer = _Observer(lambda job: server.clock.now - server.jobs[job.id].ends_at)
    began = time.monotonic()
    client.wait_for_all([job.id for job in jobs], on_update=observer.note)
    return observer.figures(
        where="virtual clock, lognormal, median 60 s",
        jobs=JOBS,
        polls=server.polls,
        requests=server.requests - before,
        seconds=time.monotonic() - began,
    )


def measure_real() -> ManyFigures:
    """Follow as many jobs of this project's server, in another process, by their ids alone."""
    with _served(JOBS) as (url, ids), _CountingSession() as counter:
        client = TranslationClient(url, api_key="many", session=counter)
        observer = _Observer(lambda job: _age(job.finished_at))
        began = time.monotonic()
        client.wait_for_all(ids, on_update=observer.note)
        return observer.figures(
            where="this server, jobs of 30 to 90 s",
            jobs=JOBS,
            polls=counter.polls,
            requests=counter.requests,
            seconds=time.monotonic() - began,
        )


class _Observer:
    """What `on_update` sees of the jobs, and of this process meanwhile."""

    def __init__(self, lateness: Callable[[Job], float]) -> None:
        self._lateness = lateness
        self._late: list[float] = []
        self._memory_before = self._memory = _resident_megabytes()
        self._threads = threading.active_count()
        self._seen = 0

    def note(self, job: Job) -> None:
        self._seen += 1
        if self._seen % 1000 == 0:
            self._memory = max(self._memory, _resident_megabytes())
            self._threads = max(self._threads, threading.active_count())
        if job.is_finished:
            self._late.append(self._lateness(job))

    def figures(self, **known: Any) -> ManyFigures:
        return ManyFigures(
            ended=len(self._late),
            late=statistics.fmean(self._late),
            late_p95=sorted(self._late)[int(0.95 * len(self._late))],
            megabytes=self._memory - self._memory_before,
            threads=self._threads,
            **known,
        )


class _CountingSession(requests.Session):
    """A session that counts the requests it sends, and the polls in them."""

    def __init__(self) -> None:
        super().__init__()
        self.polls = 0
        self.requests = 0

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:
        self.requests += 1
        ids = parse_qs(urlsplit(str(url)).query).get("ids", ["one"])[0]
        self.polls += len(ids.split(","))
        return super().request(method, url, *args, **kwargs)


def _resident_megabytes() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _age(instant: datetime | None) -> float:
    return 0.0 if instant is None else (datetime.now(UTC) - instant).total_seconds()


@contextmanager
def _served(jobs: int) -> Iterator[tuple[str, list[str]]]:
    """Run the server on a database with jobs in it; yield its URL and their ids."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}

        def manage(*words: str) -> str:
            command = [sys.executable, str(ROOT / "manage.py"), *words]
            return subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            ).stdout

        manage("migrate", "--verbosity", "0")
        output = manage("shell", "--verbosity", "0", "--command", CREATE.format(jobs=jobs))
        with run_server(folder) as server:
            yield server.root, re.findall(r"^job (\w+)$", output, re.MULTILINE)
