#!/usr/bin/env python3
"""The video-translation client at a terminal: start jobs, follow them, list, cancel, download.

On a terminal jobs are bars that move between polls; in a pipe they are plain lines; with --json
they are JSON lines. What was asked for goes to stdout, everything else to stderr.
"""

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to say, ends quietly

import itertools
import json
import math
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn
from urllib.parse import quote

try:
    import typer
except ImportError as missing:
    raise SystemExit(
        "typer is not installed in this Python. `make run` sets everything up, and then"
        " .venv/bin/python cli.py is it; without make: pip install -r requirements.txt"
    ) from missing
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from client import Conflict, JobNotFound, Status, TranslationClient, TranslationClientError
from terminal.endings import Code
from terminal.screen import cells_of, complain, err, json_line, print_table
from terminal.session import Session, app, chosen, command, follow
from terminal.words import document_of, printable, standing, time_left

__all__ = ["app", "main"]

DEFAULT_TIMEOUT: Final = 3600.0
LONGEST_COMPLETION: Final = 1.0
"""Seconds that the shell may be kept waiting for ids."""

LISTED: Final = 20
"""Jobs that a list shows unless told otherwise."""

MOST_PER_PAGE: Final = 100


class Outcome(StrEnum):
    """How a simulated job is to end."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"


def _simulation(given: str) -> dict[str, Any]:
    """Read a simulation's JSON object."""
    try:
        simulation = json.loads(given, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{given!r} is not JSON: {error}.") from None
    if not isinstance(simulation, dict):
        raise typer.BadParameter(f"{given!r} is not a JSON object.")
    return simulation


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number there")


def _duration(given: str) -> float | list[float]:
    """Read seconds, as `12`, or their lowest and highest number, as `5-15`."""
    try:
        ends = [float(end) for end in given.split("-")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2) or not all(map(math.isfinite, ends)):
        raise typer.BadParameter(f"{given!r} is neither seconds, as 12, nor a range, as 5-15.")
    return ends if len(ends) > 1 else ends[0]


def _header_value(given: str | None) -> str | None:
    if given is not None and not (given.isascii() and given.isprintable()):
        raise typer.BadParameter("It can hold printable ASCII characters only.")
    return given


def _jobs_beginning_with(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the newest jobs that the shell may complete an id to, each with where it stands."""
    try:
        with TranslationClient(
            chosen(ctx, "server")[0],
            api_key=chosen(ctx, "api_key")[0],
            max_retries=0,
            request_timeout=LONGEST_COMPLETION,
        ) as client:
            newest = itertools.islice(client.list_jobs(limit=MOST_PER_PAGE), MOST_PER_PAGE)
            return [
                (job.id, " ".join(filter(None, [standing(job), printable(job.title)])))
                for job in newest
                if job.id.startswith(incomplete)
            ]
    except (TranslationClientError, ValueError):
        return []


_JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id.", autocompletion=_jobs_beginning_with)
]
_NewestArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="JOB",
        help="The job's id; the newest job if left out.",
        autocompletion=_jobs_beginning_with,
    ),
]
_JobsArgument = Annotated[
    list[str],
    typer.Argument(metavar="JOB...", help="The jobs' ids.", autocompletion=_jobs_beginning_with),
]
_Timeout = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="SECONDS", help="Wait no longer than this; 'inf' is as long as it takes."
    ),
]
_Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print ids and nothing else, for other commands.")
]


@command
def create(
    session: Session,
    *,
    video_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The video, by http or https.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What to call the job.")] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", help="Into which language; Spanish if left out."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow the job to its end.")] = False,
    timeout: _Timeout = DEFAULT_TIMEOUT,
    quiet: _Quiet = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            callback=_header_value,
            metavar="KEY",
            help="The same key never starts a second job within a day.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What it is put through: flaky, say.", rich_help_panel="Simulation"
        ),
    ] = None,
    duration: Annotated[
        Any,
        typer.Option(
            parser=_duration,
            metavar="SECONDS",
            help="How long it takes: 12, or 5-15.",
            rich_help_panel="Simulation",
        ),
    ] = None,
    outcome: Annotated[
        Outcome | None, typer.Option(help="How it ends.", rich_help_panel="Simulation")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed deals the same plan.", rich_help_panel="Simulation"),
    ] = None,
    simulation: Annotated[
        Any,
        typer.Option(
            parser=_simulation,
            metavar="JSON",
            help="Everything the API takes; the options above win over it.",
            rich_help_panel="Simulation",
        ),
    ] = None,
) -> Code | None:
    """Start a job.

    python cli.py create --video-url https://example.com/talk.mp4 -l French --wait

    python cli.py create --duration 5-15 --outcome error --wait

    python cli.py create --scenario flaky --wait

    python cli.py create --simulation '{"duration": 30, "estimate": "none"}'
    """
    plan = {"scenario": scenario, "duration": duration, "outcome": outcome, "seed": seed}
    wishes = (simulation or {}) | {name: wish for name, wish in plan.items() if wish is not None}
    fields = {
        "video_url": video_url,
        "title": title,
        "target_language": language,
        "simulation": wishes or None,
    }
    try:
        job = session.client.create_job(
            idempotency_key=idempotency_key,
            **{name: value for name, value in fields.items() if value is not None},
        )
    except KeyboardInterrupt:
        complain("Interrupted before the server answered: it may have started the job or not.")
        return Code.INTERRUPTED
    if wait:
        session.unfinished[job.id] = None
    if session.as_json:
        json_line(document_of(job))
    elif quiet:
        typer.echo(job.id)
    else:
        language = printable(job.target_language or "its language")
        session.say(f"Job {job.id}: {language}, {time_left(job)}")
    if wait:
        return follow(session, [job], timeout=timeout, quiet=quiet)
    return None


@command
def status(session: Session, job: _NewestArgument = None) -> None:
    """Show a job as it stands now, the newest one unless told which."""
    found = session.client.get_status(job)
    if session.as_json:
        json_line(document_of(found))
        return
    lines = {
        "Job": found.id,
        "Status": standing(found),
        "Language": found.target_language,
        "Title": found.title,
        "Video": found.video_url,
        "Created": found.created_at and f"{found.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "Result": found.result_url,
    }
    for name, value in lines.items():
        if value:
            session.say(f"{name:<9}{printable(value)}", indent=9)


@command
def wait(
    session: Session,
    jobs: Annotated[
        list[str] | None,
        typer.Argument(metavar="JOB", help="The jobs' ids.", autocompletion=_jobs_beginning_with),
    ] = None,
    *,
    timeout: _Timeout = DEFAULT_TIMEOUT,
) -> Code:
    """Follow jobs to their ends, all at once; no ids are nothing to wait for.

    python cli.py wait JOB

    python cli.py wait $(python cli.py list --status pending --quiet)
    """
    if not jobs:
        session.say("Nothing to wait for.")
        return Code.DONE
    return follow(session, jobs, timeout=timeout)


@command
def watch(
    session: Session, job: _NewestArgument = None, *, timeout: _Timeout = DEFAULT_TIMEOUT
) -> Code:
    """Follow one job, the newest unless told which, and say of every poll why it came then."""
    return follow(session, [job or session.client.get_status().id], timeout=timeout, explains=True)


@command
def list_(
    session: Session,
    *,
    status: Annotated[Status | None, typer.Option(help="Only jobs with this status.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Only jobs into this language.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"How many jobs at most; {LISTED} if left out, with --quiet all of them."
        ),
    ] = None,
    quiet: _Quiet = False,
) -> None:
    """List jobs, newest first.

    python cli.py list --status error --limit 100

    python cli.py list --quiet | head -1
    """
    if limit is None and not quiet:
        limit = LISTED
    page = MOST_PER_PAGE if limit is None else min(limit, MOST_PER_PAGE)
    jobs = itertools.islice(
        session.client.list_jobs(status=status, target_language=language, limit=page), limit
    )
    if session.as_json:
        for job in jobs:
            json_line(document_of(job))
    elif quiet:
        for job in jobs:
            typer.echo(job.id)
    elif session.is_live:
        print_table(list(jobs))
    else:
        for job in jobs:
            typer.echo("\t".join(cells_of(job)))


@command
def cancel(session: Session, jobs: _JobsArgument) -> Code:
    """Cancel jobs that have not ended."""
    code = Code.DONE
    for job in jobs:
        try:
            canceled = session.client.cancel(job)
        except (Conflict, JobNotFound) as error:
            session.complain(error)
            code = Code.FAILED
        else:
            if session.as_json:
                json_line(document_of(canceled))
            session.say(f"Job {canceled.id} is canceled.")
    return code


@command
def download(
    session: Session,
    job: _JobArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file or folder; JOB.mp4 if left out."
        ),
    ] = None,
) -> Code | None:
    """Save the translated video of a job that is completed.

    python cli.py download JOB -o talk.mp4
    """
    path = Path(f"{quote(job, safe='')}.mp4")
    if output is not None:
        path = output / path if output.is_dir() else output
    try:
        _save(session, job, path)
    except OSError as error:
        complain(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.")
        return Code.FAILED
    size = path.stat().st_size
    if session.as_json:
        json_line({"id": job, "path": str(path), "bytes": size})
    session.say(f"Saved {path}, {decimal(size)}.")
    return None


def _save(session: Session, job: str, path: Path) -> None:
    """Download a job's video, with a bar where somebody looks on."""
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not session.is_live) as bar:
        task = bar.add_task("", total=None)
        session.client.download(
            job,
            path,
            on_progress=lambda received, total: bar.update(task, completed=received, total=total),
        )


def main() -> None:
    """Run the command that the command line asks for."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    app()


if __name__ == "__main__":
    main()
