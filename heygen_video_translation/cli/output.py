"""Standard output and standard error: lines, tables and JSON."""

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

from heygen_video_translation.cli.exit_codes import ExitCode
from heygen_video_translation.cli.formatting import countdown, percentage, printable, time_taken
from heygen_video_translation.client import Job, Status


def exit_on_closed_pipe() -> NoReturn:
    """Exit without a message: the reader of the output has exited."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ExitCode.PIPE_CLOSED)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        exit_on_closed_pipe()


out: Final = _Console(highlight=False, emoji=False)
err: Final = _Console(stderr=True, highlight=False, emoji=False)

NARROW: Final = 72
"""Columns below which a table has no room beside a job's id."""

STYLES: Final[Mapping[str, str]] = {
    Status.PENDING: "cyan",
    Status.COMPLETED: "green",
    Status.ERROR: "red",
}


def style_of(job: Job) -> str:
    return STYLES.get(job.status, "")


def write_line(console: Console, line: str, *, style: str = "", indent: int = 0) -> None:
    """Write a line; on a terminal, wrap it between words and never within one."""
    if console.file.isatty():
        lines = textwrap.fill(
            line,
            console.width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        console.print(Text(lines), style=style, soft_wrap=True)
    else:
        typer.echo(line, file=console.file)


def write_error(line: str) -> None:
    write_line(err, line, style="red")


def write_json(value: object) -> None:
    typer.echo(json.dumps(value))


def cells_of(job: Job) -> list[str]:
    """Return a job's row: id, status, time taken or left, language, title."""
    status = printable(job.status)
    if not job.is_finished and job.progress is not None:
        status = f"{status} {percentage(job.progress)}"
    left = job.estimated_time_remaining
    spent = time_taken(job) or ("" if left is None else f"{countdown(left)} left")
    return [job.id, status, spent, printable(job.target_language or ""), printable(job.title)]


def print_table(jobs: Sequence[Job]) -> None:
    """Print a list of jobs as wide as the terminal; titles may be cut, ids are not."""
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
