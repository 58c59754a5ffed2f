"""Follow jobs to their ends and show their progress."""

from collections.abc import Mapping, Sequence

from heygen_video_translation.cli.exit_codes import ExitCode, exit_code_of
from heygen_video_translation.cli.formatting import status_text
from heygen_video_translation.cli.output import out, style_of
from heygen_video_translation.cli.progress import NO_LABELS, Progress
from heygen_video_translation.cli.session import Session
from heygen_video_translation.client import Job, JobNotFound, JobOutcome, Status


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
    results = follow_to_results(session, jobs, timeout=timeout, explain=explain, quiet=quiet)
    match list(results.values()):
        case [Job(status=Status.COMPLETED) as job] if session.is_interactive and not quiet:
            session.write(f"Job {job.id} {status_text(job)}. To download it:")
            session.suggest(out, "download", job.id)
    return max(map(exit_code_of, results.values()), default=ExitCode.DONE)


def follow_to_results(
    session: Session,
    jobs: Sequence[Job | str],
    *,
    timeout: float,
    explain: bool = False,
    quiet: bool = False,
    labels: Mapping[str, str] = NO_LABELS,
) -> Mapping[str, JobOutcome]:
    """Do as `follow` does, and return how waiting for each job ended, by id.

    `labels` are the names of bars by id.
    """
    session.unfinished.update({job if isinstance(job, str) else job.id: None for job in jobs})
    progress = Progress() if quiet else session.progress(jobs, explain=explain, labels=labels)

    def update(job: Job) -> None:
        progress.update(job)
        if job.is_finished:
            session.unfinished.pop(job.id, None)
        if job.status == Status.ERROR:
            session.unsaved.pop(job.id, None)

    with progress:
        results = session.client.wait_for_all(
            jobs, on_update=update, timeout=timeout, return_exceptions=True
        )
    if session.is_interactive and not quiet:  # the bars have no room for errors
        for job in results.values():
            if isinstance(job, Job) and job.status == Status.ERROR:
                session.write(f"Job {job.id} {status_text(job)}", style=style_of(job))
    session.write_errors(
        {job_id: error for job_id, error in results.items() if not isinstance(error, Job)}
    )
    for job_id, result in results.items():
        if isinstance(result, Job | JobNotFound):
            session.unfinished.pop(job_id, None)
    session.write_how_to_resume()
    return results
