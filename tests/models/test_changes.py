"""Which changes are published, and when."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal
from django.test import Client

from tests.conftest import Api, SetClock
from tests.starting import start
from vid_trans_api.engines import JobUpdate
from vid_trans_api.models import Job, Workspace
from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.operations import cancel_job, clock, delete_job, finish_job, update_job

pytestmark = pytest.mark.django_db(transaction=True)


class Subscriber:
    """Collects what is published."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.jobs: list[int] = []
        """How many jobs there were at each event."""

    def __call__(self, signal: Signal, sender: object, **event: Any) -> None:
        self.events.append(event)
        self.jobs.append(Job.objects.count())


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    subscriber = Subscriber()
    job_changed.connect(subscriber)
    workspace_changed.connect(subscriber)
    yield subscriber
    job_changed.disconnect(subscriber)
    workspace_changed.disconnect(subscriber)


@pytest.mark.parametrize(
    "change",
    [cancel_job, finish_job, lambda job: update_job(job, JobUpdate(duration=20)), delete_job],
    ids=["cancel", "finish", "update", "delete"],
)
def test_change_of_a_job_is_published(
    subscriber: Subscriber, clock: SetClock, change: Callable[[Job], object]
) -> None:
    job = start()

    change(job)

    assert subscriber.events == [{"job_id": job.public_id, "workspace_id": job.workspace_id}]


def test_deletion_is_published_once_the_job_is_deleted(
    subscriber: Subscriber, clock: SetClock
) -> None:
    delete_job(start())

    assert subscriber.jobs == [0]


def test_second_cancel_is_not_published(subscriber: Subscriber, clock: SetClock) -> None:
    job = start()
    cancel_job(job)

    cancel_job(job)

    assert len(subscriber.events) == 1


def test_creation_is_not_published(subscriber: Subscriber, clock: SetClock) -> None:
    """Nobody waits for a job that does not exist yet."""
    start()

    assert subscriber.events == []


@pytest.mark.parametrize(
    "change",
    [
        lambda: clock.advance("", seconds=5),
        lambda: clock.advance("", seconds=None),
        lambda: clock.freeze("", at=None),
        lambda: clock.resume("", speed=2),
        lambda: clock.reset("", seed=None),
    ],
    ids=["advance", "next end", "freeze", "resume", "reset"],
)
def test_change_of_a_workspace_is_published(
    subscriber: Subscriber, change: Callable[[], object]
) -> None:
    start()

    change()

    assert subscriber.events == [{"workspace_id": Workspace.objects.get().pk}]


def test_change_is_published_when_it_is_committed(subscriber: Subscriber, clock: SetClock) -> None:
    job = start()

    with transaction.atomic():
        cancel_job(job)
        before_the_commit = list(subscriber.events)

    assert (before_the_commit, len(subscriber.events)) == ([], 1)


def test_change_that_is_rolled_back_is_not_published(
    subscriber: Subscriber, clock: SetClock
) -> None:
    job = start()

    def change_and_fail() -> None:
        with transaction.atomic():
            cancel_job(job)
            delete_job(job)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        change_and_fail()

    assert subscriber.events == []


def test_subscriber_that_fails_does_not_fail_the_change(clock: SetClock) -> None:
    def fail(**_: Any) -> None:
        raise ConnectionError

    job = start()
    job_changed.connect(fail)
    try:
        cancel_job(job)
    finally:
        job_changed.disconnect(fail)

    assert Job.objects.get().canceled_at == clock()


def test_api_publishes_what_operations_do(subscriber: Subscriber, clock: SetClock) -> None:
    api = Api()
    job_id = api.create(duration=10)["id"]

    api.post(f"/jobs/{job_id}/cancel")

    assert [event["job_id"] for event in subscriber.events] == [job_id]


def test_admin_publishes_the_jobs_that_it_deletes(
    subscriber: Subscriber, clock: SetClock, admin_client: Client
) -> None:
    jobs = [start(), start()]

    admin_client.post(
        "/admin/vid_trans_api/job/",
        {
            "action": "delete_selected",
            "_selected_action": [job.pk for job in jobs],
            "post": "yes",
        },
    )

    ids = sorted(job.public_id for job in jobs)
    assert sorted(event["job_id"] for event in subscriber.events) == ids
    assert Job.objects.count() == 0
