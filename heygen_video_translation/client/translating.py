"""From a video to its translations: upload, create, follow, download."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from .creation import TranslationRequest
from .downloads import PartFile
from .errors import UnexpectedResponse, count_causes, wait_error
from .jobs import Job, TranslationClientError
from .steps import Sleep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .creation import HeygenOptions
    from .file_operations import FileOperations
    from .following_many import GroupFollower
    from .operations import Operations
    from .steps import JobOutcome, Steps

Languages: TypeAlias = str | list[str] | tuple[str, ...]
"""One target language, or several."""

UNSAFE = re.compile(r"[^\w ().,+-]")
"""What a language's name in a file name may not have."""

PLACEHOLDER = "{language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translator:
    """Translates videos with one server."""

    operations: Operations
    files: FileOperations
    follower: GroupFollower

    def translate(
        self,
        wanted: TranslationRequest,
        *,
        content: bytes | None,
        name: str,
        idempotency_key: str | None,
        paths: Sequence[Path | None],
        deadline: float,
    ) -> Steps[list[Job]]:
        """Return the completed jobs, in the order of the languages.

        Arguments:
            wanted: the request.
            content: a video to upload, which has a `name`, or `None`.
            name: the name of the uploaded file.
            idempotency_key: the key of the upload and of the creation; random keys if `None`.
            paths: where to save the translations, in the order of the languages.
            deadline: instant on the client's clock at which to give up, unless all jobs have ended.

        Raises the error of a single translation, or `WaitFailed` with those of several.

        """
        if content is not None:
            asset = yield from self.files.upload(
                content, name=name, idempotency_key=idempotency_key
            )
            wanted = replace(wanted, asset=asset)
        jobs = yield from self.operations.create(
            wanted, idempotency_key=idempotency_key, deadline=deadline
        )
        if len(jobs) != len(paths):
            ids = ", ".join(job.id for job in jobs)
            raise UnexpectedResponse(f"the server created {len(jobs)} of {len(paths)} jobs: {ids}")
        now = yield Sleep(seconds=0.0)
        outcomes = yield from self.follower.follow(jobs, deadline=deadline, now=now)
        for job, path in zip(jobs, paths, strict=True):
            outcomes[job.id] = yield from self._saved(outcomes[job.id], path)
        return _completed(jobs, outcomes)

    def _saved(self, outcome: JobOutcome, path: Path | None) -> Steps[JobOutcome]:
        """Return a completed job whose video has been saved, or why there is none."""
        if not isinstance(outcome, Job):
            return outcome
        try:
            outcome.raise_for_error()
            if path is not None:
                with PartFile(path, None) as file:
                    yield from self.files.download(outcome, file, kind="video")
        except TranslationClientError as error:
            return error
        except OSError as error:  # such as a full disk; the other translations may be elsewhere
            unsaved = TranslationClientError(
                f"job {outcome.id} has completed, but {path} cannot be saved:"
                f" {error.strerror or error}",
                job=outcome,
            )
            unsaved.__cause__ = error
            return unsaved
        return outcome


def request_of(
    path: str | Path | None,
    *,
    video_url: str | None,
    to: Languages,
    title: str | None,
    simulation: Mapping[str, object] | None,
    options: HeygenOptions | None,
    video_duration: float | None,
) -> TranslationRequest:
    """Return the request for a file that is uploaded first, or for a video at an address."""
    if (path is None) == (video_url is None):
        raise ValueError("give the path of a video or its video_url, and not both")
    languages = (to,) if isinstance(to, str) else tuple(to)
    if not languages or len(set(languages)) < len(languages):
        raise ValueError(f"`to` must be one or more different languages, not {to!r}")
    return TranslationRequest(
        video_url=video_url,
        target_languages=languages,
        title=title,
        simulation=simulation,
        options=options,
        video_duration=video_duration,
    )


def paths_of(save_as: str | Path | None, languages: Sequence[str]) -> list[Path | None]:
    """Return where to save the translation into each language, in folders that exist."""
    if save_as is None:
        return [None] * len(languages)
    if len(languages) > 1 and PLACEHOLDER not in str(save_as):
        raise ValueError(f"save_as must contain {PLACEHOLDER} for several languages")
    paths = [Path(str(save_as).replace(PLACEHOLDER, in_file_name(each))) for each in languages]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    return [*paths]


def is_web_address(video: str) -> bool:
    """Whether a video is at a public address, rather than in a file."""
    return urlsplit(video).scheme in ("http", "https")


def result_name(video: str, language: str) -> str:
    """Return a name for the translation of a file or an address, such as `talk.French.mp4`."""
    path = unquote(urlsplit(video).path) if is_web_address(video) else Path(video).name
    stem = PurePosixPath(path).stem or "video"
    return f"{in_file_name(stem)}.{in_file_name(language)}.mp4"


def in_file_name(text: str) -> str:
    """Return a text without the characters that a file's name may not have."""
    return UNSAFE.sub("_", text)


def _completed(jobs: Sequence[Job], outcomes: Mapping[str, JobOutcome]) -> list[Job]:
    """Return the completed jobs, or raise why there are none."""
    completed = [job for each in jobs if isinstance(job := outcomes[each.id], Job)]
    errors = {
        each.target_language or each.id: error
        for each in jobs
        if not isinstance(error := outcomes[each.id], Job)
    }
    if len(jobs) == 1:
        for error in errors.values():
            raise error
    if errors:
        failed = list(errors.values())
        raise wait_error(
            f"{len(errors)} of {len(jobs)} translations failed ({count_causes(failed)}):"
            f" {', '.join(errors)}",
            failed,
            jobs={job.id: job for job in completed},
        )
    return completed
