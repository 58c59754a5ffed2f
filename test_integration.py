"""A server, and jobs that both clients follow to their ends over HTTP.

    python test_integration.py                  # prints each step; exits 1 if something is wrong
    python test_integration.py --long-poll 0    # the same with plain polls
    pytest test_integration.py                  # checks the same

The server runs on a free port with a database in a temporary folder. Each session creates a job
with a known duration and outcome and waits for its end. Then the results are compared with what the
sessions asked for: how the jobs ended, how late the clients noticed it, and how many requests that
took.
"""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.development import DevelopmentServer, run_server
from client import (
    AsyncTranslationClient,
    Job,
    Status,
    TranslationClient,
    TranslationClientError,
)
from tests.databases import Database
from tests.server_fixtures import database, databases

__all__ = ["database", "databases"]

SESSIONS: Final = 5
"""Jobs that each client follows at the same time."""

SIMULATIONS: Final[tuple[dict[str, Any], ...]] = (
    {"duration": 2.0, "outcome": "completed"},
    {"duration": 3.0, "outcome": "completed", "estimate": "exact"},
    {"duration": 1.5, "outcome": "error"},
    {"duration": 2.5, "outcome": "completed", "estimate": "none"},
    {"duration": 3.5, "outcome": "completed", "estimate": {"noise": 0.5, "bias": 0.6}},
)
"""The simulation options of the sessions' jobs, in turn; `outcome` is the status they end with."""

MAX_LATENESS: Final = 5.0
"""Seconds after a job's end within which a client must notice it, also on a busy machine.

Without estimates and long polls, polls of a job of this age are up to 3 seconds apart. Otherwise it
takes a fraction of a second.
"""

MAX_POLLS: Final = 6
"""Polls that one job may take. With a poll every half second the longest would take 7."""

MAX_AVERAGE_POLLS: Final = 3.0
"""Polls that a job may take on average. With a poll every half second it would be 5."""

TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of a session."""

    name: str
    simulation: dict[str, Any]
    job: Job
    lateness: float
    """Seconds from the job's end until the client noticed it."""
    polls: int = 0
    """Requests about this job that the server has logged."""

    def problems(self) -> list[str]:
        """Return a sentence about everything that is wrong."""
        outcome = self.simulation["outcome"]
        problems = []
        if self.job.status != outcome:
            problems.append(f"{self.name} ended as {self.job.status}, not {outcome}")
        if self.lateness > MAX_LATENESS:
            problems.append(
                f"{self.name} was noticed after {self.lateness:.2f} s, not within {MAX_LATENESS} s"
            )
        if self.polls > MAX_POLLS:
            problems.append(f"{self.name} took {self.polls} polls, not at most {MAX_POLLS}")
        return problems


class Record(logging.Handler):
    """Prints each step that the clients log, and collects the ends and errors of the sessions.

    The clients log every response, and the pause before the first request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started_at = time.monotonic()
        self._names: dict[str, str] = {}
        self.endings: list[Ending] = []
        self.problems: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive the clients' log."""
        logger = logging.getLogger("heygen_video_translation.client")
        level = logger.level
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.setLevel(level)
            logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        jobs = [value for value in record.args or () if isinstance(value, Job)]
        for job in jobs:
            if job.id in self._names:
                self.step(self._names[job.id], _described(job))
        if not jobs:
            self.step("client", record.getMessage())

    def step(self, name: str, text: object) -> None:
        # One write for each line; print would write the end of the line separately.
        sys.stdout.write(f"{time.monotonic() - self._started_at:6.2f} s  {name:<10}  {text}\n")
        sys.stdout.flush()

    def started(self, name: str, job: Job) -> None:
        self._names[job.id] = name
        self.step(name, "started")

    def ended(self, name: str, simulation: dict[str, Any], job: Job) -> None:
        if job.finished_at is None:
            raise ValueError(f"{name}: {job} has no finished_at")
        lateness = (datetime.now(UTC) - job.finished_at).total_seconds()
        self.endings.append(Ending(name=name, simulation=simulation, job=job, lateness=lateness))


def _described(job: Job) -> str:
    """Return what a response says, and what the client does next."""
    if job.status == Status.ERROR and job.error is not None:
        return f"error: {job.error.message}"
    if job.is_finished:
        return job.status
    left = job.estimated_time_remaining
    estimate = "no estimate" if left is None else f"about {left:.1f} s left"
    return f"{job.status}, {estimate}; {job.next_poll}"


def blocking_session(
    client: TranslationClient, record: Record, name: str, simulation: dict[str, Any]
) -> None:
    """Create a job and wait for its end, in the calling thread."""
    job = client.create_job(title=name, simulation=simulation)
    record.started(name, job)
    record.ended(name, simulation, client.wait_for_completion(job, timeout=TIMEOUT))


async def async_session(
    client: AsyncTranslationClient, record: Record, name: str, simulation: dict[str, Any]
) -> None:
    """Create a job and wait for its end, as a coroutine."""
    job = await client.create_job(title=name, simulation=simulation)
    record.started(name, job)
    record.ended(name, simulation, await client.wait_for_completion(job, timeout=TIMEOUT))


async def run_sessions(
    server: DevelopmentServer, record: Record, *, sessions: int, long_poll: float
) -> None:
    """Run the sessions of both clients at once: threads for one, tasks for the other."""
    simulations = [SIMULATIONS[number % len(SIMULATIONS)] for number in range(sessions)]
    async with AsyncTranslationClient(server.root, long_poll=long_poll) as client:
        with TranslationClient(server.root, long_poll=long_poll) as blocking_client:
            results = await asyncio.gather(
                *(
                    asyncio.to_thread(
                        blocking_session, blocking_client, record, f"thread {number}", simulation
                    )
                    for number, simulation in enumerate(simulations, 1)
                ),
                *(
                    async_session(client, record, f"task {number}", simulation)
                    for number, simulation in enumerate(simulations, 1)
                ),
                return_exceptions=True,
            )
    for result in results:
        if isinstance(result, TranslationClientError):
            record.problems.append(f"{type(result).__name__}: {result}")
        elif isinstance(result, BaseException):
            raise result


def run(
    *,
    sessions: int = SESSIONS,
    long_poll: float = 30.0,
    settings: Mapping[str, str] = {},
) -> list[str]:
    """Run everything; print the steps and a summary, and return what is wrong.

    `settings` are environment variables of the server.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Record()
        with run_server(Path(folder), **settings) as server, record.listening():
            record.step("server", f"is up at {server.root}")
            asyncio.run(run_sessions(server, record, sessions=sessions, long_poll=long_poll))
        endings = [
            replace(ending, polls=server.requests(f"GET /vid_trans_api/jobs/{ending.job.id}"))
            for ending in sorted(record.endings, key=lambda ending: ending.name)
        ]
        creations = server.requests("POST /vid_trans_api/jobs")
    _print_summary(endings)
    problems = record.problems + [problem for ending in endings for problem in ending.problems()]
    polls = sum(ending.polls for ending in endings)
    if polls > MAX_AVERAGE_POLLS * len(endings):
        most = f"{MAX_AVERAGE_POLLS:g} for each of {len(endings)} jobs"
        problems.append(f"all jobs together took {polls} polls, not at most {most}")
    if creations != 2 * sessions:
        problems.append(f"{creations} requests created {2 * sessions} jobs")
    return problems


def _print_summary(endings: Sequence[Ending]) -> None:
    """Print a line for each job, and the totals."""
    print(f"\n{'session':<10}  {'outcome':<9}  {'ended as':<9}  {'took':>6}  {'late':>6}  polls")
    for ending in endings:
        simulation = ending.simulation
        print(
            f"{ending.name:<10}  {simulation['outcome']:<9}  {ending.job.status:<9}"
            f"  {simulation['duration']:4.1f} s  {ending.lateness:4.2f} s  {ending.polls:5}"
        )
    polls = sum(ending.polls for ending in endings)
    latest = max((ending.lateness for ending in endings), default=0.0)
    print(f"{len(endings)} jobs: {len(endings) + polls} requests, at most {latest:.2f} s late")


@pytest.mark.parametrize("long_poll", [30.0, 0.0], ids=["long polls", "plain polls"])
def test_clients_notice_the_ends_of_their_jobs(database: Database, long_poll: float) -> None:
    assert run(long_poll=long_poll, settings=database.settings) == []


def main() -> int:
    parser = argparse.ArgumentParser(description="Follow jobs with both clients, on a real server.")
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="jobs for each client")
    parser.add_argument("--long-poll", type=float, default=30.0, help="seconds; 0: plain polls")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    problems = run(sessions=arguments.sessions, long_poll=arguments.long_poll)
    print("\n".join(problems) if problems else "Everything is as expected.")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
