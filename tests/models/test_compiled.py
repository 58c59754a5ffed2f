"""Whether PostgreSQL plans a compiled query once, and how instants are read."""

from datetime import UTC

import pytest
from django.db import connection

from tests.conftest import Api
from vid_trans_api.models import Job

pytestmark = pytest.mark.postgresql(reason="SQLite's driver keeps plans by itself")


def test_compiled_query_is_prepared_once(api: Api) -> None:
    job_id = api.create()["id"]

    found = [Job.objects.find(job_id, key_digest="") for _ in range(3)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [statement for (statement,) in cursor.fetchall()]
    assert [each.count("$") for each in statements if '"public_id" = $' in each] == [2]
    assert [job is not None and job.public_id for job in found] == [job_id] * 3


def test_instant_is_in_utc(api: Api) -> None:
    job = Job.objects.get(public_id=api.create()["id"])

    assert job.created_at.tzinfo is UTC
