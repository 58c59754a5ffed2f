"""The command that people want: from a video to its translations, in one go."""

from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from heygen_video_translation.cli.exit_codes import ExitCode, exit_code_of
from heygen_video_translation.cli.files import download, upload
from heygen_video_translation.cli.following import follow_to_results
from heygen_video_translation.cli.formatting import json_of
from heygen_video_translation.cli.options import DEFAULT_TIMEOUT, Timeout
from heygen_video_translation.cli.output import write_error, write_json
from heygen_video_translation.cli.session import Session, client_command
from heygen_video_translation.client import Job, Status, TranslationClientError
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
    names = {job.id: language for job, language in zip_longest(jobs, languages) if job}
    for job in jobs:
        if session.as_json:
            write_json(json_of(job))
        session.write(f"Job {job.id}: {names[job.id]}")
    results = follow_to_results(session, jobs, timeout=timeout, labels=names)
    codes = [exit_code_of(result) for result in results.values()]
    for job_id, result in results.items():
        if isinstance(result, Job) and result.status == Status.COMPLETED:
            path = output / result_name(video, names[job_id])
            codes.append(_save(session, result, path))
    return max(codes)


def _save(session: Session, job: Job, path: Path) -> ExitCode:
    """Download a result; the others are downloaded even if this one cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_saved = download(session, job, path, "video")
    except TranslationClientError as error:
        session.write_error(error)
        return exit_code_of(error)
    except OSError as error:
        write_error(f"{path} cannot be written: {error.strerror or error}.")
        return ExitCode.FAILED
    return ExitCode.DONE if is_saved else ExitCode.FAILED
