"""Trials of this client and of others: the cost of following many jobs on a virtual clock."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.peers import PEERS, follow
from benchmarks.world import (
    Cell,
    Clock,
    SimulatedJob,
    VirtualServer,
    create_and_wait,
    virtual_client,
)
from client import Experience
from heygen_video_translation.client.dialects import DIALECTS
from heygen_video_translation.client.durations import Durations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JOBS = 3000
JOBS_A_LEARNER = 60
"""Number of jobs that are measured with one learned experience before another is learned."""

TRAINING_SEEDS = 1_000_000
SOME_LOST = 0.005
"""Share of lost jobs from which on a table says so."""

LONGEST = 300.0
"""The longest interval in seconds for jobs of twelve minutes."""

SLOW_PEERS = tuple(
    index
    for index, peer in enumerate(PEERS)
    if not peer.name.startswith(("every 0", "tenacity, f"))
)
"""Peers that are measured with jobs of twelve minutes: not those with a thousand polls per job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a policy costs in a cell: means per job, and the 95 % point of the delay."""

    polls: float
    late: float
    late_p95: float
    long_poll_seconds: float = 0.0
    gave_up: float = 0.0

    @property
    def cost(self) -> float:
        return self.polls + self.late


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One cell and one policy: a peer by its index, or this client after `seen` jobs.

    `learns_in` is the cell of these jobs, if it is another one. `knows_published` says whether the
    client starts with what is published about HeyGen.
    """

    cell: Cell
    peer: int | None = None
    seen: int = 0
    long_poll: float = 0.0
    max_interval: float = 60.0
    learns_in: Cell | None = None
    knows_published: bool = False


def measure(trial: Trial) -> Figures:
    """Run a trial over `JOBS` jobs, the same for every policy."""
    if trial.peer is None:
        return _measured_client(trial)
    peer, polls, late = PEERS[trial.peer], [], []
    for seed in range(JOBS):
        count, delay, gave_up = follow(peer, SimulatedJob(trial.cell, seed=seed), seed=seed)
        polls.append(count)
        if not gave_up:
            late.append(delay)
    return _figures(polls, late)


def _measured_client(trial: Trial) -> Figures:
    """Follow the jobs with the real client and the experience that another client learned."""
    server = VirtualServer(trial.cell, Clock())
    polls, late, long_poll_seconds = [], [], 0.0
    learned = Experience()
    if trial.knows_published:
        published = DIALECTS["heygen"].published_durations
        learned = Experience(durations=Durations(published=published))
    options: dict[str, Any] = {
        "long_poll": trial.long_poll,
        "max_polling_interval": trial.max_interval,
    }
    for seed in range(JOBS):
        if trial.seen and seed % JOBS_A_LEARNER == 0:
            server.cell = trial.learns_in or trial.cell
            learner = virtual_client(server, **options)
            for lesson in range(trial.seen):
                server.seed = TRAINING_SEEDS + seed * 100 + lesson
                create_and_wait(learner, server)
            learned = learner.experience
            server.cell = trial.cell
        polls_before, seconds_before = server.polls, server.long_poll_seconds
        server.seed = seed
        client = virtual_client(server, experience=learned, **options)
        job_id = create_and_wait(client, server)
        polls.append(server.polls - polls_before)
        late.append(server.clock.now - server.jobs.pop(job_id).ends_at)
        long_poll_seconds += server.long_poll_seconds - seconds_before
    return replace(_figures(polls, late), long_poll_seconds=long_poll_seconds / JOBS)


def _figures(polls: Sequence[int], late: Sequence[float]) -> Figures:
    return Figures(
        polls=statistics.fmean(polls),
        late=statistics.fmean(late) if late else 0.0,
        late_p95=sorted(late)[int(0.95 * len(late))] if late else 0.0,
        gave_up=1.0 - len(late) / len(polls),
    )


def peer_trial(cell: Cell, index: int) -> Trial:
    """Return a peer's trial in a cell; one that ignores estimates is measured once for all."""
    if not PEERS[index].reads_estimate:
        cell = replace(cell, name="", error=0.0, bias=1.0, estimate="none", sends_range=False)
        cell = replace(cell, knows_length=False, sends_times=False)
    return Trial(cell=cell, peer=index)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell_text(figures: Figures) -> str:
    text = f"{figures.cost:.2f} ({figures.polls:.2f}, {figures.late:.2f})"
    return f"{text}, {figures.gave_up:.0%} lost" if figures.gave_up >= SOME_LOST else text
