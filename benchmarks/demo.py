"""A dozen jobs at once with live bars: how many requests a client needs, how late it notices.

    make demo

It takes 40 seconds and starts a server with a database of its own. One job never ends: the
deadline ends the wait for it.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.development import DevelopmentServer, run_server
from heygen_video_translation.cli.output import STYLES
from heygen_video_translation.cli.progress import Bars, Lines, Progress
from heygen_video_translation.client import (
    AsyncTranslationClient,
    Job,
    PollingTimeout,
    Status,
)

DEADLINE: Final = 38.0

PLANS: Final[dict[str, dict[str, Any]]] = {
    "Teaser": {"duration": 4, "outcome": "completed"},
    "Trailer": {"duration": 6, "outcome": "completed", "estimate": "exact"},
    "Silent film": {"duration": 8, "outcome": "error"},
    "News": {"duration": 10, "outcome": "completed"},
    "Interview, half the estimate": {
        "duration": 12,
        "outcome": "completed",
        "estimate": {"noise": 0.2, "bias": 0.5},
    },
    "Lecture, no estimate": {"duration": 15, "outcome": "completed", "estimate": "none"},
    "Damaged tape": {"duration": 17, "outcome": "error", "estimate": {"noise": 0.4, "bias": 1}},
    "Concert, a wild guess": {
        "duration": 20,
        "outcome": "completed",
        "estimate": {"noise": 0.8, "bias": 1},
    },
    "Documentary": {"duration": 24, "outcome": "completed"},
    "Debate, twice the estimate": {
        "duration": 28,
        "outcome": "completed",
        "estimate": {"noise": 0.5, "bias": 2},
    },
    "Feature film": {"duration": 33, "outcome": "completed", "estimate": "exact"},
    "Lost in the queue": {"outcome": "stuck"},
}
"""The jobs' simulations, by title."""


@dataclass(slots=True)
class Totals:
    """How often each job was polled, and how late its end was noticed."""

    polls: Counter[str] = field(default_factory=Counter)
    late: dict[str, float] = field(default_factory=dict)  # seconds

    def update(self, job: Job) -> None:
        self.polls[job.id] += 1
        if job.finished_at is not None:
            self.late[job.id] = (datetime.now(UTC) - job.finished_at).total_seconds()


async def follow(server: DevelopmentServer, console: Console) -> tuple[list[Job], Totals]:
    """Start the jobs and follow them; return their last states and the totals."""
    totals = Totals()
    async with AsyncTranslationClient(server.root, timeout=DEADLINE) as client:
        started = await asyncio.gather(
            *(client.create_job(title=title, simulation=plan) for title, plan in PLANS.items())
        )
        jobs = {job.id: job for job in started}
        progress: Progress = Lines()
        if console.is_terminal and not console.is_dumb_terminal:
            progress = Bars(started, console=console)

        def update(job: Job) -> None:
            jobs[job.id] = job
            totals.update(job)
            progress.update(job)

        async def wait_for(job: Job) -> None:
            with contextlib.suppress(PollingTimeout):
                await client.wait_for_completion(job, on_update=update)

        with progress:
            await asyncio.gather(*map(wait_for, started))
    return list(jobs.values()), totals


def summary(jobs: list[Job], totals: Totals) -> Table:
    """Return a row for each job: its end, its duration, the delay until noticed, and polls."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Job", overflow="ellipsis", no_wrap=True)
    for name in ("Ended as", "Took", "Late", "Polls"):
        table.add_column(name, justify="left" if name == "Ended as" else "right", no_wrap=True)
    for job in jobs:
        took, late = "", ""
        if job.created_at and job.finished_at:
            took = f"{(job.finished_at - job.created_at).total_seconds():.1f} s"
            late = f"{totals.late[job.id]:.2f} s"
        table.add_row(
            Text(job.title),
            Text(job.status, style=STYLES[Status(job.status)]),
            took,
            late,
            str(totals.polls[job.id]),
        )
    return table


def main() -> int:
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        with run_server(Path(folder)) as server:
            console.print(f"One client follows {len(PLANS)} jobs on the server {server.root}.\n")
            began_at = time.monotonic()
            jobs, totals = asyncio.run(follow(server, console))
            seconds = time.monotonic() - began_at
        requests = server.requests("/vid_trans_api/jobs")
    console.print()
    console.print(summary(jobs, totals))
    late = sum(totals.late.values()) / max(len(totals.late), 1)
    console.print(
        f"\nStarting and following {len(jobs)} jobs took {requests} requests;"
        f" their ends were noticed {late:.2f} s late on average.\nPolling each of them every"
        f" second would have taken {_every_second(jobs, seconds)}, noticed half a second late."
    )
    return 0


def _every_second(jobs: list[Job], seconds: float) -> int:
    """Return the number of requests that polling every second takes for the same jobs."""
    durations = (
        (job.finished_at - job.created_at).total_seconds()
        if job.created_at and job.finished_at
        else seconds
        for job in jobs
    )
    return len(jobs) + sum(round(duration) for duration in durations)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
