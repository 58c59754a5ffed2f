"""Which time rows are read at, and that no later time is before a write."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.conftest import Api, SetClock
from tests.locks import locked_elsewhere
from tests.starting import start
from vid_trans_api.models import Job, Workspace, lock, read_time
from vid_trans_api.operations import cancel_job, clock, read_job

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def lock_by_key() -> Workspace:
    with transaction.atomic():
        return Workspace.objects.locked("")


def lock_at_hand() -> Workspace:
    workspace = Workspace.objects.of_key("")
    with lock(workspace):
        return workspace


@pytest.mark.parametrize("take_lock", [lock_by_key, lock_at_hand])
def test_time_is_read_after_the_lock(take_lock: Callable[[], Workspace]) -> None:
    Workspace.objects.stored("")

    def wait_for_lock() -> Workspace:
        try:
            return take_lock()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with locked_elsewhere():
            waiting = threads.submit(wait_for_lock)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            released_at = read_time()
        workspace = waiting.result()

    assert released_at < workspace.read_at < read_time()


def test_times_of_reads_are_in_their_order() -> None:
    job_id = start().public_id
    times = []

    for _ in range(5):
        times += [
            read_time(),
            read_job(job_id, key_digest="")[1],
            Workspace.objects.of_key("").now(),
        ]

    assert times == sorted(times)


def test_job_and_its_time_are_read_by_one_query(django_assert_num_queries) -> None:
    job_id = start().public_id

    with django_assert_num_queries(1):
        read_job(job_id, key_digest="")


@pytest.mark.parametrize(
    "write",
    [
        lambda _: start(),
        cancel_job,
        lambda _: clock.advance("", seconds=5),
        lambda _: Api().get("/jobs"),  # counted by the rate limit
    ],
    ids=["create", "cancel", "set the clock", "admit"],
)
def test_write_is_noted_with_its_time(clock: SetClock, write: Callable[[Job], object]) -> None:
    job = start()
    Api().set_defaults(rate_limit="9/s")
    clock.advance(1)

    write(job)

    assert Workspace.objects.get().written_at == clock()


@pytest.mark.postgresql(reason="SQLite has the process's clock, which never runs back")
def test_no_time_is_before_the_last_write() -> None:
    job_id = start().public_id
    later = read_time() + HOUR
    Workspace.objects.update(written_at=later)

    with transaction.atomic():
        times = [
            read_job(job_id, key_digest="")[1],
            Workspace.objects.of_key("").now(),
            Workspace.objects.locked("").now(),
        ]

    assert times == [later] * 3
