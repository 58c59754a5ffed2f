"""The whole story over real HTTP: a server, and jobs followed to their ends by both clients.

    python test_integration.py            # tells the story; exits 1 if anything is off
    python test_integration.py --hold 0   # the same without held requests: adaptive polling alone
    pytest test_integration.py            # checks the same

The server is `manage.py runserver` on a free port, with a store of its own in a temporary folder.
Each session starts a job with a plan of its own and waits for it. Once all have ended the story is
held against what was asked for: how the jobs ended, how late that was noticed, how many requests
it took.
"""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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

NUM_SESSIONS: Final = 5
"""Jobs that each client follows side by side."""

PLANS: Final[tuple[dict[str, Any], ...]] = (
    {"duration": 2.0, "outcome": "completed"},
    {"duration": 3.0, "outcome": "completed", "estimate": "exact"},
    {"duration": 1.5, "outcome": "error"},
    {"duration": 2.5, "outcome": "completed", "estimate": "none"},
    {"duration": 3.5, "outcome": "completed", "estimate": {"noise": 0.5, "bias": 0.6}},
)
"""What the sessions' jobs are dealt, in turn; `outcome` is the status that they have to end in."""

LATEST: Final = 5.0
"""Seconds after a job's end at which it must have been noticed, also on a busy machine.

Without an estimate and without holding, the wait between two polls of a job of this age comes near
to 3; otherwise it takes a fraction of a second.
"""

MOST_POLLS: Final = 6
"""Polls that a job of a few seconds may take; every half a second, the longest would take 7."""

MOST_POLLS_ON_AVERAGE: Final = 3.0
"""Polls that a job may take on average; every half a second, these jobs would take 5."""

TIMEOUT: Final = 60.0

TELLINGS: Final = 3
"""How often the story is told at most, until all is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a session went: the plan asked for, and the job as noticed `late` seconds after its end.

    `polls` is how many requests about this job the server answered.
    """

    name: str
    plan: dict[str, Any]
    job: Job
    late: float
    polls: int = 0

    def faults(self) -> list[str]:
        """Return a sentence for everything that is off."""
        faults = []
        if self.job.status != self.plan["outcome"]:
            faults.append(f"{self.name} ended as {self.job.status}, not {self.plan['outcome']}")
        if self.late > LATEST:
            faults.append(f"{self.name} was noticed {self.late:.2f} s late, not within {LATEST} s")
        if self.polls > MOST_POLLS:
            faults.append(f"{self.name} took {self.polls} polls, not at most {MOST_POLLS}")
        return faults


class Story(logging.Handler):
    """Prints each step as the clients log it, and keeps the endings, and what kept others from one.

    The log has a line for every answer, and one for the wait that comes before the first.
    """

    def __init__(self) -> None:
        super().__init__()
        self._began_at = time.monotonic()
        self._names: dict[str, str] = {}
        self.endings: list[Ending] = []
        self.faults: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to what the clients log."""
        logger = logging.getLogger("client")
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
                self.step(self._names[job.id], _told(job))
        if not jobs:
            self.step("client", record.getMessage())

    def step(self, name: str, what: object) -> None:
        # One write a line: print would write the line's end by itself, after another thread's line.
        sys.stdout.write(f"{time.monotonic() - self._began_at:6.2f} s  {name:<10}  {what}\n")
        sys.stdout.flush()

    def started(self, name: str, job: Job) -> None:
        self._names[job.id] = name
        self.step(name, "started")

    def ended(self, name: str, plan: dict[str, Any], job: Job) -> None:
        if job.finished_at is None:
            raise ValueError(f"{name}: {job} has no finished_at")
        late = (datetime.now(UTC) - job.finished_at).total_seconds()
        self.endings.append(Ending(name=name, plan=plan, job=job, late=late))


def _told(job: Job) -> str:
    """Return what an answer says, and what the client makes of it."""
    if job.status == Status.ERROR and job.error is not None:
        return f"error: {job.error.message}"
    if job.is_finished:
        return job.status
    left = job.estimated_time_remaining
    guess = "no estimate" if left is None else f"about {left:.1f} s left"
    return f"{job.status}, {guess}; {job.next_poll}"


def plain_session(client: TranslationClient, story: Story, name: str, plan: dict[str, Any]) -> None:
    """Start a job and wait for its end, in the thread that calls."""
    job = client.create_job(title=name, simulation=plan)
    story.started(name, job)
    story.ended(name, plan, client.wait_for_completion(job, timeout=TIMEOUT))


async def async_session(
    client: AsyncTranslationClient, story: Story, name: str, plan: dict[str, Any]
) -> None:
    """Start a job and wait for its end, as a coroutine."""
    job = await client.create_job(title=name, simulation=plan)
    story.started(name, job)
    story.ended(name, plan, await client.wait_for_completion(job, timeout=TIMEOUT))


async def follow(server: DevelopmentServer, story: Story, *, sessions: int, hold: float) -> None:
    """Run the sessions of both clients side by side: threads for the one, tasks for the other."""
    plans = [PLANS[number % len(PLANS)] for number in range(sessions)]
    async with AsyncTranslationClient(server.root, hold=hold) as client:
        with TranslationClient(server.root, hold=hold) as plain_client:
            outcomes = await asyncio.gather(
                *(
                    asyncio.to_thread(plain_session, plain_client, story, f"thread {n}", plan)
                    for n, plan in enumerate(plans, 1)
                ),
                *(
                    async_session(client, story, f"task {n}", plan)
                    for n, plan in enumerate(plans, 1)
                ),
                return_exceptions=True,
            )
    for outcome in outcomes:
        if isinstance(outcome, TranslationClientError):
            story.faults.append(f"{type(outcome).__name__}: {outcome}")
        elif isinstance(outcome, BaseException):
            raise outcome


def tell(*, sessions: int = NUM_SESSIONS, hold: float = 30.0) -> list[str]:
    """Run the whole story; print it and its summary, and return what is off in it."""
    with tempfile.TemporaryDirectory() as folder:
        story = Story()
        with run_server(Path(folder)) as server, story.listening():
            story.step("server", f"is up at {server.root}")
            asyncio.run(follow(server, story, sessions=sessions, hold=hold))
        endings = [
            replace(ending, polls=server.requests(f"GET /vid_trans_api/jobs/{ending.job.id}"))
            for ending in sorted(story.endings, key=lambda ending: ending.name)
        ]
        started = server.requests("POST /vid_trans_api/jobs")
    _summarize(endings)
    faults = story.faults + [fault for ending in endings for fault in ending.faults()]
    polls = sum(ending.polls for ending in endings)
    if polls > MOST_POLLS_ON_AVERAGE * len(endings):
        most = f"{MOST_POLLS_ON_AVERAGE:g} for each of {len(endings)} jobs"
        faults.append(f"all together took {polls} polls, not at most {most}")
    if started != 2 * sessions:
        faults.append(f"{started} requests started {2 * sessions} jobs")
    return faults


def _summarize(endings: Sequence[Ending]) -> None:
    """Print a line a job, and what they come to."""
    print(f"\n{'session':<10}  {'asked for':<9}  {'ended as':<9}  {'took':>6}  {'late':>6}  polls")
    for ending in endings:
        taken = ending.plan["duration"]
        print(
            f"{ending.name:<10}  {ending.plan['outcome']:<9}  {ending.job.status:<9}"
            f"  {taken:4.1f} s  {ending.late:4.2f} s  {ending.polls:5}"
        )
    polls = sum(ending.polls for ending in endings)
    late = max((ending.late for ending in endings), default=0.0)
    print(f"{len(endings)} jobs: {len(endings) + polls} requests, at most {late:.2f} s late")


@pytest.mark.parametrize("hold", [30.0, 0.0], ids=["held", "polled"])
def test_story_of_both_clients_is_as_it_should_be(hold: float) -> None:
    # Told again where a machine was too busy to notice the ends in time.
    for _ in range(TELLINGS):
        faults = tell(hold=hold)
        if not faults:
            break
    assert faults == []


def main() -> int:
    parser = argparse.ArgumentParser(description="Follow jobs with both clients, on a real server.")
    parser.add_argument("--sessions", type=int, default=NUM_SESSIONS, help="jobs for each client")
    parser.add_argument("--hold", type=float, default=30.0, help="seconds; 0 polls plainly")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    faults = tell(sessions=chosen.sessions, hold=chosen.hold)
    print("\n".join(faults) if faults else "All as it should be.")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
