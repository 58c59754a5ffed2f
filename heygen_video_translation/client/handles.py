"""Handles for started jobs: a blocking one and one to await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import Conflict
from .started_jobs import StartedJob

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .awaiting_driver import AwaitingDriver
    from .blocking_driver import BlockingDriver
    from .jobs import Job
    from .operations import Operations
    from .steps import Steps, Timeout


class _Handle(StartedJob):
    """What both kinds of handles share."""

    def __init__(
        self,
        job: Job,
        operations: Operations,
        *,
        deadline: Callable[[Timeout], float],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(job)
        self._operations = operations
        self._deadline = deadline
        self._clock = clock

    def _until_done(self, timeout: Timeout) -> tuple[Callable[[], bool], float]:
        """Return what ends a wait, and the seconds after which it ends in any case."""
        deadline = self._deadline(timeout)
        return lambda: self.done() or self._clock() >= deadline, deadline - self._clock()

    def _poll(self) -> Steps[Job]:
        operations = self._operations
        job = yield from operations.get(self.job)
        if operations.dialect.lacks_result(job):
            return job
        self.note(job)
        if job.is_finished:
            operations.waits.report(job)
            self.end(job)
        return job

    def _cancel(self) -> Steps[bool]:
        try:
            job = yield from self._operations.cancel(self.job)
        except Conflict:
            return False
        self.end(job)
        return True


class JobHandle(_Handle):
    """A started job, in the manner of `concurrent.futures.Future`."""

    def __init__(
        self,
        job: Job,
        operations: Operations,
        driver: BlockingDriver,
        *,
        deadline: Callable[[Timeout], float],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(job, operations, deadline=deadline, clock=clock)
        self._driver = driver
        self.add_done_callback(lambda _: driver.wake_all())

    def result(self, timeout: Timeout = ...) -> Job:
        """Wait for the job's end and return the job, whether `completed` or `error`.

        Raises `PollingTimeout` after `timeout` seconds, by default the client's; that of following
        the job, if that has failed; and `RuntimeError` if the client is closed.
        """
        is_over, seconds = self._until_done(timeout)
        if not self.done():
            self._driver.wait(is_over, seconds)
        return self._ended()

    def status(self) -> Job:
        """Return the `Job` as it is now. This is one poll, and none if the job has ended."""
        if self.job.is_finished:
            return self.job
        job = self._driver.run(self._poll())
        self._driver.wake_all()
        return job

    def cancel(self) -> bool:
        """Cancel the job; return whether it is canceled, and not ended otherwise."""
        is_canceled = self._driver.run(self._cancel())
        self._driver.wake_all()
        return is_canceled


class AsyncJobHandle(_Handle):
    """A started job, in the manner of `asyncio.Future`: `await` it for the finished job."""

    def __init__(
        self,
        job: Job,
        operations: Operations,
        driver: AwaitingDriver,
        *,
        deadline: Callable[[Timeout], float],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(job, operations, deadline=deadline, clock=clock)
        self._driver = driver
        self.add_done_callback(lambda _: driver.wake_all())

    def __await__(self) -> Generator[object, None, Job]:
        return self.result().__await__()

    async def result(self, timeout: Timeout = ...) -> Job:  # noqa: ASYNC109  # as `JobHandle`
        """Wait for the job's end; see `JobHandle.result`."""
        is_over, seconds = self._until_done(timeout)
        if not self.done():
            await self._driver.wait(is_over, seconds)
        return self._ended()

    async def status(self) -> Job:
        """Return the `Job` as it is now; see `JobHandle.status`."""
        if self.job.is_finished:
            return self.job
        job = await self._driver.run(self._poll())
        self._driver.wake_all()
        return job

    async def cancel(self) -> bool:
        """Cancel the job; see `JobHandle.cancel`."""
        is_canceled = await self._driver.run(self._cancel())
        self._driver.wake_all()
        return is_canceled
