"""Follow jobs to their ends and show their progress."""

from collections.abc import Sequence

from heygen_video_translation.cli.exit_codes import ExitCode, exit_code_of
from heygen_video_translation.cli.formatting import status_text
from heygen_video_translation.cli.output import out, style_of
from heygen_video_translation.cli.progress import Progress
from heygen_video_translation.cli.session import Session
from heygen_video_translation.client import Job, JobNotFound, Status


def follow(
    session: Session,
    jobs: Sequence[Job | str],
    *,
    timeout: float,
    explain: bool = False,
    quiet: bool = False,
) -> ExitCode:
    """Follow jobs until they end, show every response, and return the exit code.

    If waiting ends early, the jobs go on, and a message says how to follow them again.
    """
    session.unfinished.update({job if isinstance(job, str) else job.id: None for job in jobs})
    progress = Progress() if quiet else session.progress(jobs, explain=explain)

    def update(job: Job) -> None:
        progress.update(job)
        if job.is_finished:
            session.unfinished.pop(job.id, None)

    with progress:
        results = session.client.wait_for_all(
            jobs, on_update=update, timeout=timeout, return_exceptions=True
        )
    if session.is_interactive and not quiet:
        _write_results(session, [job for job in results.values() if isinstance(job, Job)])
    session.write_errors(
        {job_id: error for job_id, error in results.items() if not isinstance(error, Job)}
    )
    for job_id, result in results.items():
        if isinstance(result, Job | JobNotFound):
            session.unfinished.pop(job_id, None)
    session.write_how_to_resume()
    return max(map(exit_code_of, results.values()), default=ExitCode.DONE)


def _write_results(session: Session, jobs: Sequence[Job]) -> None:
    """Write what does not fit beside the bars: errors, and how to download a single job."""
    for job in jobs:
        if job.status == Status.ERROR:
            session.write(f"Job {job.id} {status_text(job)}", style=style_of(job))
        elif len(jobs) == 1:
            session.write(f"Job {job.id} {status_text(job)}. To download it:")
            session.suggest(out, "download", job.id)
