"""Measure what following a job costs, with this client and with others, on a virtual clock.

The cost of a job is its number of polls plus the seconds until its end is noticed. Prints the
tables, and writes them to docs/benchmarks.md and the plot to docs/polling-cost.svg.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import many, plot, status_only
from benchmarks.peers import PEERS
from benchmarks.trials import (
    JOBS,
    LONGEST,
    SLOW_PEERS,
    SOME_LOST,
    Figures,
    Trial,
    cell_text,
    measure,
    peer_trial,
    table,
)
from benchmarks.world import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DOCS = Path(__file__).parent.parent / "docs"
ERRORS = (0.1, 0.3, 0.6)


WORLDS = (
    *(Cell(name=f"e = {error}", error=error) for error in ERRORS),
    Cell(name="exact", error=0.0),
    Cell(name="halved", bias=0.5),
    Cell(name="doubled", bias=2.0),
    Cell(name="no estimate", estimate="none"),
    Cell(name="stuck at 0", estimate="zero"),
)
"""Jobs of median 60 s; the error is 0.3 unless given."""

LONG = tuple(Cell(name=f"e = {error}", error=error, median=720.0) for error in ERRORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that must be at most `most`."""

    name: str
    trial: Trial
    most: float
    figure: str = "cost"


def _alone(cell: Cell) -> Cell:
    return replace(cell, sends_range=False)


TARGETS = (
    *(
        Target(name=f"range sent, {cell.name}: cost", trial=Trial(cell=cell), most=most)
        for cell, most in zip(WORLDS, (3.6, 5.0, 7.0), strict=False)
    ),
    *(
        Target(
            name=f"estimate alone, 10 jobs seen, {cell.name}: cost",
            trial=Trial(cell=_alone(cell), seen=10),
            most=most,
        )
        for cell, most in zip(WORLDS, (3.9, 5.3, 7.2), strict=False)
    ),
    *(
        Target(
            name=f"long polls, {cell.name}: {words}",
            trial=Trial(cell=cell, long_poll=30.0),
            most=most,
            figure=figure,
        )
        for cell, limits in zip(WORLDS, ((1.9, 0.1), (2.0, 0.15), (2.3, 0.2)), strict=False)
        for figure, words, most in zip(
            ("polls", "late"), ("requests", "seconds late"), limits, strict=True
        )
    ),
    *(
        Target(
            name=f"median 12 min, max 300, {cell.name}: cost",
            trial=Trial(cell=cell, max_interval=LONGEST),
            most=most,
        )
        for cell, most in zip(LONG, (6.7, 9.6, 14.5), strict=True)
    ),
    Target(name="exact: polls", trial=Trial(cell=WORLDS[3]), most=2.0, figure="polls"),
    Target(name="exact: seconds late", trial=Trial(cell=WORLDS[3]), most=0.1, figure="late"),
    Target(name="no estimate, the first jobs: cost", trial=Trial(cell=WORLDS[6]), most=20.0),
    Target(name="no estimate, 20 seen: cost", trial=Trial(cell=WORLDS[6], seen=20), most=14.5),
    *(
        Target(name=f"a status only, {name}: cost", trial=trial, most=most)
        for name, (trial, most) in status_only.TARGETS.items()
    ),
)
OURS = {
    "**this client, first jobs**": Trial(cell=WORLDS[0]),
    "**this client, first jobs, longest interval an hour**": Trial(
        cell=WORLDS[0], max_interval=3600.0
    ),
    "**this client, 20 jobs seen**": Trial(cell=WORLDS[0], seen=20),
    "**this client, long polls, 20 jobs seen**": Trial(cell=WORLDS[0], seen=20, long_poll=30.0),
}


def _all_trials() -> Iterable[Trial]:
    """Return all trials."""
    yield from (target.trial for target in TARGETS)
    for cell in WORLDS:
        yield from (replace(trial, cell=cell) for trial in OURS.values())
        yield from (peer_trial(cell, index) for index in range(len(PEERS)))
    for cell in (_alone(WORLDS[4]), _alone(WORLDS[5])):
        yield Trial(cell=cell, seen=20)
    for cell in LONG:
        for trial in OURS.values():
            yield replace(trial, cell=cell, max_interval=max(trial.max_interval, LONGEST))
        yield from (peer_trial(cell, index) for index in SLOW_PEERS)
    yield from status_only.all_trials()


def _targets_table(measured: Mapping[Trial, Figures]) -> str:
    rows = []
    for target in TARGETS:
        figure = getattr(measured[target.trial], target.figure)
        reached = "yes" if figure <= target.most else "**no**"
        rows.append((target.name, f"≤ {target.most:g}", f"{figure:.2f}", reached))
    return table(("figure", "target", "measured", "reached"), rows)


def _peers_table(
    measured: Mapping[Trial, Figures], cells: Sequence[Cell], max_interval: float = 60.0
) -> str:
    rows = []
    for name, ours in OURS.items():
        longest = max(ours.max_interval, max_interval)
        trials = [replace(ours, cell=cell, max_interval=longest) for cell in cells]
        rows.append((name, *(cell_text(measured[trial]) for trial in trials)))
    for index, peer in enumerate(PEERS):
        found = [measured.get(peer_trial(cell, index)) for cell in cells]
        name = f"{peer.name} (the package)" if peer.is_package else peer.name
        rows.append((name, *(cell_text(figures) if figures else "-" for figures in found)))
    return table(("policy", *(cell.name for cell in cells)), rows)


def _cheaper_peers(measured: Mapping[Trial, Figures]) -> list[str]:
    """Return the peers that cost less than this client without long polls and saw all jobs end.

    A peer without a longest interval is compared with this client with an interval of an hour.
    """
    found = []
    for cell in (*WORLDS, *LONG):
        seen = 20 if cell in WORLDS[4:] else 0
        usual = LONGEST if cell in LONG else 60.0
        for index, peer in enumerate(PEERS):
            theirs = measured.get(peer_trial(cell, index))
            bound = 3600.0 if peer.is_unbounded and not seen else usual
            ours = measured[Trial(cell=cell, seen=seen, max_interval=bound)]
            if theirs and theirs.cost < ours.cost - 0.005 and theirs.gave_up < SOME_LOST:
                found.append(f"{peer.name} at {cell.name} ({theirs.cost:.2f}, {ours.cost:.2f})")
    return found + status_only.cheaper_peers(measured)


def _details_table(measured: Mapping[Trial, Figures]) -> str:
    rows = []
    for name, ours in OURS.items():
        for cell in WORLDS[:3]:
            figures = measured[replace(ours, cell=cell)]
            rows.append(
                (
                    name,
                    cell.name,
                    f"{figures.polls:.2f}",
                    f"{figures.late:.2f}",
                    f"{figures.late_p95:.2f}",
                    f"{figures.long_poll_seconds:.1f}",
                )
            )
    return table(("policy", "world", "polls", "late", "late, 95 %", "seconds in long polls"), rows)


def _many_table(runs: Sequence[many.ManyFigures]) -> str:
    head = ("where", "ended", "polls", "requests", "polls a request", "late", "MB", "threads")
    rows = [
        (
            run.where,
            f"{run.ended} of {run.jobs}",
            str(run.polls),
            str(run.requests),
            f"{run.polls / run.requests:.0f}",
            f"{run.late:.2f} s, 95 % within {run.late_p95:.1f} s",
            f"{run.megabytes:.0f}",
            str(run.threads),
        )
        for run in runs
    ]
    return table(head, rows)


INTRODUCTION = f"""\
`make bench` prints these tables: {JOBS} jobs a cell, seeds fixed, on a virtual clock that the real
client runs on. The cost of a job is its polls plus the seconds until its end was noticed. A cell is
*cost (polls, seconds late)*. Durations are lognormal with median 60 s and sigma 0.8. *e* is the
standard deviation of ln(real/estimate), of which 80 % is constant for a job and 60 % differs
between responses; it is 0.3 unless given. A round trip takes 50 ms. Peers marked *the package* run
the package's own code on that clock.

![Cost against the peers](polling-cost.svg)"""
COMPARISON = """\
{cheaper} than this client without long polls. Peers that sleep longer than 60 s are compared with
this client with a longest interval of an hour, which is better with an exact estimate. *Lost* are
jobs that a policy gave up; their delay is not counted. For halved and doubled estimates, estimates
stuck at zero and no estimates, this client has seen 20 jobs."""


def _report(measured: Mapping[Trial, Figures], runs: Sequence[many.ManyFigures]) -> str:
    peers = ", ".join(_cheaper_peers(measured))
    cheaper = (
        f"These peers cost less ({peers})" if peers else "No peer that saw all jobs end costs less"
    )
    alone = [
        (f"{cell.name}, no range", cell_text(measured[Trial(cell=_alone(cell), seen=20)]))
        for cell in WORLDS[4:6]
    ]
    parts = (
        "## Polling",
        INTRODUCTION,
        "### Targets",
        _targets_table(measured),
        "### Against the peers, jobs of median 60 s",
        _peers_table(measured, WORLDS),
        "Without a range, 20 jobs seen:",
        table(("world", "this client"), alone),
        COMPARISON.format(cheaper=cheaper),
        "### Against the peers, jobs of median 12 min, longest interval 300 s",
        _peers_table(measured, LONG, LONGEST),
        "### A server that sends a status and nothing else",
        *status_only.report(measured),
        "### Delay and long polls",
        _details_table(measured),
        "### Ten thousand jobs at once",
        _many_table(runs),
    )
    return "\n\n".join(parts)


def put_into(document: Path, section: str) -> None:
    """Put a section into a document, in the place of the one with the same heading, if any."""
    text = document.read_text() if document.exists() else "# Benchmarks\n"
    heading = section.splitlines()[0]
    before, found, after = text.partition(f"{heading}\n")
    _, following, rest = after.partition("\n## ")
    tail = f"\n## {rest}" if found and following else ""
    document.write_text(f"{before.rstrip()}\n\n{section}\n{tail}")


def _missed(measured: Mapping[Trial, Figures]) -> list[str]:
    """Return the names of the targets that were missed."""
    missed = [
        target.name
        for target in TARGETS
        if getattr(measured[target.trial], target.figure) > target.most
    ]
    return missed + status_only.missed(measured)


def main() -> None:
    trials = list(dict.fromkeys(_all_trials()))
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        measured = dict(zip(trials, workers.map(measure, trials, chunksize=1), strict=True))
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1) as fresh:
        runs = [fresh.submit(run).result() for run in (many.measure_virtual, many.measure_real)]
    report = _report(measured, runs)
    print(report)
    put_into(DOCS / "benchmarks.md", report)
    rows = [
        (PEERS[index].name, [measured[peer_trial(cell, index)].cost for cell in WORLDS[:3]])
        for index in range(len(PEERS))
        if all(measured[peer_trial(cell, index)].gave_up < SOME_LOST for cell in WORLDS[:3])
    ]
    ours = [
        (name.strip("*"), [measured[replace(trial, cell=cell)].cost for cell in WORLDS[:3]])
        for name, trial in OURS.items()
        if trial.max_interval == Trial(cell=WORLDS[0]).max_interval
    ]
    (DOCS / "polling-cost.svg").write_text(
        plot.dots(ours, rows, labels=[c.name for c in WORLDS[:3]])
    )
    if missed := _missed(measured):
        sys.exit(f"Missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
