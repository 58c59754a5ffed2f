"""The jobs that a client has started and follows, and the state of the handles for them."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Self

from .errors import PollingTimeout
from .jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .steps import JobOutcome

logger = logging.getLogger(__package__)


class StartedJob:
    """A job that its client follows. `job` is the job as last seen."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._outcome: Job | Exception | None = None
        self._callbacks: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.job.status}>"

    @property
    def id(self) -> str:
        """The job's id."""
        return self.job.id

    def done(self) -> bool:
        """Whether the job has ended, or following it has failed."""
        return self._outcome is not None

    def add_done_callback(self, function: Callable[[Self], object]) -> None:
        """Call a function with this handle once it is done; at once if it is.

        It is called where the jobs are followed, so it should return soon. Its errors are logged.
        """
        callback = partial(function, self)
        with self._lock:
            if self._outcome is None:
                self._callbacks.append(callback)
                return
        self._call(callback)

    def note(self, job: Job) -> None:
        """Note what a response shows of the job; a late one does not hide the job's end."""
        with self._lock:
            if not self.job.is_finished:
                self.job = job

    def end(self, outcome: Job | Exception) -> None:
        """Be done with the finished job, or with the error of following it.

        Only the client calls this; only the first call counts.
        """
        with self._lock:
            if self._outcome is not None:
                return
            if isinstance(outcome, Job):
                self.job = outcome
            self._outcome = outcome
            callbacks, self._callbacks = self._callbacks, []
        _call_all([partial(self._call, callback) for callback in callbacks])

    def _call(self, callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception:
            logger.exception("a callback for %s failed", self.job)

    def _ended(self) -> Job:
        """Return the finished job, or raise why there is none."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        if self._outcome is None:
            raise PollingTimeout(f"gave up waiting for {self.job}: it has not ended", job=self.job)
        return self._outcome


class StartedJobs:
    """The started jobs that have not ended. Any thread adds jobs, one follows them."""

    def __init__(self) -> None:
        self._handles: dict[str, list[StartedJob]] = {}
        self._new: list[tuple[Job, float]] = []
        self._is_followed = False
        self._lock = threading.Lock()

    def add(self, handle: StartedJob, *, deadline: float) -> bool:
        """Add a job; return whether the caller must see to it that the jobs are followed.

        `deadline` is the instant on the client's clock at which to give up.
        """
        if handle.job.is_finished:  # its creation was repeated
            handle.end(handle.job)
            return False
        with self._lock:
            if handle.id not in self._handles:
                self._handles[handle.id] = []
                self._new.append((handle.job, deadline))
            self._handles[handle.id].append(handle)
            was_followed, self._is_followed = self._is_followed, True
        return not was_followed

    def has_new(self) -> bool:
        return bool(self._new)

    def take_new(self) -> Sequence[tuple[Job, float]]:
        """Return the jobs that were added since the last call, and their deadlines."""
        with self._lock:
            new, self._new = self._new, []
        return new

    def note(self, job: Job) -> None:
        """Note what a response shows of a job."""
        for handle in self._handles.get(job.id, ()):
            handle.note(job)

    def end(self, job_id: str, outcome: JobOutcome) -> None:
        """Be done with a job, because it has ended or following it has failed."""
        with self._lock:
            handles = self._handles.pop(job_id, [])
        _call_all([partial(handle.end, outcome) for handle in handles])

    def end_following(self) -> bool:
        """Return whether there is nothing left to follow; then the next `add` starts anew."""
        with self._lock:
            self._is_followed = bool(self._handles)
        return not self._is_followed

    def fail(self, error: Exception, *, is_followed: bool = False) -> None:
        """End all jobs with the error for which they cannot be followed.

        `is_followed` says whether the caller follows the jobs that start from now on, such as those
        that callbacks start; otherwise the next `add` starts anew.
        """
        with self._lock:
            handles = [handle for same in self._handles.values() for handle in same]
            self._handles.clear()
            self._new.clear()
            self._is_followed = is_followed
        _call_all([partial(handle.end, error) for handle in handles])


def _call_all(functions: Sequence[Callable[[], object]]) -> None:
    """Call functions in order, all of them, even if one raises an error such as `SystemExit`."""
    with ExitStack() as calls:
        for function in reversed(functions):
            calls.callback(function)
