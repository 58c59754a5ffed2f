"""What a report on a full journal costs, with a harmless client and with an attacking one."""

import time
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NEW_YEAR
from tests.journal.polls import SECOND, log_polls
from vid_trans_api.journal.reports import report_on_workspace
from vid_trans_api.models import Job, Workspace

FULL = 10_000


@pytest.mark.parametrize(
    ("status", "interval", "violations"),
    [(200, SECOND, 0), (200, SECOND / 100, 100), (429, SECOND, (FULL - 1) * 100)],
    ids=["harmless", "hammering", "too soon"],
)
def test_full_journal_takes_two_seconds_of_processor_time(
    db: None, status: int, interval: timedelta, violations: int
) -> None:
    workspace = log_polls(FULL, status=status, interval=interval)

    started = time.process_time()
    result = report_on_workspace(workspace, now=NEW_YEAR)

    assert time.process_time() - started < 2
    assert result.violation_count == violations


@pytest.mark.parametrize("status", [200, 429])
def test_full_journal_takes_a_hundred_megabytes(db: None, status: int) -> None:
    workspace = log_polls(FULL, status=status, interval=SECOND)

    tracemalloc.start()
    report_on_workspace(workspace, now=NEW_YEAR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100_000_000


def test_full_journal_of_unnoticed_ends_takes_two_seconds_of_processor_time(db: None) -> None:
    workspace = Workspace.objects.stored("")
    facts: dict[str, Any] = {"workspace": workspace, "created_at": NEW_YEAR, "outcome": "completed"}
    end = NEW_YEAR + FULL * SECOND
    ids = [f"{number:032}" for number in range(1_000)]
    Job.objects.bulk_create(Job(public_id=each, finishes_at=end, **facts) for each in ids)
    for start in range(0, 1_000, 100):
        log_polls(FULL // 10, status=200, interval=SECOND, ids=ids[start : start + 100])

    started = time.process_time()
    result = report_on_workspace(workspace, now=end + 61 * SECOND)

    assert time.process_time() - started < 2
    assert result.violation_count == 1_000
