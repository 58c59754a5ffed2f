"""What canceling, updating and finishing a job store."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.conftest import Api, SetClock, replace_clock
from tests.starting import start
from vid_trans_api.engines import JobUpdate
from vid_trans_api.models import Job, JobEnded, Workspace, lock
from vid_trans_api.operations import cancel_job, finish_job, update_job
from vid_trans_api.operations.errors import JobNotFound
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import CANCELED, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def _slow_lock(monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> None:
    """Let 10 s pass while an operation waits for the lock."""

    @contextmanager
    def lock_after_10_s(workspace: Workspace) -> Iterator[None]:
        clock.advance(10)
        with lock(workspace):
            yield

    monkeypatch.setattr("vid_trans_api.operations.changing.lock", lock_after_10_s)


def test_cancel_stores_when(clock: SetClock) -> None:
    job = start(seconds=10)
    clock.advance(4)

    cancel_job(job)

    stored = Job.objects.get()
    assert (stored.canceled_at, stored.finishes_at) == (clock(), clock())
    assert (stored.outcome, stored.failure) == (Status.ERROR, CANCELED)


@pytest.fixture
def slow_clock(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let each reading of the clock take 10 s."""

    def now() -> datetime:
        clock.advance(10)
        return clock()

    replace_clock(monkeypatch, now)
    return clock


def test_cancel_returns_the_state_at_the_instant_it_stores(slow_clock: SetClock) -> None:
    state = cancel_job(start(seconds=100))

    assert state.now == state.snapshot.finished_at == Job.objects.get().canceled_at


def test_response_to_an_update_is_of_the_instant_of_the_update(slow_clock: SetClock) -> None:
    job = start(seconds=100)  # created at 10 s, found at 20 s, updated at 30 s

    response = Api().patch(f"/simulation/jobs/{job.public_id}", {"duration": 25})

    assert (response.status_code, response.json()["status"]) == (200, "pending")


def test_second_cancel_keeps_the_first_instant(clock: SetClock) -> None:
    job = start(seconds=10)
    cancel_job(job)
    canceled_at = clock()
    clock.advance(4)

    cancel_job(job)

    assert Job.objects.get().canceled_at == canceled_at


def test_finished_job_is_not_canceled(clock: SetClock) -> None:
    job = start(outcome=Outcome.ERROR, failure=CANCELED)

    finish_job(job)

    assert Job.objects.get().canceled_at is None
    with pytest.raises(JobEnded):
        cancel_job(job)


@pytest.mark.usefixtures("_slow_lock")
def test_job_that_ended_before_the_lock_cannot_be_canceled(clock: SetClock) -> None:
    job = start(seconds=10)

    with pytest.raises(JobEnded):
        cancel_job(job)


@pytest.mark.usefixtures("_slow_lock")
def test_job_that_ended_before_the_lock_cannot_be_updated(clock: SetClock) -> None:
    job = start(seconds=10)

    with pytest.raises(JobEnded):
        update_job(job, JobUpdate(duration=100))


def test_deleted_job_is_not_found(clock: SetClock) -> None:
    job = start()
    Job.objects.all().delete()

    with pytest.raises(JobNotFound):
        cancel_job(job)
    with pytest.raises(JobNotFound):
        update_job(job, JobUpdate(duration=100))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.COMPLETED, Status.COMPLETED),
        (Outcome.ERROR, Status.ERROR),
        (Outcome.STUCK, Status.COMPLETED),
    ],
)
def test_finished_job_has_the_outcome_of_its_plan(
    clock: SetClock, outcome: Outcome, status: Status
) -> None:
    job = start(outcome=outcome)
    clock.advance(2)

    finish_job(job)

    snapshot = Job.objects.get().at(clock())
    assert (snapshot.status, snapshot.finished_at) == (status, clock())


def test_ended_job_cannot_be_finished(clock: SetClock) -> None:
    job = start(seconds=10)
    clock.advance(10)

    with pytest.raises(JobEnded):
        finish_job(job)


def test_snapshots_of_one_instant_are_equal(clock: SetClock) -> None:
    job = start(seconds=10)
    instant = clock() + timedelta(seconds=4)

    assert job.at(instant) == job.at(instant)
    assert job.at(instant).status is Status.PENDING
