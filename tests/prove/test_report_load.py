"""What a report on a full journal costs, with a harmless client and with an attacking one."""

import time
import tracemalloc
from datetime import timedelta

import pytest

from tests.journal.polls import SECOND, log_polls
from vid_trans_api.journal.reports import report_on_workspace

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
    result = report_on_workspace(workspace)

    assert time.process_time() - started < 2
    assert result.violation_count == violations


@pytest.mark.parametrize("status", [200, 429])
def test_full_journal_takes_a_hundred_megabytes(db: None, status: int) -> None:
    workspace = log_polls(FULL, status=status, interval=SECOND)

    tracemalloc.start()
    report_on_workspace(workspace)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100_000_000
