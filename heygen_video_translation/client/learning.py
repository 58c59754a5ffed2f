"""Learning about a server from jobs that were followed to their end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .experience import Lesson, errors_of
from .forecasts import traits_of
from .jobs import Status

if TYPE_CHECKING:
    from .experience import Experience
    from .jobs import Job, Observation
    from .store import Store
    from .tracker import Tracker

CANCELED = "canceled"
"""The error code of canceled jobs."""


class Learner:
    """Holds a client's experience, which all threads that use the client extend.

    With a `store`, it also has that of all clients which share it.
    """

    def __init__(self, experience: Experience, *, store: Store | None = None) -> None:
        self.experience = experience
        self._store = store
        self._lock = threading.Lock()
        if store is not None:
            self._add(store.read())

    def learn(self, tracker: Tracker, job: Job, *, previous: Observation | None) -> None:
        """Add a finished job to the experience, if it says anything about others.

        A canceled job does not, nor one that was never seen pending.

        Arguments:
            tracker: what was seen of the job.
            job: the finished job.
            previous: the last observation of the pending job.

        """
        lesson = _lesson_of(tracker, job, previous=previous)
        if lesson is not None:
            with self._lock:
                self._add([lesson] if self._store is None else self._store.add(lesson))

    def _add(self, lessons: list[Lesson]) -> None:
        experience = self.experience
        for lesson in lessons:
            experience = experience.after(lesson)
        self.experience = experience


def _lesson_of(tracker: Tracker, job: Job, *, previous: Observation | None) -> Lesson | None:
    if job.error is not None and job.error.code == CANCELED:
        return None
    if previous is None or job.observation is None:
        return None
    received_at = job.observation.received_at
    if tracker.completed_at is not None:
        received_at = tracker.completed_at
    created_at = job.observation.job_created_at
    ended_at = (previous.received_at + received_at) / 2.0
    if created_at is not None and job.created_at and job.finished_at:
        ended_at = created_at + (job.finished_at - job.created_at).total_seconds()
    ended_at = min(max(ended_at, previous.received_at), received_at)
    duration = None
    if created_at is not None and job.status == Status.COMPLETED:
        # A failed job says little: many fail at once, because their video cannot be used.
        duration = ended_at - created_at
    errors = errors_of(tracker.estimates, ended_at=ended_at)
    overdue = None if tracker.overdue_since is None else ended_at - tracker.overdue_since
    if duration is None and errors is None and overdue is None:
        return None
    return Lesson(duration=duration, traits=traits_of(job), errors=errors, overdue=overdue)
