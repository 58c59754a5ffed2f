"""Which indexes PostgreSQL uses for lists of jobs: each has its order."""

from itertools import product

import pytest
from django.db import connection

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace, digest_of
from vid_trans_api.snapshots import Status

pytestmark = pytest.mark.postgresql(reason="test_indexes.py reads SQLite's plans")

LANGUAGES = "French", "German", "Spanish", "Japanese"
WORKSPACES = 50
COPIES = 16


def copy_job(job: Job) -> None:
    """Copy a job, so that indexes pay: the same number for each workspace, language and outcome.

    Pending copies come first: the newest jobs have ended.
    """
    facts = {field.attname: getattr(job, field.attname) for field in Job._meta.concrete_fields}
    ends = [("", None), ("completed", job.created_at), ("error", job.created_at)]
    others = [
        Workspace.objects.create(key_digest=digest_of(str(number)), seed=number)
        for number in range(1, WORKSPACES)
    ]
    workspaces = [job.workspace_id, *(other.pk for other in others)]
    Job.objects.bulk_create(
        Job(
            **facts
            | {"number": None, "public_id": f"{workspace}{language}{outcome}{index}"}
            | {"workspace_id": workspace, "target_language": language}
            | {"outcome": outcome, "finishes_at": finishes_at}
        )
        for (outcome, finishes_at), index, workspace, language in product(
            ends, range(COPIES), workspaces, LANGUAGES
        )
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE vid_trans_api_job")


def test_an_index_has_the_order_of_each_list(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    api.create()
    copied = Job.objects.get()
    copy_job(copied)
    jobs = Job.objects.filter(workspace=copied.workspace_id)
    french = jobs.filter(target_language="French")

    lists = [jobs, french, french.with_status(Status.ERROR, clock.at)]
    plans = [each.newest_first()[:10].explain() for each in lists]
    with django_assert_num_queries(4) as queries:
        french.newest_pending(clock.at, 10)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries.captured_queries[2]['sql']}")
        plans.append("\n".join(step for (step,) in cursor.fetchall()))

    used = [plan.partition(" using ")[2].split()[0] for plan in plans]
    assert used == ["newest", "newest_by_language", "newest_by_language_outcome", "endless"]
    assert [plan for plan in plans if "Sort" in plan] == []
