"""The screen: where the command line writes, and how lines are broken there."""

import json
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from client import Job, Status
from terminal.endings import Code
from terminal.words import countdown, percentage, printable, time_taken


def leave_closed_pipe() -> NoReturn:
    """Exit quietly: whoever read the output has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(Code.PIPE_CLOSED)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        leave_closed_pipe()


out: Final = _Console(highlight=False, emoji=False)
err: Final = _Console(stderr=True, highlight=False, emoji=False)

NARROW: Final = 72
"""Columns below which a job's id leaves no room for more beside it."""

STYLES: Final[Mapping[str, str]] = {
    Status.PENDING: "cyan",
    Status.COMPLETED: "green",
    Status.ERROR: "red",
}


def style_of(job: Job) -> str:
    return STYLES.get(job.status, "")


def write(console: Console, words: str, *, style: str = "", indent: int = 0) -> None:
    """Write a line, broken between words where a terminal ends, and never within one."""
    if console.file.isatty():
        lines = textwrap.fill(
            words,
            console.width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        console.print(Text(lines), style=style, soft_wrap=True)
    else:
        typer.echo(words, file=console.file)


def complain(words: str) -> None:
    write(err, words, style="red")


def json_line(value: object) -> None:
    typer.echo(json.dumps(value))


def cells_of(job: Job) -> list[str]:
    """Return what a list says of a job: id, status, time taken or left, language, title."""
    status = printable(job.status)
    if not job.is_finished and job.progress is not None:
        status = f"{status} {percentage(job.progress)}"
    left = job.estimated_time_remaining
    spent = time_taken(job) or ("" if left is None else f"{countdown(left)} left")
    return [job.id, status, spent, printable(job.target_language or ""), printable(job.title)]


def print_table(jobs: Sequence[Job]) -> None:
    """Print a list of jobs as wide as the terminal: ids are never cut, titles may be."""
    if not jobs:
        out.print(Text("No jobs.", style="dim"))
        return
    rows = [cells_of(job) for job in jobs]
    if out.width < NARROW:
        for job, (identity, status, *rest) in zip(jobs, rows, strict=True):
            out.print(Text(identity))
            out.print(Text(f"  {status}", style=style_of(job)), Text(", ".join(filter(None, rest))))
        return
    names = ["Job", "Status", "Time", "Language", "Title"]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    widths[-1] = out.width - sum(widths[:-1]) - 2 * len(widths[:-1])
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, width in zip(names, widths, strict=True):
        grid.add_column(name, no_wrap=True, overflow="ellipsis", min_width=width, max_width=width)
    for job, (identity, status, *rest) in zip(jobs, rows, strict=True):
        grid.add_row(Text(identity), Text(status, style=style_of(job)), *map(Text, rest))
    out.print(grid)
