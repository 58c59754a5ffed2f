"""What reports on many requests cost, and that they stop if nobody reads them."""

import socket
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import API, NEW_YEAR, Api
from tests.journal.polls import HUNDRED_IDS, SECOND, log_polls
from tests.journal.reports import report
from vid_trans_api.journal import subjects
from vid_trans_api.journal.reports import ReaderHasLeft, report_on_job, report_on_workspace
from vid_trans_api.models import Job, LoggedRequest, Workspace


@pytest.fixture
def near() -> Iterator[socket.socket]:
    """Return the server's end of a connection that the client has closed."""
    near, far = socket.socketpair()
    far.close()
    with near:
        yield near


def test_refused_polls_of_many_jobs_are_judged_quickly(db: None) -> None:
    workspace = log_polls(400, status=429, interval=SECOND / 100)

    started = time.process_time()
    result = report_on_workspace(workspace, now=NEW_YEAR)

    assert time.process_time() - started < 3  # 20 s if each poll is compared with all before
    assert result.violation_count == 399 * 100 + 100  # and one burst of each job
    assert len(result.violations) == 1_000


def test_refused_polls_of_one_job_are_judged_quickly(db: None) -> None:
    workspace = log_polls(3_000, status=429, interval=SECOND / 100, ids=["a"])
    LoggedRequest.objects.update(job="a")

    started = time.process_time()
    result = report_on_job(
        Job(public_id="a", workspace=workspace, created_at=NEW_YEAR), now=NEW_YEAR
    )

    assert time.process_time() - started < 3  # 10 s if each poll is compared with all before
    assert result.violation_count == 2_999 + 1  # and one burst


def test_report_needs_the_memory_of_a_batch(db: None) -> None:
    workspace = log_polls(1_000, status=200, interval=SECOND)

    tracemalloc.start()
    result = report_on_workspace(workspace, now=NEW_YEAR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (result.poll_count, result.violation_count) == (1_000, 0)
    assert peak < 15_000_000  # 60 MB if all requests are in memory at once


def test_violations_of_one_request_are_cut_to_the_newest(api: Api) -> None:
    log_polls(12, status=429, interval=SECOND)

    verdict = report(api)["verdict"]

    assert verdict["violation_count"] == 1_100
    assert len(verdict["violations"]) == 1_000
    assert verdict["violations"][-1]["job"] == HUNDRED_IDS[-1]


def test_very_many_ids_are_looked_up(db: None) -> None:
    ids = [str(number) for number in range(300_000)]  # SQLite allows 250,000 parameters
    workspace = log_polls(1, status=200, interval=SECOND, ids=ids)

    assert report_on_workspace(workspace, now=NEW_YEAR).job_count == 300_000


def test_oldest_subjects_are_evicted_if_there_are_too_many(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "MOST_SUBJECTS", 3)
    for ids in ("ab", "ab", "ab", "ab", "cd", "cd"):
        workspace = log_polls(1, status=200, interval=SECOND, ids=[*ids])

    result = report_on_workspace(workspace, now=NEW_YEAR)

    assert [(each.kind, each.job) for each in result.violations] == [
        ("hammered", "a"),
        ("hammered", "b"),
    ]


@pytest.mark.parametrize("path", ["/simulation/report", "/simulation/jobs/{}"])
def test_report_stops_if_its_reader_has_left(api: Api, near: socket.socket, path: str) -> None:
    job_id = api.create()["id"]

    environ: dict[str, Any] = {"vid_trans_api.socket": near}

    response = api.client.get(API + path.format(job_id), **environ)

    assert response.status_code == 499


def test_second_report_waits_for_the_first(db: None) -> None:
    workspace = log_polls(1, status=200, interval=SECOND)
    refused = []

    def makes_another() -> bool:
        try:
            report_on_workspace(
                Workspace(key_digest="another"), now=NEW_YEAR, has_left=lambda: True
            )
        except ReaderHasLeft:
            refused.append("another")
        return False

    report_on_workspace(workspace, now=NEW_YEAR, has_left=makes_another)

    assert refused == ["another"]
