"""Uploading and downloading files, with bars on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from heygen_video_translation.cli.formatting import printable
from heygen_video_translation.cli.output import err, write_error, write_json
from heygen_video_translation.cli.session import Session
from heygen_video_translation.client import Asset, FileKind, Job, JobTarget


def upload(session: Session, path: Path) -> Asset | None:
    """Upload a file; write an error and return None if it cannot be read."""
    name = printable(path.name)
    try:
        with _progress(session, TextColumn(f"Uploading {name}"), BarColumn()) as bar:
            bar.add_task("", total=None)
            asset = session.client.upload(path)
    except OSError as error:
        write_error(f"{path} cannot be read: {reason_of(error)}.")
        return None
    session.write(f"Uploaded {name}, {decimal(path.stat().st_size)}.")
    return asset


def download(session: Session, job: JobTarget, path: Path, kind: FileKind) -> bool:
    """Download a file of a job; write an error and return False if it cannot be written."""
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with _progress(session, *columns) as bar:
            task = bar.add_task("", total=None)
            session.client.download(
                job,
                path,
                on_progress=lambda done, total: bar.update(task, completed=done, total=total),
                kind=kind,
            )
    except OSError as error:
        write_error(f"{path} cannot be written: {reason_of(error)}.")
        return False
    size = path.stat().st_size
    if session.as_json:
        write_json(
            {"id": job.id if isinstance(job, Job) else job, "path": str(path), "bytes": size}
        )
    session.write(f"Saved {path}, {decimal(size)}.")
    return True


@contextmanager
def _progress(session: Session, *columns: ProgressColumn) -> Iterator[Progress]:
    is_hidden = not session.is_interactive
    with Progress(*columns, console=err, transient=True, disable=is_hidden) as progress:
        yield progress


def reason_of(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
