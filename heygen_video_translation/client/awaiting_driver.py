"""Performing the client's steps in an event loop; what does the I/O is in the subclasses."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .base_client import CLOSED
from .messages import Request, Response, TransportFailure
from .steps import ShowJob, Sleep

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine

    from .jobs import Job
    from .steps import Step, Steps

T = TypeVar("T")

SLEEP = asyncio.sleep
"""The default sleep, in place of which a driver waits for what may end the sleep early."""


class AwaitingDriver(ABC):
    """Performs steps. Tasks share one instance, so that `close` and `wake_all` reach all."""

    def __init__(
        self, *, sleep: Callable[[float], Awaitable[object]], clock: Callable[[], float]
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def close(self) -> None:
        """End all steps in progress with a `RuntimeError`; close a session of the driver's own."""

    @abstractmethod
    def wake_all(self) -> None:
        """Let sleeping tasks check whether their sleep is over; from any thread."""

    @abstractmethod
    def spawn(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine function, which raises no errors, in a task of its own."""

    @abstractmethod
    async def in_thread(self, function: Callable[[], T]) -> T:
        """Call a function that blocks in another thread."""

    @abstractmethod
    async def wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Wait until the time is over, or `is_over` becomes true; only `wake_all` has it checked.

        Raises `RuntimeError` if the client is closed meanwhile.
        """

    @abstractmethod
    async def _send(self, request: Request) -> Response | TransportFailure:
        """Send a request and read the response, both within the request's timeout."""

    async def run(self, steps: Steps[T], *, on_update: Callable[[Job], object] | None = None) -> T:
        """Perform all steps and return what they return."""
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration as end:
                    return cast("T", end.value)
                if isinstance(step, ShowJob) and on_update is not None:
                    updated = on_update(step.job)
                    if inspect.isawaitable(updated):
                        await updated
                result = await self._perform(step)

    async def iterate(
        self, steps: Steps[Any], *, only_finished: bool = False
    ) -> AsyncGenerator[Job]:
        """Perform all steps and yield the jobs that they show, or those that have ended."""
        with contextlib.closing(steps):
            result: Any = None
            while True:
                try:
                    step = steps.send(result)
                except StopIteration:
                    return
                if isinstance(step, ShowJob) and (step.job.is_finished or not only_finished):
                    yield step.job
                result = await self._perform(step)

    def _spawn_task(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine function in a task of asyncio, which `close` ends."""
        task = asyncio.get_running_loop().create_task(function())
        self._tasks.add(task)  # asyncio itself keeps no strong reference
        task.add_done_callback(self._tasks.discard)

    async def _end_tasks(self) -> None:
        """Cancel the tasks of this event loop, except the current one, and wait for their ends."""
        if not self._tasks:
            return
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        tasks = [each for each in self._tasks if each.get_loop() is loop and each is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _perform(self, step: Step) -> Response | TransportFailure | float:
        if isinstance(step, Request):
            self._check_open()
            return await self._send(step)
        if isinstance(step, Sleep) and step.seconds > 0.0:
            await self._pause(step)
        return self._clock()

    async def _pause(self, step: Sleep) -> None:
        """Sleep until the time is over, or something ends the sleep early."""
        self._check_open()
        if self._sleep is SLEEP:
            await self.wait(step.is_over, step.seconds)
        else:
            if not step.is_over():
                await self._sleep(step.seconds)
            self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(CLOSED)
