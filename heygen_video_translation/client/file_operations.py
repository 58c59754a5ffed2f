"""Uploading a file, and downloading the files of completed jobs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    JobNotFound,
    UnexpectedResponse,
)
from .jobs import Job
from .messages import Request, new_key
from .schedule import RESULT_PATIENCE, sleep_until_result
from .steps import Sleep
from .targets import id_of

if TYPE_CHECKING:
    from .creation import Asset
    from .dialects.base import Dialect, FileKind
    from .downloads import PartFile
    from .messages import Response
    from .retries import Sender
    from .steps import JobTarget, Steps

logger = logging.getLogger(__package__)

REFUSALS = (AuthenticationFailed, InvalidRequest, JobNotFound, UnexpectedResponse)
"""What the server of a signed address responds once that has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOperations:
    """The operations on the files of one server."""

    sender: Sender
    dialect: Dialect

    def upload(
        self, content: bytes, *, name: str, idempotency_key: str | None = None
    ) -> Steps[Asset]:
        key = new_key() if idempotency_key is None else idempotency_key
        request = self.dialect.upload(content, name=name, idempotency_key=key)
        return (yield from self.sender.send(request, self.dialect.read_asset))

    def download(self, target: JobTarget, file: PartFile, *, kind: FileKind) -> Steps[None]:
        """Write a file of a job to `file`.

        If its address has run out, it is requested anew; one that is not there yet is waited for.
        """
        job_id, job = id_of(target), target if isinstance(target, Job) else None
        request = self.dialect.get_file(job_id, kind)
        if request is not None:
            yield from self._save(request, file, job=job)
            return
        if job is not None and job.result_url is not None and kind == "video":
            try:
                yield from self._save(_signed(job.result_url), file, job=job)
            except REFUSALS as refusal:
                logger.info("%s; requesting another address", refusal)
            else:
                return
        url = yield from self._find(job_id, kind, job=job)
        yield from self.save(url, file, job=job)

    def save(self, url: str, file: PartFile, *, job: Job | None = None) -> Steps[None]:
        """Write what is at a new signed address to `file`."""
        try:
            yield from self._save(_signed(url), file, job=job)
        except REFUSALS as refusal:
            raise UnexpectedResponse(
                f"the file cannot be downloaded: {refusal}",
                job=job,
                status=refusal.status,
                headers=refusal.headers,
            ) from refusal

    def _save(self, request: Request, file: PartFile, *, job: Job | None) -> Steps[None]:
        yield from self.sender.send(replace(request, into=file), lambda _: None, job=job)

    def _find(self, job_id: str, kind: FileKind, *, job: Job | None) -> Steps[str]:
        """Return a new address of a file of a job; wait for it if the job has just completed."""
        request = self.dialect.find_file(job_id, kind)

        def read(response: Response) -> tuple[str | None, float]:
            return self.dialect.read_file_url(response, kind), response.ended_at

        url, began_at = yield from self.sender.send(request, read, job=job)
        at = began_at
        while url is None and at - began_at < RESULT_PATIENCE:
            yield Sleep(seconds=sleep_until_result(at - began_at))
            url, at = yield from self.sender.send(request, read, job=job)
        if url is None:
            raise Conflict(f"job {job_id} is completed, but there is no {kind}", job=job)
        return url


def _signed(url: str) -> Request:
    """Return the request for a signed address, which gets neither the key nor cookies."""
    return Request(method="GET", url=url, headers={"Accept": "*/*"}, is_foreign=True)
