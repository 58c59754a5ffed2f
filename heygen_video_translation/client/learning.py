"""Learning about a server from jobs that were followed to their end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .experience import Experience
    from .jobs import Job, Observation
    from .tracker import Tracker

CANCELED = "canceled"
"""The error code of canceled jobs."""


class Learner:
    """Holds a client's experience, which all threads that use the client extend."""

    def __init__(self, experience: Experience) -> None:
        self.experience = experience
        self._lock = threading.Lock()

    def learn(self, tracker: Tracker, job: Job, *, previous: Observation | None) -> None:
        """Add a finished job to the experience, unless it was canceled or never seen pending.

        Arguments:
            tracker: what was seen of the job.
            job: the finished job.
            previous: the last observation of the pending job.

        """
        if job.error is not None and job.error.code == CANCELED:
            return
        if previous is None or job.observation is None:
            return
        received_at = job.observation.received_at
        if tracker.completed_at is not None:
            received_at = tracker.completed_at
        created_at = job.observation.job_created_at
        ended_at = (previous.received_at + received_at) / 2.0
        if created_at is not None and job.created_at and job.finished_at:
            ended_at = created_at + (job.finished_at - job.created_at).total_seconds()
        ended_at = min(max(ended_at, previous.received_at), received_at)
        with self._lock:
            experience = self.experience.after_estimates(tracker.estimates, ended_at=ended_at)
            if created_at is not None:
                experience = experience.after_duration(ended_at - created_at)
            if tracker.overdue_since is not None:
                experience = experience.after_overdue(ended_at - tracker.overdue_since)
            self.experience = experience
