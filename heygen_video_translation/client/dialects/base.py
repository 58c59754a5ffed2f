"""What the client needs to know of an HTTP interface in order to use it."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..jobs import Job, TranslationClientError
    from ..messages import Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of a list of jobs, and the address of the next page, if there is one."""

    jobs: Sequence[Job]
    next_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBatch:
    """The jobs in a response to a request for several ids, by id.

    `not_found` are ids of jobs that do not exist. An id in neither had no readable job.
    """

    jobs: Mapping[str, Job]
    not_found: frozenset[str]


class Dialect(Protocol):
    """Makes the requests and reads the responses of one HTTP interface, without any I/O.

    Methods that take a job's id raise `JobNotFound` for an id that cannot be one. Methods that read
    a body raise `UnreadableResponse`.
    """

    max_batch: ClassVar[int]
    """Most ids in one request; 1 if the interface has no requests for several ids."""

    def create_job(self, fields: Mapping[str, object], *, idempotency_key: str) -> Request: ...

    def get_job(self, job_id: str, *, long_poll: int = 0) -> Request: ...

    def get_newest_job(self) -> Request: ...

    def get_jobs(self, job_ids: Sequence[str]) -> Request: ...

    def list_jobs(self, filters: Mapping[str, object]) -> Request: ...

    def next_page(self, url: str) -> Request: ...

    def cancel_job(self, job_id: str) -> Request: ...

    def delete_job(self, job_id: str) -> Request: ...

    def download_result(self, job_id: str) -> Request: ...

    def without_long_poll(self, request: Request) -> Request: ...

    def without_credentials(self, request: Request) -> Request: ...

    def read_job(self, response: Response) -> Job: ...

    def read_batch(self, response: Response) -> JobBatch: ...

    def read_page(self, response: Response) -> JobPage: ...

    def error_type(self, response: Response) -> type[TranslationClientError]:
        """Return the error that a refused request stands for."""
        ...

    def error_detail(self, response: Response) -> str:
        """Return what a response says went wrong, or an empty text."""
        ...

    def is_replay(self, response: Response) -> bool:
        """Whether the response repeats that to an earlier request with the same idempotency key."""
        ...

    def applied_wait(self, response: Response) -> float | None:
        """Return for how many seconds the server agreed to wait; `None` without long polls."""
        ...
