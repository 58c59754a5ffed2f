"""Requests at the same time, each in a thread with its own connection to the database."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.starting import start
from tests.threads import run_at_once
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Job, LoggedRequest, Workspace
from vid_trans_api.operations import clock as workspace_clock
from vid_trans_api.operations.prune import prune

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 0.0333
"""Dollars for a second of video."""

WRITE_TIME = 0.3
"""Seconds within which a write that does not wait is over."""


def in_threads(work: Callable[[], Any], *, count: int) -> list[Any]:
    """Do the same work in several threads at once; return what each returned."""
    results = []

    def run(_: int) -> None:
        try:
            results.append(work())
        finally:
            connections.close_all()

    run_at_once(count, run)
    return results


def test_advances_at_the_same_time_all_count(clock: SetClock) -> None:
    Workspace.objects.stored("")

    def advance_20_times() -> None:
        for _ in range(20):
            workspace_clock.advance("", seconds=1)

    in_threads(advance_20_times, count=2)

    workspace = Workspace.objects.get()
    assert workspace.now(clock()) == NEW_YEAR + timedelta(seconds=40)


def test_equal_creations_at_the_same_time_make_one_job(clock: SetClock) -> None:
    Workspace.objects.stored("")

    responses = in_threads(lambda: Api().post("/jobs", **{"Idempotency-Key": "k"}), count=4)

    assert {response.status_code for response in responses} == {202}
    assert len({response.content for response in responses}) == 1
    assert sorted("Idempotent-Replayed" in response for response in responses) == [
        False,
        True,
        True,
        True,
    ]
    assert Job.objects.count() == 1


def test_first_requests_at_the_same_time_share_a_workspace(clock: SetClock) -> None:
    responses = in_threads(lambda: Api().post("/jobs"), count=4)

    assert [response.status_code for response in responses] == [202] * 4
    assert Workspace.objects.count() == 1


def test_rate_limit_admits_no_more_at_the_same_time(clock: SetClock) -> None:
    Workspace.objects.stored("")
    Api().set_defaults(rate_limit="2/h")

    statuses = in_threads(lambda: Api().get("/jobs").status_code, count=4)

    assert sorted(statuses) == [200, 200, 429, 429]


def test_fault_rule_applies_once_at_the_same_time(clock: SetClock) -> None:
    rules = [{"on": "status", "fault": 503, "times": 1}]
    job_id = Api().create(duration=100, faults=rules)["id"]

    statuses = in_threads(lambda: Api().get(f"/jobs/{job_id}").status_code, count=4)

    assert sorted(statuses) == [200, 200, 200, 503]


def test_new_workspaces_at_the_same_time_are_no_more_than_allowed(clock, settings) -> None:
    settings.MAX_WORKSPACES = 2
    keys = iter("abcd")

    statuses = in_threads(lambda: Api(api_key=next(keys)).post("/jobs").status_code, count=4)

    assert sorted(statuses) == [202, 202, 403, 403]
    assert Workspace.objects.count() == 2


def test_wallet_pays_for_each_job_at_the_same_time(clock: SetClock) -> None:
    Api().set_defaults(wallet=100)

    in_threads(lambda: Api().post("/jobs"), count=4)

    prices = [PRICE * (job.video_duration or 0) for job in Job.objects.all()]
    wallet = float(Workspace.objects.get().wallet or 0)
    assert wallet == pytest.approx(100 - sum(prices), abs=0.001)


def test_journal_that_waits_for_a_reset_stores_nothing_older(clock: SetClock) -> None:
    Workspace.objects.stored("")
    Api().get("/jobs")
    clock.advance(1)

    def write() -> None:
        try:
            journal.flush()
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            Workspace.objects.locked("").reset(seed=None)
            writing = threads.submit(write)
            time.sleep(WRITE_TIME)
        writing.result()

    assert not LoggedRequest.objects.exists()


def test_workspace_that_is_used_meanwhile_is_not_pruned(clock: SetClock) -> None:
    Workspace.objects.stored("")

    def clean() -> None:
        try:
            prune(days=0, server_time=NEW_YEAR)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            Workspace.objects.locked("")
            pruning = threads.submit(clean)
            time.sleep(WRITE_TIME)
            start(seconds=60)
        pruning.result()

    assert Job.objects.count() == 1
