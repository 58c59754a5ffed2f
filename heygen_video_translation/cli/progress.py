"""Progress displays for jobs that are followed: bars, lines and JSON."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Self

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from heygen_video_translation.cli.formatting import (
    countdown,
    elapsed,
    json_of,
    line_of,
    percentage,
    printable,
    time_taken,
)
from heygen_video_translation.cli.output import style_of, write_json, write_line
from heygen_video_translation.client import Job, Status

NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


class Progress:
    """A display of jobs that are followed; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the display."""

    def update(self, job: Job) -> None:
        """Show a job as the latest response has it."""


class JsonLines(Progress):
    """Every response as a line of JSON."""

    def update(self, job: Job) -> None:
        write_json(json_of(job))


class Lines(Progress):
    """Every response as a line; `explain` adds when the next poll is sent, and the reason."""

    def __init__(self, *, explain: bool = False) -> None:
        self._explain = explain

    def update(self, job: Job) -> None:
        typer.echo(line_of(job, explain=self._explain))


class Bar:
    """One job's bar, which advances by the last estimate until the next response."""

    MAX_ESTIMATED: Final = 0.99
    """The share at which a bar stops until a response says that the job is done."""

    def __init__(self, label: str, *, now: float, is_named: bool = False) -> None:
        self.label = label
        self._is_named = is_named
        self.job: Job | None = None
        self._started_at = now
        self._updated_at = now
        self._base = 0.0

    def update(self, job: Job, *, now: float) -> None:
        """Continue from the job's progress, or from the bar's own if that is further."""
        reported = 0.0 if job.status == Status.ERROR else job.progress or 0.0
        self._base = max(self.progress(now) or self._base, reported)
        self._updated_at = now
        self.job = job
        if job.title and not self._is_named:
            self.label = printable(job.title)

    @property
    def is_finished(self) -> bool:
        return self.job is not None and self.job.is_finished

    def progress(self, now: float) -> float | None:
        """Return the share done at `now`, or None if it is unknown; it never decreases.

        The bar would be full at the estimated end.
        """
        if self.job is None:
            return None
        if self.job.status == Status.COMPLETED:
            return 1.0
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return self._base or None
        share = min((now - self._updated_at) / estimate, 1.0) if estimate > 0.0 else 1.0
        return max(self._base, min(self._base + (1.0 - self._base) * share, self.MAX_ESTIMATED))

    def time_text(self, now: float) -> str:
        """Return the text to the right of the bar: the time taken or left.

        "about" marks the client's own estimate.
        """
        if self.job is None:
            return "requesting"
        if self.job.is_finished:
            took = time_taken(self.job)
            if self.job.status == Status.COMPLETED:
                return f"took {took}" if took else "completed"
            return f"failed {took}" if took else "failed"
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return f"{elapsed(now - self._started_at)} so far"
        left = estimate - (now - self._updated_at)
        if left <= 0.0:
            return "any moment"
        return f"{'about ' if self.job.is_own_estimate else ''}{countdown(left)} left"


class Bars(Progress):
    """One bar for each job; above them, if `explain` is set, a line for each response.

    A job's bar is called by `labels`, which has names by id, else by its title or id.
    """

    MAX_WIDTH: Final = 100
    REFRESHES_PER_SECOND: Final = 8

    def __init__(
        self,
        jobs: Iterable[Job | str],
        *,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        explain: bool = False,
        labels: Mapping[str, str] = NO_LABELS,
    ) -> None:
        self._console = console
        self._clock = clock
        self._explain = explain
        self._started_at = now = clock()
        self._bars: dict[str, Bar] = {}
        for job in jobs:
            identity = job if isinstance(job, str) else job.id
            name = labels.get(identity)
            label = printable(identity if name is None else name)
            self._bars[identity] = bar = Bar(label, now=now, is_named=name is not None)
            if isinstance(job, Job):
                bar.update(job, now=now)
        self._live = Live(
            console=console,
            get_renderable=self.frame,
            refresh_per_second=self.REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def update(self, job: Job) -> None:
        now = self._clock()
        self._bars.setdefault(job.id, Bar(printable(job.id), now=now)).update(job, now=now)
        if self._explain:
            write_line(self._console, line_of(job, explain=True), style="dim")

    def frame(self) -> RenderableType:
        """Return the bars at this moment, as many as fit on the terminal, running jobs first."""
        now, bars = self._clock(), list(self._bars.values())
        room = max(self._console.height - 2, 1)
        shown = bars
        if len(bars) > room:
            running = [bar for bar in bars if not bar.is_finished]
            shown = (running + [bar for bar in bars if bar.is_finished])[:room]
        width = min(self._console.width, self.MAX_WIDTH)
        grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        grid.width = width
        grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 3, 8))
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True, min_width=5)
        grid.add_column(justify="right", no_wrap=True, min_width=10)
        for bar in shown:
            progress = bar.progress(now)
            style = style_of(bar.job) if bar.job else ""
            grid.add_row(
                Text(bar.label),
                ProgressBar(
                    completed=100.0 * (progress or 0.0),
                    pulse=progress is None,
                    complete_style=style,
                    finished_style=style,
                    pulse_style=style,
                    animation_time=now,
                ),
                "" if progress is None else percentage(progress),
                Text(bar.time_text(now), style=style),
            )
        return Group(grid, self._totals(bars, now)) if len(bars) > 1 else grid

    def _totals(self, bars: Sequence[Bar], now: float) -> Text:
        """Return how many jobs have ended and how many failed."""
        statuses = [bar.job.status for bar in bars if bar.job and bar.job.is_finished]
        failed = statuses.count(Status.ERROR)
        text = f"{len(statuses)} of {len(bars)} ended"
        if failed:
            text = f"{text}, {failed} failed"
        return Text(f"{text}, {elapsed(now - self._started_at)}", style="dim")
