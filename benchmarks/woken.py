"""Measure what a job costs if webhooks report its end: in time, late, twice, forged or never.

The real client receives signed webhooks, on the virtual clock of `benchmarks.polling`. Prints the
tables, and writes them to docs/benchmarks.md.
"""

from __future__ import annotations

import json
import logging
import os
import random
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from benchmarks.polling import DOCS, put_into
from benchmarks.world import Cell, Clock, VirtualServer
from client import Experience, InvalidWebhook, TranslationClient
from vid_trans_api.webhooks.signing import heygen_headers, new_secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

JOBS = 2000
JOBS_A_LEARNER = 40
TRAINING_SEEDS = 1_000_000
SEEN = 20

TRANSIT = 0.05
"""Seconds from the end of a job until its webhook arrives."""

LATE = 30.0
"""Seconds by which a late webhook is later."""

WAYS: Mapping[str, Sequence[tuple[float, bool]]] = {
    "comes": [(0.0, True)],
    "comes 30 s late": [(LATE, True)],
    "comes twice": [(0.0, True), (1.0, True)],
    "is forged, then comes": [(-10.0, False), (0.0, True)],
    "is forged, and never comes": [(-10.0, False)],
    "never comes": [],
}
"""When webhooks arrive, in seconds after the end, and whether they are genuine."""

COMPARED = (None, "comes", "never comes")

WORLDS = (
    Cell(name="Median 12 min, no estimates", median=720.0, estimate="none"),
    Cell(name="Median 60 s, no estimates", estimate="none"),
    Cell(name="Median 12 min, e = 0.3", median=720.0),
    Cell(name="Median 60 s, e = 0.3"),
    Cell(name="Median 60 s, e = 0.1", error=0.1),
)
LONGEST = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WokenTrial:
    """One world, and how its webhooks arrive; `None`: the client has no `webhooks=True`."""

    cell: Cell
    way: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WokenFigures:
    """Means per job: all polls, those after the first genuine webhook, seconds late, refusals."""

    polls: float
    confirming: float
    late: float
    refused: float

    @property
    def cost(self) -> float:
        return self.polls + self.late


class StatusServer(VirtualServer):
    """A server that sends a status and nothing else, if it sends no estimates."""

    def _document(self, name: str) -> dict[str, object]:
        document = super()._document(name)
        if self.cell.estimate == "none":
            return {"id": name, "status": document["status"]}
        return document


class Following:
    """A client that follows one job after another, and gets their webhooks while it sleeps."""

    def __init__(self, trial: WokenTrial) -> None:
        self.clock = Clock()
        self.server = StatusServer(trial.cell, self.clock)
        self.polls: list[int] = []
        self.confirming: list[int] = []
        self.late: list[float] = []
        self.refused = 0
        self._trial = trial
        self._secret = new_secret()
        self._due: list[tuple[float, bool]] = []
        self._polls_at_webhook: int | None = None

    def follow(self, experience: Experience, *, seed: int) -> Experience:
        """Follow a job with a new client, note what it cost, and return what it has learned."""
        self._client = TranslationClient(
            "http://virtual",
            session=cast("requests.Session", self.server),
            sleep=self._sleep,
            clock=self.clock,
            random=random.Random(1).random,
            timeout=None,
            long_poll=0,
            max_polling_interval=LONGEST,
            webhooks=self._trial.way is not None,
            experience=experience,
        )
        self.server.seed = seed
        job = self._client.create_job()
        ends_at = self.server.jobs[job.id].ends_at
        ways = WAYS[self._trial.way] if self._trial.way else ()
        self._due = [(ends_at + TRANSIT + after, is_genuine) for after, is_genuine in ways]
        self._job_id, self._polls_at_webhook = job.id, None
        before = self.server.polls
        self._client.wait_for_completion(job)
        self.polls.append(self.server.polls - before)
        since = self._polls_at_webhook
        self.confirming.append(0 if since is None else self.server.polls - since)
        self.late.append(self.clock.now - ends_at)
        for _, is_genuine in self._due:
            self._deliver(is_genuine=is_genuine)
        return self._client.experience

    def _sleep(self, seconds: float) -> None:
        """Sleep until a genuine webhook arrives, but no longer than so many seconds."""
        until = self.clock.now + seconds
        while self._due and self._due[0][0] <= until:
            at, is_genuine = self._due.pop(0)
            self.clock.now = max(self.clock.now, at)
            self._deliver(is_genuine=is_genuine)
            if is_genuine:
                self._polls_at_webhook = self._polls_at_webhook or self.server.polls
                return
        self.clock.now = until

    def _deliver(self, *, is_genuine: bool) -> None:
        data = {"video_translate_id": self._job_id, "video_translation_id": self._job_id}
        body = json.dumps({"event_type": "video_translate.success", "event_data": data}).encode()
        secret = self._secret if is_genuine else new_secret()
        headers = heygen_headers(event_id="evt_1", timestamp=0, body=body, secret=secret)
        try:
            self._client.receive(headers, body, secret=self._secret)
        except InvalidWebhook:
            self.refused += 1

    def figures(self) -> WokenFigures:
        return WokenFigures(
            polls=statistics.fmean(self.polls),
            confirming=statistics.fmean(self.confirming),
            late=statistics.fmean(self.late),
            refused=self.refused / len(self.polls),
        )


def measure_woken(trial: WokenTrial) -> WokenFigures:
    """Follow `JOBS` jobs, the same in every trial of a world, each after `SEEN` other ones."""
    logging.getLogger("heygen_video_translation.client").setLevel(logging.ERROR)
    following, lessons = Following(trial), Following(trial)
    learned = Experience()
    for seed in range(JOBS):
        if seed % JOBS_A_LEARNER == 0:
            learned = Experience()
            for lesson in range(SEEN):
                learned = lessons.follow(learned, seed=TRAINING_SEEDS + seed * 100 + lesson)
        following.follow(learned, seed=seed)
    return following.figures()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(name: str, figures: WokenFigures, alone: WokenFigures) -> Sequence[str]:
    return (
        name,
        f"{figures.polls:.2f} ({figures.polls / alone.polls:.0%})",
        f"{figures.confirming:.2f}",
        f"{figures.late:.2f}",
        f"{figures.cost:.2f} ({figures.cost / alone.cost:.2f})",
        f"{figures.refused:g}",
    )


INTRODUCTION = f"""\
`python -m benchmarks.woken` prints these tables: {JOBS} jobs a row, on a virtual clock that the
real client runs on, each after {SEEN} other jobs with the same webhooks. The server sends a status
and nothing else, unless it estimates with the error *e*. The longest interval is {LONGEST:g} s, and
there are no long polls. A webhook takes 50 ms, and a round trip as long. Shares and factors compare
with a client without `webhooks=True`, to which no webhook comes."""
TARGETS = """\
The targets are: if the webhook comes, at most 2 requests after it, and at most 0.15 s from the end
until it is noticed; in any case, at most half of the polls; if no webhook comes, at most 1.5 times
the cost."""
CONCLUSION = """\
A webhook costs one request, and the end is noticed a round trip after it. The polls before it are
needed because a client does not know whether a webhook is going to come. Without estimates, their
number times the lateness is the same however dense they are, and at the optimum each is half of the
cost C. So if a job without a webhook is to cost at most 1.5·C, it takes at least 0.19·C polls.

With estimates less can be saved, because there are few polls and one of them has to see the end: if
the estimates are exact there is only this one, with webhooks or without. If lateness cost 0.09
polls a second instead of 0.16, half of the polls would do with e = 0.3. A job of 60 s whose webhook
never comes would then cost 1.91 times as much, one of 12 min 1.33 times."""


def _missed(measured: Mapping[WokenTrial, WokenFigures]) -> list[str]:
    """Return a sentence for each target that is missed."""
    missed = []
    for cell in WORLDS:
        alone, comes, never = (measured[WokenTrial(cell=cell, way=way)] for way in COMPARED)
        figures = {
            "the number of requests after the webhook": (comes.confirming, 2.0),
            "the delay in seconds": (comes.late, 0.15),
            "the share of the polls": (max(comes.polls, never.polls) / alone.polls, 0.5),
            "the cost without a webhook": (never.cost / alone.cost, 1.5),
        }
        missed += [
            f"With {cell.name.lower()}, {name} is {figure:.2f}, which misses the target."
            for name, (figure, most) in figures.items()
            if figure > most
        ]
    return missed


def report(measured: Mapping[WokenTrial, WokenFigures]) -> str:
    head = ("webhook", "polls", "after the webhook", "seconds late", "cost", "refused webhooks")
    parts = ["## Polling with webhooks", INTRODUCTION]
    for cell in WORLDS:
        rows = [
            _row(f"it {way}" if way else "`webhooks=False`", measured[trial], alone)
            for way in (None, *WAYS)
            if (trial := WokenTrial(cell=cell, way=way)) in measured
            for alone in [measured[WokenTrial(cell=cell)]]
        ]
        parts += [f"{cell.name}:", _table(head, rows)]
    reached = "\n".join(_missed(measured)) or "All are reached."
    return "\n\n".join([*parts, f"{TARGETS}\n{reached}", CONCLUSION])


def main() -> None:
    every = [WokenTrial(cell=WORLDS[0], way=way) for way in (None, *WAYS)]
    some = [WokenTrial(cell=cell, way=way) for cell in WORLDS[1:] for way in COMPARED]
    trials = [*every, *some]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        measured = dict(zip(trials, workers.map(measure_woken, trials), strict=True))
    text = report(measured)
    print(text)
    put_into(DOCS / "benchmarks.md", text)


if __name__ == "__main__":
    main()
