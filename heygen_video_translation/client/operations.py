"""The operations on jobs other than waiting for them: create, read, list, change, delete."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import UnexpectedResponse
from .forecasts import with_own_estimate, with_request
from .jobs import Job
from .messages import new_key
from .responses import observe
from .steps import ShowJob
from .targets import id_of

if TYPE_CHECKING:
    from .creation import TranslationRequest
    from .dialects.base import Dialect, JobPage
    from .learning import Learner
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
    learner: Learner

    def create(
        self, wanted: TranslationRequest, *, idempotency_key: str | None, deadline: float
    ) -> Steps[list[Job]]:
        """Create a job for each language and return them in this order.

        Without an idempotency key the requests get a random one. Until the deadline, an instant on
        the client's clock, a creation that is refused because too many jobs run is sent again.
        """
        may_be_replay = idempotency_key is not None and not self.dialect.marks_replays
        key = new_key() if idempotency_key is None else idempotency_key
        requests = self.dialect.create_jobs(wanted, idempotency_key=key)

        def read(response: Response) -> list[Job]:
            jobs = self.dialect.read_created(response, wanted)
            jobs = [with_request(job, wanted) for job in jobs]
            return [
                observe(
                    job,
                    response,
                    dialect=self.dialect,
                    is_creation=True,
                    may_be_replay=may_be_replay,
                )
                for job in jobs
            ]

        created: list[Job] = []
        for request in requests:
            jobs = yield from self.sender.create(request, read, deadline=deadline)
            created += [with_own_estimate(job, self.learner.experience) for job in jobs]
        for job in created:
            logger.info("created %s", job)
        return created

    def get(self, target: JobTarget) -> Steps[Job]:
        return (yield from self._send_for_job(self.dialect.get_job(id_of(target)), target))

    def get_newest(self) -> Steps[Job]:
        def read(response: Response) -> Job:
            return observe(self.dialect.read_newest(response), response, dialect=self.dialect)

        return (yield from self.sender.send(self.dialect.get_newest_job(), read))

    def cancel(self, target: JobTarget) -> Steps[Job]:
        """Cancel a job and return it; waits for it end without another poll."""
        job = yield from self._send_for_job(self.dialect.cancel_job(id_of(target)), target)
        if job.is_finished:
            self.waits.report(job)
        return job

    def rename(self, target: JobTarget, title: str) -> Steps[Job]:
        request = self.dialect.rename_job(id_of(target), title)
        return (yield from self._send_for_job(request, target))

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
        named = {"status": status, "target_language": target_language}
        wanted = {name: value for name, value in named.items() if value is not None}
        size = {} if limit is None else {"limit": str(limit)}
        request = self.dialect.list_jobs(wanted | size, start=cursor)
        visited = set()
        while True:
            visited.add(request.url)
            page = yield from self.sender.send(request, self._read_page)
            for job in page.jobs:
                # Not every server has these filters.
                if all(getattr(job, name) == value for name, value in wanted.items()):
                    yield ShowJob(job=job)
            if page.next is None:
                return
            request = self.dialect.next_page(request, page.next)
            if request.url in visited:
                raise UnexpectedResponse(
                    f"the list of jobs goes in circles: {page.next} was read before"
                )

    def _send_for_job(self, request: Request, target: JobTarget) -> Steps[Job]:
        previous = target if isinstance(target, Job) else None

        def read(response: Response) -> Job:
            job = self.dialect.read_job(response)
            return observe(job, response, dialect=self.dialect, previous=previous)

        job = yield from self.sender.send(request, read)
        return with_own_estimate(job, self.learner.experience)

    def _read_page(self, response: Response) -> JobPage:
        page = self.dialect.read_page(response)
        jobs = [observe(job, response, dialect=self.dialect) for job in page.jobs]
        return replace(page, jobs=jobs)


def only(steps: Steps[list[Job]]) -> Steps[Job]:
    """Return the only job of a creation for one language."""
    jobs = yield from steps
    if len(jobs) != 1:
        raise UnexpectedResponse(f"the server created {len(jobs)} jobs for one language")
    return jobs[0]
