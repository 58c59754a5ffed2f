"""The client's commands: start jobs, follow, list, cancel and download them."""

import itertools
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

import typer

from heygen_video_translation.cli import files
from heygen_video_translation.cli.exit_codes import ExitCode
from heygen_video_translation.cli.following import follow
from heygen_video_translation.cli.formatting import json_of, printable, status_text, time_left
from heygen_video_translation.cli.options import (
    DEFAULT_TIMEOUT,
    MAX_PAGE,
    Duration,
    IdempotencyKey,
    JobArgument,
    JobsArgument,
    NewestJobArgument,
    OptionalJobsArgument,
    OutcomeOption,
    Quiet,
    Scenario,
    Seed,
    Simulation,
    Timeout,
)
from heygen_video_translation.cli.output import (
    cells_of,
    err,
    print_table,
    write_error,
    write_json,
    write_line,
)
from heygen_video_translation.cli.program import program_name
from heygen_video_translation.cli.session import Session, client_command
from heygen_video_translation.client import Conflict, FileKind, JobNotFound, Status

DEFAULT_LIST_LIMIT: Final = 20

EXTENSIONS: Final = {"video": "mp4", "audio": "wav"}
"""The ends of file names; that of captions is their kind."""


@client_command(
    "create --video-url https://example.com/talk.mp4 -l French --wait",
    "create --duration 5-15 --outcome error --wait",
    "create --scenario flaky --wait",
    """create --simulation '{"duration": 30, "estimate": "none"}'""",
)
def create(
    session: Session,
    *,
    video_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The video, by http or https.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The job's title.")] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", "-l", help="The target language. HeyGen's API requires it; else Spanish."
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow the job to its end.")] = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    quiet: Quiet = False,
    idempotency_key: IdempotencyKey = None,
    scenario: Scenario = None,
    duration: Duration = None,
    outcome: OutcomeOption = None,
    seed: Seed = None,
    simulation: Simulation = None,
) -> ExitCode | None:
    """Start a job."""
    single = {"scenario": scenario, "duration": duration, "outcome": outcome, "seed": seed}
    simulation = (simulation or {}) | {
        name: value for name, value in single.items() if value is not None
    }
    try:
        job = session.client.create_job(
            video_url=video_url,
            title=title,
            target_language=language,
            simulation=simulation or None,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
    except ValueError as error:  # the dialects allow different Idempotency-Keys
        raise typer.BadParameter(str(error)) from None
    except KeyboardInterrupt:
        write_error("Interrupted before the server responded: the job may have been started.")
        return ExitCode.INTERRUPTED
    if wait:
        session.unfinished[job.id] = None
    if session.as_json:
        write_json(json_of(job))
    elif quiet:
        typer.echo(job.id)
    else:
        language = printable(job.target_language or "its language")
        session.write(f"Job {job.id}: {language}, {time_left(job)}")
    if wait:
        return follow(session, [job], timeout=timeout, quiet=quiet)
    return None


@client_command()
def status(session: Session, job: NewestJobArgument = None) -> None:
    """Show a job; by default the newest one."""
    client = session.client
    found = client.get_newest_job() if job is None else client.get_status(job)
    if session.as_json:
        write_json(json_of(found))
        return
    lines = {
        "Job": found.id,
        "Status": status_text(found),
        "Language": found.target_language,
        "Title": found.title,
        "Video": found.video_url,
        "Created": found.created_at and f"{found.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "Result": found.result_url,
    }
    for name, value in lines.items():
        if value:
            session.write(f"{name:<9}{printable(value)}", indent=9)


@client_command("wait JOB", f"wait $({program_name()} list --status pending --quiet)")
def wait(
    session: Session, jobs: OptionalJobsArgument = None, *, timeout: Timeout = DEFAULT_TIMEOUT
) -> ExitCode:
    """Follow jobs to their ends, all at once; without ids, exit at once."""
    if not jobs:
        session.write("Nothing to wait for.")
        return ExitCode.DONE
    return follow(session, jobs, timeout=timeout)


@client_command()
def watch(
    session: Session, job: NewestJobArgument = None, *, timeout: Timeout = DEFAULT_TIMEOUT
) -> ExitCode:
    """Follow one job, by default the newest, and give the reason for the time of every poll."""
    job = session.client.get_newest_job().id if job is None else job
    return follow(session, [job], timeout=timeout, explain=True)


@client_command("list --status error --limit 100", "list --quiet | head -1")
def list_jobs(
    session: Session,
    *,
    status: Annotated[Status | None, typer.Option(help="Only jobs with this status.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Only jobs into this language.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"The largest number of jobs; {DEFAULT_LIST_LIMIT} by default, all if quiet.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """List jobs, newest first."""
    if limit is None and not quiet:
        limit = DEFAULT_LIST_LIMIT
    page = MAX_PAGE if limit is None else min(limit + 1, MAX_PAGE)  # with one that is not shown
    found = session.client.list_jobs(status=status, target_language=language, limit=page)
    jobs = itertools.islice(found, limit)
    if session.as_json:
        for job in jobs:
            write_json(json_of(job))
    elif quiet:
        for job in jobs:
            typer.echo(job.id)
    elif session.is_interactive:
        print_table(list(jobs))
    else:
        for job in jobs:
            typer.echo("\t".join(cells_of(job)))
    if limit is not None and not quiet and next(found, None):
        more = MAX_PAGE if limit < MAX_PAGE else 10 * limit
        write_line(err, f"These are the newest {limit} of more jobs; --limit {more} shows more.")


@client_command()
def cancel(session: Session, jobs: JobsArgument) -> ExitCode:
    """Cancel jobs that have not ended."""
    code = ExitCode.DONE
    for job in jobs:
        try:
            canceled = session.client.cancel(job)
        except (Conflict, JobNotFound) as error:
            session.write_error(error)
            code = ExitCode.FAILED
        else:
            if session.as_json:
                write_json(json_of(canceled))
            session.write(f"Job {canceled.id} is canceled.")
    return code


@client_command("download JOB -o talk.mp4", "download JOB --kind srt --dialect heygen")
def download(
    session: Session,
    job: JobArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file or folder; JOB.mp4 by default."
        ),
    ] = None,
    kind: Annotated[
        FileKind, typer.Option(help="The video, or of HeyGen's jobs the sound or the captions.")
    ] = "video",
) -> ExitCode | None:
    """Save the translated video of a completed job."""
    path = Path(f"{quote(job, safe='')}.{EXTENSIONS.get(kind, kind)}")
    if output is not None:
        path = output / path if output.is_dir() else output
    return None if files.download(session, job, path, kind) else ExitCode.FAILED
