"""Bars, lines and JSON: the ways to show jobs while somebody waits for them."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Self

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from client import Job, Status
from terminal.screen import json_line, style_of, write
from terminal.words import (
    countdown,
    document_of,
    line_of,
    passed,
    percentage,
    printable,
    time_taken,
)


class Show:
    """A way to show jobs while somebody waits for them; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen in order."""

    def seen(self, job: Job) -> None:
        """Show what an answer says of a job."""


class JsonLines(Show):
    """Every answer as a line of JSON."""

    def seen(self, job: Job) -> None:
        json_line(document_of(job))


class Lines(Show):
    """Every answer as a line of words; `explains` adds when the next poll is, and why then."""

    def __init__(self, *, explains: bool = False) -> None:
        self._explains = explains

    def seen(self, job: Job) -> None:
        typer.echo(line_of(job, explains=self._explains))


class Row:
    """One job's bar: what the last answer said, and how that goes on until the next one."""

    FULLEST: Final = 0.99
    """As far as a bar runs on its own: only an answer says that a job is done."""

    def __init__(self, label: str, *, now: float) -> None:
        self.label = label
        self.job: Job | None = None
        self._started_at = now
        self._seen_at = now
        self._base = 0.0

    def see(self, job: Job, *, now: float) -> None:
        """Take in an answer; the bar goes on from where it is, or further along."""
        told = 0.0 if job.status == Status.ERROR else job.progress or 0.0
        self._base = max(self.progress(now) or self._base, told)
        self._seen_at = now
        self.job = job
        if job.title:
            self.label = printable(job.title)

    @property
    def is_finished(self) -> bool:
        return self.job is not None and self.job.is_finished

    def progress(self, now: float) -> float | None:
        """Return the share done at `now`, never less than before; `None` where it is unknown.

        It moves so as to be full when the time left, as last estimated, is over.
        """
        if self.job is None:
            return None
        if self.job.status == Status.COMPLETED:
            return 1.0
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return self._base or None
        share = min((now - self._seen_at) / estimate, 1.0) if estimate > 0.0 else 1.0
        return max(self._base, min(self._base + (1.0 - self._base) * share, self.FULLEST))

    def ending(self, now: float) -> str:
        """Return what stands at the bar's end."""
        if self.job is None:
            return "asking"
        if self.job.is_finished:
            took = time_taken(self.job) or ""
            return f"took {took}" if self.job.status == Status.COMPLETED else f"failed {took}"
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return f"{passed(now - self._started_at)} so far"
        left = estimate - (now - self._seen_at)
        return f"{countdown(left)} left" if left > 0.0 else "any moment"


class Bars(Show):
    """A bar a job, which moves between the answers; above them the lines that `explains` adds."""

    WIDEST: Final = 100
    REFRESHES_PER_SECOND: Final = 8

    def __init__(
        self,
        jobs: Iterable[Job | str],
        *,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        explains: bool = False,
    ) -> None:
        self._console = console
        self._clock = clock
        self._explains = explains
        self._started_at = now = clock()
        self._rows: dict[str, Row] = {}
        for job in jobs:
            identity = job if isinstance(job, str) else job.id
            self._rows[identity] = row = Row(printable(identity), now=now)
            if isinstance(job, Job):
                row.see(job, now=now)
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

    def seen(self, job: Job) -> None:
        now = self._clock()
        self._rows.setdefault(job.id, Row(printable(job.id), now=now)).see(job, now=now)
        if self._explains:
            write(self._console, line_of(job, explains=True), style="dim")

    def frame(self) -> RenderableType:
        """Return the bars as they are now, as many as the terminal has room for."""
        now, rows = self._clock(), list(self._rows.values())
        room = max(self._console.height - 2, 1)
        shown = rows
        if len(rows) > room:
            running = [row for row in rows if not row.is_finished]
            shown = (running + [row for row in rows if row.is_finished])[:room]
        width = min(self._console.width, self.WIDEST)
        grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        grid.width = width
        grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 3, 8))
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True, min_width=5)
        grid.add_column(justify="right", no_wrap=True, min_width=10)
        for row in shown:
            progress = row.progress(now)
            style = style_of(row.job) if row.job else ""
            grid.add_row(
                Text(row.label),
                ProgressBar(
                    completed=100.0 * (progress or 0.0),
                    pulse=progress is None,
                    complete_style=style,
                    finished_style=style,
                    pulse_style=style,
                    animation_time=now,
                ),
                "" if progress is None else percentage(progress),
                Text(row.ending(now), style=style),
            )
        return Group(grid, self._tally(rows, now)) if len(rows) > 1 else grid

    def _tally(self, rows: Sequence[Row], now: float) -> Text:
        """Return how many jobs have ended, and how."""
        endings = [row.job.status for row in rows if row.job and row.job.is_finished]
        failed = endings.count(Status.ERROR)
        words = f"{len(endings)} of {len(rows)} ended"
        if failed:
            words = f"{words}, {failed} failed"
        return Text(f"{words}, {passed(now - self._started_at)}", style="dim")
