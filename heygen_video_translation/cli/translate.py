"""The command that people want: from a video to its translations, in one go."""

from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from heygen_video_translation.cli.exit_codes import ExitCode, exit_code_of
from heygen_video_translation.cli.files import download, reason_of, upload
from heygen_video_translation.cli.following import follow_to_results
from heygen_video_translation.cli.formatting import json_of
from heygen_video_translation.cli.options import DEFAULT_TIMEOUT, Timeout
from heygen_video_translation.cli.output import write_error, write_json
from heygen_video_translation.cli.session import Session, client_command
from heygen_video_translation.client import Job, JobNotFound, Status, TranslationClientError
from heygen_video_translation.client.translating import is_web_address, result_name


@client_command(
    "translate talk.mp4 --to French --to German -o out/",
    "translate https://example.com/talk.mp4 --to Japanese --dialect heygen",
)
def translate(
    session: Session,
    video: Annotated[
        str, typer.Argument(metavar="VIDEO", help="A file, or the video's http or https URL.")
    ],
    *,
    to: Annotated[
        list[str],
        typer.Option(
            "--to", "-t", metavar="LANGUAGE", help="A target language; repeat it for more."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", file_okay=False, help="Where to save."),
    ] = Path(),
    title: Annotated[str | None, typer.Option(help="The jobs' title.")] = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> ExitCode:
    """Translate a video: upload it, follow the jobs, and save the results."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        write_error(f"{output} cannot be written: {reason_of(error)}.")
        return ExitCode.FAILED
    is_url = is_web_address(video)
    asset = None if is_url else upload(session, Path(video))
    if not is_url and asset is None:
        return ExitCode.FAILED
    languages = list(dict.fromkeys(to))
    try:
        jobs = session.client.create_jobs(
            target_languages=languages,
            video_url=video if is_url else None,
            asset=asset,
            title=title,
            timeout=timeout,
        )
    except KeyboardInterrupt:
        write_error("Interrupted before the server responded: jobs may have been started.")
        return ExitCode.INTERRUPTED
    # Never lose a job that was paid for, whatever the server responds with.
    names = {job.id: language or job.id for job, language in zip_longest(jobs, languages) if job}
    session.unfinished.update(dict.fromkeys(names))
    session.unsaved.update({each: output / result_name(video, names[each]) for each in names})
    for job in jobs:
        if session.as_json:
            write_json(json_of(job))
        session.write(f"Job {job.id}: {names[job.id]}")
    results = follow_to_results(session, jobs, timeout=timeout, labels=names)
    codes = [exit_code_of(result) for result in results.values()]
    for job_id, result in results.items():
        if isinstance(result, Job) and result.status == Status.COMPLETED:
            codes.append(_save(session, result))
        elif isinstance(result, JobNotFound):
            del session.unsaved[job_id]
    session.write_how_to_save()
    return max(codes)


def _save(session: Session, job: Job) -> ExitCode:
    """Download a result; the others are downloaded even if this one cannot be."""
    try:
        is_saved = download(session, job, session.unsaved[job.id], "video")
    except TranslationClientError as error:
        session.write_error(error)
        return exit_code_of(error)
    if not is_saved:
        return ExitCode.FAILED
    del session.unsaved[job.id]
    return ExitCode.DONE
