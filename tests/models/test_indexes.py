"""Which indexes queries of jobs use: their cost does not grow with the jobs that they leave out."""

from collections.abc import Iterable

import pytest
from django.db import connection

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, JobQuerySet, Workspace
from vid_trans_api.operations.concurrency import plan_queue, refuse_if_busy
from vid_trans_api.snapshots import Status

pytestmark = pytest.mark.sqlite(reason="it reads SQLite's query plans")


@pytest.fixture
def jobs(api: Api, clock: SetClock) -> JobQuerySet:
    """Return the jobs of a workspace that has one."""
    api.create()
    return Job.objects.filter(workspace=Workspace.objects.get())


def plans_of(queries: Iterable[dict[str, str]]) -> list[list[str]]:
    """Return the steps of each captured query's plan."""
    plans = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans.append([step[3] for step in cursor.fetchall()])
    return plans


def test_an_index_has_the_order_of_each_list(jobs: JobQuerySet, clock: SetClock) -> None:
    lists = [
        jobs,
        jobs.filter(number__lt=5),
        jobs.filter(target_language="French"),
        jobs.with_status(Status.COMPLETED, clock.at),
        jobs.with_status(Status.ERROR, clock.at),
        jobs.filter(target_language="French").with_status(Status.ERROR, clock.at),
        jobs.filter(finishes_at=None),
        Job.objects.with_status(Status.ERROR, clock.at),
    ]

    plans = [each.newest_first()[:10].explain() for each in lists]

    assert [plan for plan in plans if "TEMP B-TREE" in plan or "SCAN" in plan] == []


def test_bounded_counts_of_all_workspaces_read_indexes_alone(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    with django_assert_num_queries(4) as queries:
        for status in Status:
            Job.objects.count_with_status(status, clock.at, limit=10)

    searches = [
        [step for step in plan if step.startswith("SEARCH")]
        for plan in plans_of(queries.captured_queries)
    ]
    assert searches == [
        ["SEARCH vid_trans_api_job USING COVERING INDEX pending_of_all (finishes_at=?)"],
        ["SEARCH vid_trans_api_job USING COVERING INDEX pending_of_all (finishes_at>?)"],
        ["SEARCH vid_trans_api_job USING COVERING INDEX newest_by_outcome_of_all (outcome=?)"],
        ["SEARCH vid_trans_api_job USING COVERING INDEX newest_by_outcome_of_all (outcome=?)"],
    ]


def test_pending_jobs_are_found_by_their_ends(
    jobs: JobQuerySet, clock: SetClock, django_assert_num_queries
) -> None:
    clock.advance(100)

    with django_assert_num_queries(3) as queries:
        jobs.newest_pending(clock.at, 10)

    _, ending, endless = plans_of(queries.captured_queries)
    index = "SEARCH vid_trans_api_job USING"
    assert ending[0] == f"{index} COVERING INDEX pending (workspace_id=? AND finishes_at>?)"
    assert endless == [f"{index} INDEX endless (workspace_id=?)"]


def test_jobs_are_found_by_their_ids_and_batches(
    jobs: JobQuerySet, django_assert_num_queries
) -> None:
    workspace = Workspace.objects.get()

    with django_assert_num_queries(3) as queries:
        jobs.find_many(["x"], workspace=workspace)
        list(Job.objects.values_of(["x"], "number", workspace=workspace))
        Job.objects.of_batches([1, 2], workspace=workspace, limit=100, after=1)

    assert [steps[0] for steps in plans_of(queries.captured_queries)] == [
        "SEARCH vid_trans_api_job USING INDEX sqlite_autoindex_vid_trans_api_job_1 (public_id=?)",
        "SEARCH vid_trans_api_job USING INDEX sqlite_autoindex_vid_trans_api_job_1 (public_id=?)",
        "SEARCH vid_trans_api_job USING INDEX of_batch (batch_id=?)",
    ]


def test_running_jobs_are_counted_by_their_ends(
    jobs: JobQuerySet, clock: SetClock, settings, django_assert_num_queries
) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 2
    workspace = Workspace.objects.get()

    with django_assert_num_queries(2) as queries:
        refuse_if_busy(workspace, 1, now=clock.at)

    index = "SEARCH vid_trans_api_job USING COVERING INDEX pending"
    assert plans_of(queries.captured_queries) == [
        [f"{index} (workspace_id=? AND finishes_at=?)"],
        [f"{index} (workspace_id=? AND finishes_at>?)"],
    ]


def test_queue_is_searched_among_the_queued_jobs_that_have_not_ended(
    jobs: JobQuerySet, clock: SetClock, django_assert_num_queries
) -> None:
    workspace = Workspace.objects.get()

    with django_assert_num_queries(2) as queries:
        plan_queue(workspace, now=clock.at)
        list(Workspace.objects.with_queued_jobs(clock.at).values_list("pk"))

    plans = plans_of(queries.captured_queries)
    searches = [[step for step in steps if "(workspace_id=?" in step] for steps in plans]
    assert searches == [
        [
            "SEARCH vid_trans_api_job USING INDEX queued_jobs (workspace_id=? AND finishes_at=?)",
            "SEARCH vid_trans_api_job USING INDEX queued_jobs (workspace_id=? AND finishes_at>?)",
        ],
        [
            "SEARCH U0 USING INDEX queued_jobs (workspace_id=? AND finishes_at=?)",
            "SEARCH U0 USING INDEX queued_jobs (workspace_id=? AND finishes_at>?)",
        ],
    ]
