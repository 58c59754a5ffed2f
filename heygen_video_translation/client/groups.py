"""Batches of translations, and proofreads, as one response showed them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .jobs import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .jobs import Job, JobError


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Several translations that were created together.

    `status` is final once all jobs have ended; it is `error` if none of them completed. `counts`
    has the number of jobs by the server's words for statuses.
    """

    id: str
    status: str
    title: str = ""
    created_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()

    @property
    def is_finished(self) -> bool:
        return self.status in (Status.COMPLETED, Status.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofread:
    """A translation whose captions can be corrected before its video is made.

    Once it is `completed`, its captions can be downloaded and replaced. `error` says why a
    proofread failed.
    """

    id: str
    status: str
    title: str = ""
    target_language: str | None = None
    created_at: datetime | None = None
    error: JobError | None = None

    @property
    def is_finished(self) -> bool:
        return self.status in (Status.COMPLETED, Status.ERROR)
