"""What it costs to follow jobs of a server that sends a status and nothing else, as HeyGen's."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from benchmarks.optimum import least_cost
from benchmarks.peers import PEERS
from benchmarks.trials import LONGEST, SLOW_PEERS, SOME_LOST, Trial, cell_text, peer_trial, table
from benchmarks.world import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.trials import Figures

SPREAD, LENGTH_SPREAD = 0.25, 0.76
UNKNOWN = Cell(
    name="12 min, length unknown",
    median=720.0,
    sigma=SPREAD,
    length_sigma=LENGTH_SPREAD,
    estimate="none",
    sends_times=False,
)
KNOWN = replace(UNKNOWN, name="12 min, length known", knows_length=True)
MEDIAN_LENGTH = replace(KNOWN, name="12 min, median length known", length_sigma=0.0)
SHORT = replace(UNKNOWN, name="60 s, length unknown", median=60.0)
WITHOUT_EFFECT = replace(KNOWN, name="length without effect", sigma=0.8, slope=0.0)
WITHOUT_LENGTH = replace(WITHOUT_EFFECT, name="length unknown", knows_length=False)
MANY_LANGUAGES = replace(KNOWN, name="20 languages without effect", languages=20)
WITHOUT_LANGUAGES = replace(KNOWN, name="no language known")
LANGUAGES = replace(KNOWN, name="4 languages with effect", languages=4, language_sigma=0.3)
UNKNOWN_LANGUAGES = replace(LANGUAGES, name="language unknown", knows_language=False)

CELLS = UNKNOWN, MEDIAN_LENGTH, KNOWN, SHORT
SEEN = 0, 1, 2, 3, 5, 10, 20
MOST_HARM = 1.03
"""Largest cost with a length or language that has no effect, relative to that without it."""
HARMLESS = (WITHOUT_EFFECT, WITHOUT_LENGTH), (MANY_LANGUAGES, WITHOUT_LANGUAGES)
COMPARED = (*HARMLESS, (LANGUAGES, UNKNOWN_LANGUAGES))
"""Pairs of cells, with and without a fact about each job."""


def _trial(cell: Cell, seen: int) -> Trial:
    """Return a trial of this client after `seen` jobs with videos of all lengths."""
    return Trial(
        cell=cell,
        seen=seen,
        max_interval=_longest(cell),
        learns_in=KNOWN if cell == MEDIAN_LENGTH else None,
    )


def _longest(cell: Cell) -> float:
    return 60.0 if cell == SHORT else LONGEST


FROM_PUBLISHED = replace(_trial(UNKNOWN, 0), knows_published=True)
TARGETS = {
    "12 min, length unknown, 20 seen": (_trial(UNKNOWN, 20), 44.5),
    "12 min, median length known, 20 seen": (_trial(MEDIAN_LENGTH, 20), 29.0),
    "60 s, length unknown, 20 seen": (_trial(SHORT, 20), 13.0),
    "12 min, the first job, from what is published": (FROM_PUBLISHED, 60.0),
}
"""Trials, and what they may cost."""

INTRODUCTION = f"""\
HeyGen's API is such a server. The longest interval is 300 s for jobs of 12 min and 60 s for jobs of
60 s. The logarithm of the videos' lengths has a standard deviation of {LENGTH_SPREAD}. A duration
is proportional to the length times a random factor, whose logarithm has a standard deviation of
{SPREAD}; that of the durations' logarithm is then 0.8. In the column *median length*, the
client has learned from videos of all lengths, and is measured with videos of the median length.
*The optimum* is the least cost if the distribution is known. *From what is published* is the first
job of a client that knows HeyGen's 5 to 15 minutes. Peers that lose jobs do not count as cheaper,
since the delay of a lost job is not counted."""
HARM = f"""\
A length or a language that says nothing about the duration may cost at most {MOST_HARM - 1.0:.0%}
more. In the last of these tables, the effects of the languages on the logarithm of the duration are
quantiles of a normal distribution with the standard deviation {LANGUAGES.language_sigma}."""


def all_trials() -> Iterable[Trial]:
    yield FROM_PUBLISHED
    for cell in dict.fromkeys((*CELLS, *chain(*COMPARED))):
        yield from (_trial(cell, seen) for seen in SEEN)
    for cell in CELLS:
        yield from (peer_trial(cell, index) for index in _peers())


def report(measured: Mapping[Trial, Figures]) -> list[str]:
    """Return the paragraphs and tables."""
    rows = [("the optimum", *(f"{_optimum(cell):.2f}" for cell in CELLS))]
    for seen in SEEN:
        figures = (measured[_trial(cell, seen)] for cell in CELLS)
        rows.append((f"**this client, {seen} seen**", *map(cell_text, figures)))
    first = cell_text(measured[FROM_PUBLISHED])
    rows.append(("**this client, from what is published**", first, "-", "-", "-"))
    for index in _peers():
        figures = (measured[peer_trial(cell, index)] for cell in CELLS)
        rows.append((PEERS[index].name, *map(cell_text, figures)))
    return [
        INTRODUCTION,
        table(("policy", *(cell.name for cell in CELLS)), rows),
        HARM,
        *(
            table(
                ("jobs seen", given.name, without.name, "ratio"),
                [
                    (str(seen), f"{cost:.2f}", f"{other:.2f}", f"{cost / other:.3f}")
                    for seen, cost, other in _costs(measured, given, without)
                ],
            )
            for given, without in COMPARED
        ),
    ]


def cheaper_peers(measured: Mapping[Trial, Figures]) -> list[str]:
    """Return the peers that cost less than this client after 20 jobs and saw all jobs end."""
    found = []
    for cell in CELLS:
        ours = measured[_trial(cell, 20)]
        for index in _peers():
            theirs = measured[peer_trial(cell, index)]
            if theirs.cost < ours.cost - 0.005 and theirs.gave_up < SOME_LOST:
                name = PEERS[index].name
                found.append(f"{name} at {cell.name} ({theirs.cost:.2f}, {ours.cost:.2f})")
    return found


def missed(measured: Mapping[Trial, Figures]) -> list[str]:
    """Return in which cases a length or language without effect costs too much."""
    return [
        f"{given.name}, {seen} seen"
        for given, without in HARMLESS
        for seen, cost, other in _costs(measured, given, without)
        if cost > other * MOST_HARM
    ]


def _costs(
    measured: Mapping[Trial, Figures], given: Cell, without: Cell
) -> list[tuple[int, float, float]]:
    """Return what two cells cost, by the jobs seen."""
    return [
        (seen, measured[_trial(given, seen)].cost, measured[_trial(without, seen)].cost)
        for seen in SEEN
    ]


def _peers() -> list[int]:
    """Return the peers that need no estimate."""
    return [index for index in SLOW_PEERS if not PEERS[index].reads_estimate]


def _optimum(cell: Cell) -> float:
    """Return the least cost in a cell, averaged over the lengths if they are known."""
    longest = _longest(cell)
    if not cell.knows_length:
        spread = math.hypot(cell.sigma, cell.length_sigma)
        return least_cost(median=cell.median, sigma=spread, longest=longest)
    places = [n / 2.0 for n in range(-6, 7)]
    weights = [math.exp(-place * place / 2.0) for place in places]
    costs = (
        least_cost(
            median=cell.median * math.exp(cell.length_sigma * place),
            sigma=cell.sigma,
            longest=longest,
        )
        for place in places
    )
    return sum(w * cost for w, cost in zip(weights, costs, strict=True)) / sum(weights)
