"""Which indexes PostgreSQL uses for lists of jobs: each has its order."""

import pytest
from django.db import connection

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace
from vid_trans_api.snapshots import Status

pytestmark = pytest.mark.postgresql(reason="test_indexes.py reads SQLite's plans")


def test_an_index_has_the_order_of_each_list(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    api.create()
    jobs = Job.objects.filter(workspace=Workspace.objects.get())
    french = jobs.filter(target_language="French")
    with connection.cursor() as cursor:
        for scan in ("seqscan", "bitmapscan"):  # which are best for a single job
            cursor.execute(f"SET LOCAL enable_{scan} = off")

    lists = [jobs, french, french.with_status(Status.ERROR, clock.at)]
    plans = [each.newest_first()[:10].explain() for each in lists]
    with django_assert_num_queries(3) as queries:
        french.newest_pending(clock.at, 10)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries.captured_queries[-1]['sql']}")
        plans.append("\n".join(step for (step,) in cursor.fetchall()))

    used = [plan.partition(" using ")[2].split()[0] for plan in plans]
    assert used == ["newest", "newest_by_language", "newest_by_language_outcome", "endless"]
    assert [plan for plan in plans if "Sort" in plan] == []
