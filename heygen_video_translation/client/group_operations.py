"""The operations on batches and proofreads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import PollingTimeout, UnexpectedResponse
from .groups import Batch, Proofread
from .messages import new_key
from .responses import observe
from .schedule import Knowledge, decide
from .steps import Sleep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .creation import GenerationOptions, TranslationRequest
    from .dialects.base import BatchPage, Dialect
    from .downloads import PartFile
    from .file_operations import FileOperations
    from .jobs import Job
    from .messages import Response
    from .retries import Sender
    from .steps import Steps
    from .waits import Wait, Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOperations:
    """The operations on the batches of one server."""

    sender: Sender
    dialect: Dialect
    waits: Waits

    def create(
        self, items: Sequence[TranslationRequest], *, title: str | None, deadline: float
    ) -> Steps[Batch]:
        """Create a batch and return it with its jobs."""
        request = self.dialect.create_batch(items, title=title, idempotency_key=new_key())
        batch_id = yield from self.sender.create(
            request, self.dialect.read_batch_id, deadline=deadline
        )
        return (yield from self.get(batch_id))

    def get(self, target: Batch | str) -> Steps[Batch]:
        """Return a batch with all of its jobs, which may be on several pages."""
        batch_id = target if isinstance(target, str) else target.id
        request = self.dialect.get_batch(batch_id)
        page = yield from self.sender.send(request, self._read)
        batch, visited = page.batch, {request.url}
        while page.next is not None:
            request = self.dialect.next_page(request, page.next)
            if request.url in visited:
                raise UnexpectedResponse(f"the list of jobs of batch {batch_id} goes in circles")
            visited.add(request.url)
            page = yield from self.sender.send(request, self._read)
            batch = replace(page.batch, jobs=(*batch.jobs, *page.batch.jobs))
        self.waits.add_batch(batch.id, [job.id for job in batch.jobs])
        return batch

    def _read(self, response: Response) -> BatchPage:
        page = self.dialect.read_batch(response)
        jobs = [observe(job, response, dialect=self.dialect) for job in page.batch.jobs]
        return replace(page, batch=replace(page.batch, jobs=tuple(jobs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofreadOperations:
    """The operations on the proofreads of one server; intervals are in seconds."""

    sender: Sender
    dialect: Dialect
    files: FileOperations
    waits: Waits

    def create(self, wanted: TranslationRequest, *, deadline: float) -> Steps[list[Proofread]]:
        """Create a proofread for each language and return them in this order."""
        request = self.dialect.create_proofreads(wanted, idempotency_key=new_key())

        def read(response: Response) -> list[Proofread]:
            return list(self.dialect.read_proofreads(response, wanted))

        return (yield from self.sender.create(request, read, deadline=deadline))

    def get(self, target: Proofread | str) -> Steps[Proofread]:
        request = self.dialect.get_proofread(_id_of(target))
        return (yield from self.sender.send(request, self.dialect.read_proofread))

    def wait(self, target: Proofread | str, *, deadline: float) -> Steps[Proofread]:
        """Poll a proofread until it has ended, at intervals that grow with its age."""
        with self.waits.add([_id_of(target)]) as wait:
            return (yield from self._wait(target, wait, deadline=deadline))

    def _wait(self, target: Proofread | str, wait: Wait, *, deadline: float) -> Steps[Proofread]:
        request = self.dialect.get_proofread(_id_of(target))

        def read(response: Response) -> tuple[Proofread, float]:
            return self.dialect.read_proofread(response), response.ended_at

        began_at: float | None = None
        while True:
            proofread, now = yield from self.sender.send(request, read, deadline=deadline)
            began_at = now if began_at is None else began_at
            if proofread.is_finished:
                return proofread
            decision = decide(
                Knowledge(elapsed=now - began_at, time_left=max(deadline - now, 0.0)),
                min_interval=self.sender.min_interval,
                max_interval=self.sender.max_interval,
            )
            if decision.gives_up:
                raise PollingTimeout(
                    f"gave up waiting for proofread {proofread.id}: {decision.reason}"
                )
            yield Sleep(seconds=decision.seconds, is_over=lambda: bool(wait.notified))
            wait.take_notified()

    def download_captions(
        self, target: Proofread | str, file: PartFile, *, is_original: bool
    ) -> Steps[None]:
        """Write the captions of a completed proofread to `file`, as SRT."""

        def read(response: Response) -> str:
            return self.dialect.read_captions_url(response, is_original=is_original)

        url = yield from self.sender.send(self.dialect.find_captions(_id_of(target)), read)
        yield from self.files.save(url, file)

    def replace_captions(self, target: Proofread | str, content: bytes) -> Steps[Proofread]:
        request = self.dialect.replace_captions(_id_of(target), content, idempotency_key=new_key())
        return (yield from self.sender.send(request, self.dialect.read_proofread))

    def generate(
        self, target: Proofread | str, options: GenerationOptions | None, *, deadline: float
    ) -> Steps[Job]:
        """Start the translation of a completed proofread and return its job."""
        proofread = target if isinstance(target, Proofread) else None
        request = self.dialect.generate_job(_id_of(target), options, idempotency_key=new_key())

        def read(response: Response) -> Job:
            job = self.dialect.read_generated(response, proofread)
            return observe(job, response, dialect=self.dialect, is_creation=True)

        return (yield from self.sender.create(request, read, deadline=deadline))


def _id_of(target: Proofread | str) -> str:
    return target if isinstance(target, str) else target.id
