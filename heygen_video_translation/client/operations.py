"""The operations on jobs other than waiting for them: create, read, list, cancel, delete."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from .errors import UnexpectedResponse
from .jobs import Job
from .responses import observe
from .steps import ShowJob
from .targets import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .dialects.base import Dialect, JobPage
    from .downloads import PartFile
    from .messages import Request, Response
    from .retries import Sender
    from .steps import JobTarget, Steps
    from .waits import Waits

logger = logging.getLogger(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """The operations on the jobs of one server."""

    sender: Sender
    dialect: Dialect
    waits: Waits

    def create(
        self,
        *,
        video_url: str | None,
        title: str | None,
        target_language: str | None,
        simulation: Mapping[str, object] | None,
        idempotency_key: str | None,
    ) -> Steps[Job]:
        """Create a job and return it. Arguments that are `None` are not sent.

        Without an idempotency key the request gets a random one.
        """
        fields = {
            "video_url": video_url,
            "title": title,
            "target_language": target_language,
            "simulation": simulation,
        }
        request = self.dialect.create_job(
            {name: value for name, value in fields.items() if value is not None},
            idempotency_key=str(uuid4()) if idempotency_key is None else idempotency_key,
        )

        def read(response: Response) -> Job:
            job = self.dialect.read_job(response)
            return observe(job, response, dialect=self.dialect, is_creation=True)

        job = yield from self.sender.send(request, read)
        logger.info("created %s", job)
        return job

    def get(self, target: JobTarget) -> Steps[Job]:
        return (yield from self._send_for_job(self.dialect.get_job(id_of(target)), target))

    def get_newest(self) -> Steps[Job]:
        return (yield from self._send_for_job(self.dialect.get_newest_job(), None))

    def cancel(self, target: JobTarget) -> Steps[Job]:
        """Cancel a job and return it; waits for it end without another poll."""
        job = yield from self._send_for_job(self.dialect.cancel_job(id_of(target)), target)
        if job.is_finished:
            self.waits.report(job)
        return job

    def delete(self, target: JobTarget) -> Steps[None]:
        yield from self.sender.send(self.dialect.delete_job(id_of(target)), lambda _: None)

    def list_jobs(
        self,
        *,
        status: str | None,
        target_language: str | None,
        limit: int | None,
        cursor: str | None,
    ) -> Steps[None]:
        """Show every job of a list, page by page. Arguments that are `None` are not sent."""
        filters = {
            "status": status,
            "target_language": target_language,
            "limit": limit,
            "cursor": cursor,
        }
        request = self.dialect.list_jobs(
            {name: value for name, value in filters.items() if value is not None}
        )
        visited = set()
        while True:
            visited.add(request.url)
            page = yield from self.sender.send(request, self._read_page)
            for job in page.jobs:
                yield ShowJob(job=job)
            if page.next_url is None:
                return
            request = self.dialect.next_page(page.next_url)
            if request.url in visited:
                raise UnexpectedResponse(
                    f"the list of jobs goes in circles: {page.next_url} was read before"
                )

    def download(self, target: JobTarget, file: PartFile) -> Steps[None]:
        """Write a job's result to a file."""
        request = replace(self.dialect.download_result(id_of(target)), into=file)
        job = target if isinstance(target, Job) else None
        yield from self.sender.send(request, lambda _: None, job=job)

    def _send_for_job(self, request: Request, target: JobTarget | None) -> Steps[Job]:
        previous = target.observation if isinstance(target, Job) else None

        def read(response: Response) -> Job:
            job = self.dialect.read_job(response)
            return observe(job, response, dialect=self.dialect, previous=previous)

        return (yield from self.sender.send(request, read))

    def _read_page(self, response: Response) -> JobPage:
        page = self.dialect.read_page(response)
        jobs = [observe(job, response, dialect=self.dialect) for job in page.jobs]
        return replace(page, jobs=jobs)
