"""Whether reads stay true while a cancel is between reading the clock and writing."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.conftest import NEW_YEAR, SetClock, replace_clock
from tests.locks import locked_elsewhere
from vid_trans_api.models import Job, JobEnded, JobFacts, Workspace, read_consistent
from vid_trans_api.operations import cancel_job
from vid_trans_api.snapshots import CANCELED, Snapshot, Status

pytestmark = pytest.mark.django_db(transaction=True)

DURATION = 10.0
END = NEW_YEAR + timedelta(seconds=DURATION)
READ_TIME = 0.3
"""Seconds within which a read that does not wait is over."""


@pytest.fixture
def job(transactional_db: None) -> Job:
    facts = JobFacts(finishes_at=END, outcome=Status.COMPLETED, started_at=NEW_YEAR)
    workspace = Workspace.objects.stored("")
    return Job.objects.add(workspace=workspace, now=NEW_YEAR, facts=facts)


def test_read_after_the_end_waits_for_an_earlier_cancel(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_the_end = END + timedelta(seconds=1)

    def read() -> Snapshot:
        try:
            found = read_consistent(lambda: list(Job.objects.all()), after_the_end)
            return next(iter(found)).at(after_the_end)
        finally:
            connection.close()

    readers: list[Future[Snapshot]] = []
    with ThreadPoolExecutor() as threads:

        def clock() -> datetime:
            readers.append(threads.submit(read))
            time.sleep(READ_TIME)
            return END - timedelta(seconds=1)

        replace_clock(monkeypatch, clock)
        cancel_job(job)
        actual = readers[0].result()

    assert actual.failure == CANCELED


def test_cancel_that_waits_for_a_lock_until_the_end_is_too_late(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SetClock(END - timedelta(seconds=1))
    replace_clock(monkeypatch, clock)

    def cancel() -> None:
        try:
            cancel_job(job)
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with locked_elsewhere():
            canceling = threads.submit(cancel)
            time.sleep(READ_TIME)
            clock.at = END
        with pytest.raises(JobEnded):
            canceling.result()

    assert Job.objects.get().at(END).failure is None
