"""What the client needs to know of an HTTP interface in order to use it."""

# ruff: noqa: TID252  # relative imports, so that the folder can be copied under another name
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from ..errors import (
    AuthenticationFailed,
    Conflict,
    FileTooLarge,
    InsufficientCredit,
    InvalidRequest,
    JobNotFound,
    NotSupported,
    RateLimited,
    ServerUnavailable,
    UnexpectedResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..creation import Asset, GenerationOptions, TranslationRequest
    from ..groups import Batch, Proofread
    from ..jobs import Job, TranslationClientError
    from ..messages import Request, Response

FileKind: TypeAlias = Literal["video", "audio", "srt", "vtt"]
"""The files of a completed job: its video, its sound, and its captions in two formats."""

IDEMPOTENCY_KEY = "Idempotency-Key"

ERRORS: Mapping[int, type[TranslationClientError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    402: InsufficientCredit,
    403: AuthenticationFailed,
    404: JobNotFound,
    408: ServerUnavailable,
    409: Conflict,
    413: FileTooLarge,
    422: InvalidRequest,
    425: ServerUnavailable,
    429: RateLimited,
}
"""The errors that statuses below 500 stand for."""

RETRYABLE = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Statuses below 500 that a retry may mend."""


def error_of_status(status: int) -> type[TranslationClientError]:
    """Return the error that a status without success stands for."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerUnavailable
    return ERRORS.get(status, UnexpectedResponse)


def is_retryable_status(status: int) -> bool:
    return status in RETRYABLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of a list of jobs. `next` leads to the next page; the dialect knows how."""

    jobs: Sequence[Job]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsById:
    """The jobs in a response to a request for several ids, by id.

    `not_found` are ids of jobs that do not exist. An id in neither had no readable job.
    """

    jobs: Mapping[str, Job]
    not_found: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A batch with one page of its jobs."""

    batch: Batch
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(ABC):
    """Makes the requests and reads the responses of one HTTP interface, without any I/O.

    Methods that take an id raise `JobNotFound` for one that cannot be an id. Methods that read a
    body raise `UnreadableResponse`. Requests that an interface does not have raise `NotSupported`,
    which is the default of all that are not abstract.
    """

    title: ClassVar[str]
    """The name of the interface in messages."""

    max_batch: ClassVar[int] = 1
    """Most ids in one request; 1 if the interface has no requests for several ids."""

    max_upload: ClassVar[int] = 32 * 2**20
    """Most bytes of an uploaded file."""

    has_long_polls: ClassVar[bool] = False

    waits_for_room: ClassVar[bool] = False
    """Whether a creation that is refused because too many jobs run is sent again later."""

    marks_replays: ClassVar[bool] = False
    """Whether responses say that they repeat those to earlier requests with the same key."""

    published_durations: ClassVar[tuple[float, float] | None] = None
    """What is published about how long jobs take: the 10 % and the 90 % point, in seconds."""

    base_url: str
    api_key: str | None = None

    def not_supported(self, operation: str) -> NotSupported:
        return NotSupported(f"{self.title} cannot {operation}")

    @abstractmethod
    def create_jobs(self, wanted: TranslationRequest, *, idempotency_key: str) -> Sequence[Request]:
        """Return the requests that together create a job for each language."""

    @abstractmethod
    def get_job(self, job_id: str, *, long_poll: int = 0) -> Request: ...

    def get_newest_job(self) -> Request:
        raise self.not_supported("find the newest job")

    def get_jobs(self, job_ids: Sequence[str]) -> Request:
        raise self.not_supported("get several jobs at once")

    def list_jobs(self, filters: Mapping[str, str], *, start: str | None) -> Request:
        """Return the request for a page of jobs; `start` is the `next` of another page."""
        raise self.not_supported("list jobs")

    def next_page(self, request: Request, start: str) -> Request:
        """Return the request for the page after the one that `request` was for."""
        raise self.not_supported("list jobs")

    def cancel_job(self, job_id: str) -> Request:
        raise self.not_supported("cancel a job")

    def rename_job(self, job_id: str, title: str) -> Request:
        raise self.not_supported("rename a job")

    def delete_job(self, job_id: str) -> Request:
        raise self.not_supported("delete a job")

    @abstractmethod
    def without_credentials(self, request: Request) -> Request: ...

    def without_long_poll(self, request: Request) -> Request:
        return request

    @abstractmethod
    def read_created(self, response: Response, wanted: TranslationRequest) -> Sequence[Job]: ...

    @abstractmethod
    def read_job(self, response: Response) -> Job: ...

    def read_newest(self, response: Response) -> Job:
        return self.read_job(response)

    def read_jobs(self, response: Response) -> JobsById:
        raise NotImplementedError

    def read_page(self, response: Response) -> JobPage:
        raise NotImplementedError

    def lacks_result(self, job: Job) -> bool:
        """Whether a job is completed, but the response did not have the result's address yet."""
        return False

    def is_replay(self, response: Response) -> bool:
        """Whether the response repeats that to an earlier request with the same idempotency key."""
        return False

    def applied_wait(self, response: Response) -> float | None:
        """Return for how many seconds the server agreed to wait; `None` without long polls."""
        return None

    def unmasked(self, response: Response) -> Response:
        """Return the response with the status that it stands for."""
        return response

    @abstractmethod
    def is_retryable(self, response: Response) -> bool:
        """Whether the request of a response without success may succeed later."""

    @abstractmethod
    def error_type(self, response: Response) -> type[TranslationClientError]:
        """Return the error that a response without success stands for."""

    @abstractmethod
    def error_detail(self, response: Response) -> str:
        """Return what a response says went wrong, or an empty text."""

    def upload(self, content: bytes, *, name: str, idempotency_key: str) -> Request:
        raise self.not_supported("upload a file")

    def read_asset(self, response: Response) -> Asset:
        raise NotImplementedError

    def get_file(self, job_id: str, kind: FileKind) -> Request | None:
        """Return the request for a file, or `None` if its address must be found first."""
        return None

    def find_file(self, job_id: str, kind: FileKind) -> Request:
        """Return the request whose response has the address of a file."""
        raise self.not_supported(f"download the {kind} of a job")

    def read_file_url(self, response: Response, kind: FileKind) -> str | None:
        """Return the address of a file, `None` if it is not there yet.

        Raises `Conflict` if there is not going to be one, or the job has not ended.
        """
        raise NotImplementedError

    def create_batch(
        self, items: Sequence[TranslationRequest], *, title: str | None, idempotency_key: str
    ) -> Request:
        raise self.not_supported("create a batch")

    def get_batch(self, batch_id: str) -> Request:
        raise self.not_supported("get a batch")

    def read_batch_id(self, response: Response) -> str:
        raise NotImplementedError

    def read_batch(self, response: Response) -> BatchPage:
        raise NotImplementedError

    def create_proofreads(self, wanted: TranslationRequest, *, idempotency_key: str) -> Request:
        raise self.not_supported("create a proofread")

    def get_proofread(self, proofread_id: str) -> Request:
        raise self.not_supported("get a proofread")

    def find_captions(self, proofread_id: str) -> Request:
        """Return the request whose response has the addresses of a proofread's captions."""
        raise self.not_supported("get the captions of a proofread")

    def replace_captions(
        self, proofread_id: str, content: bytes, *, idempotency_key: str
    ) -> Request:
        raise self.not_supported("replace the captions of a proofread")

    def generate_job(
        self, proofread_id: str, options: GenerationOptions | None, *, idempotency_key: str
    ) -> Request:
        raise self.not_supported("translate from a proofread")

    def read_proofreads(
        self, response: Response, wanted: TranslationRequest
    ) -> Sequence[Proofread]:
        raise NotImplementedError

    def read_proofread(self, response: Response) -> Proofread:
        raise NotImplementedError

    def read_captions_url(self, response: Response, *, is_original: bool) -> str:
        raise NotImplementedError

    def read_generated(self, response: Response, proofread: Proofread | None) -> Job:
        raise NotImplementedError


def without_headers(request: Request, *names: str) -> Request:
    headers = {name: value for name, value in request.headers.items() if name not in names}
    return replace(request, headers=headers)
