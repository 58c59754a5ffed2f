"""When a simulated job leaves the queue."""

from datetime import timedelta

import pytest

from tests.conftest import SetClock
from tests.starting import start
from vid_trans_api.engines import JobUpdate
from vid_trans_api.models import Job
from vid_trans_api.operations import cancel_job, finish_job, update_job
from vid_trans_api.simulation.options import Outcome

pytestmark = pytest.mark.django_db


def queued_for(job: Job) -> float | None:
    """Return the stored seconds from a job's creation until it started."""
    job.refresh_from_db()
    if job.started_at is None:
        return None
    return (job.started_at - job.created_at).total_seconds()


@pytest.mark.parametrize(("queued", "seconds"), [(0, 0), (0.25, 10), (1, 40)])
def test_job_starts_after_its_share_of_the_duration(
    clock: SetClock, queued: float, seconds: float
) -> None:
    job = start(seconds=40, queued=queued)

    assert queued_for(job) == seconds


def test_queue_does_not_change_the_end(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)

    assert job.finishes_at == job.created_at + timedelta(seconds=40)


def test_job_canceled_in_the_queue_never_started(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)
    clock.advance(9)

    cancel_job(job)

    assert queued_for(job) is None


def test_job_canceled_after_the_queue_has_started(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)
    clock.advance(10)

    cancel_job(job)

    assert queued_for(job) == 10


def test_new_duration_moves_the_start(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)
    clock.advance(5)

    update_job(job, JobUpdate(duration=80))

    assert queued_for(job) == 20


def test_new_duration_keeps_the_start_of_a_started_job(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)
    clock.advance(15)

    update_job(job, JobUpdate(duration=80))

    assert queued_for(job) == 10


def test_job_finished_in_the_queue_starts_at_its_end(clock: SetClock) -> None:
    job = start(seconds=40, queued=0.25)
    clock.advance(5)

    finish_job(job)

    assert queued_for(job) == 5


def test_stuck_job_is_not_queued(clock: SetClock) -> None:
    job = start(outcome=Outcome.STUCK, queued=0.25)

    assert queued_for(job) == 0
