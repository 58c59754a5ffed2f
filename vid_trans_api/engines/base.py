"""What an engine is: the part that translates videos, or simulates it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models.fields.files import FieldFile

from vid_trans_api.models import Job, JobFacts
from vid_trans_api.simulation.options import Outcome, SimulationOptions
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.snapshots import Failure


class CannotUpdate(Exception):
    """The job cannot be updated like that; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobUpdate:
    """A change of how a pending job continues. What is None stays as it is."""

    outcome: Outcome | None = None
    failure: Failure | None = None
    duration: float | None = None
    """Seconds from the job's creation, or from its turn if it is queued, to its end."""
    is_finished: bool = False
    """Whether it ends now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A file that a job results in: either its content, or where it is stored."""

    content: bytes = b""
    file: FieldFile | None = None
    content_type: str


class Engine(Protocol):
    """How a job gets its facts.

    An engine need not know the end of a job when it starts it. A real one stores `finishes_at` and
    `outcome` with `Job.set_facts` when the work is done, under the workspace's lock, after it has
    read the job again: the job may have been canceled.
    """

    def start(
        self,
        options: Iterable[SimulationOptions],
        *,
        plan: Plan | None,
        video_duration: float | None,
        next_seed: Callable[[], int],
        begins_at: datetime,
    ) -> JobFacts:
        """Return the facts of a new job. The first of the options have the highest precedence.

        With a `plan`, that of a job to repeat, the options do not count. `video_duration` is the
        seconds of video, if they are known. `next_seed` gives the seed of a new plan, a different
        one each time.
        """

    def reschedule(self, facts: JobFacts, *, begins_at: datetime | None) -> JobFacts:
        """Return the facts of a queued job if its turn comes then, or at an unknown time."""

    def update(self, job: Job, update: JobUpdate, *, now: datetime) -> JobFacts:
        """Return the facts of a pending job after an update. Raises CannotUpdate."""

    def result(self, job: Job) -> Result:
        """Return the translated video of a completed job."""

    def audio(self, job: Job) -> Result:
        """Return the translated sound of a completed job."""
