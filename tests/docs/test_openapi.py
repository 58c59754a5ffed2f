"""The OpenAPI page describes jobs and operations as they are."""

from typing import Any

import pytest

from tests.conftest import API, Api, SetClock
from vid_trans_api.models import Job
from vid_trans_api.native.documents import job_document
from vid_trans_api.native.serializers import JobSerializer
from vid_trans_api.snapshots import Status


@pytest.mark.parametrize("outcome", ["completed", "error", "stuck"])
@pytest.mark.parametrize("age", [0, 5, 100])
def test_job_document_equals_its_schema(
    api: Api, clock: SetClock, outcome: str, age: float
) -> None:
    job_id = api.create(duration=10, outcome=outcome)["id"]
    clock.advance(age)
    job = Job.objects.get(public_id=job_id)
    snapshot = job.at(clock.at)
    url = f"http://localhost{API}/jobs/x/result" if snapshot.status is Status.COMPLETED else None

    document = job_document(job, snapshot, result_url=url)

    fields: dict[str, Any] = dict(JobSerializer().fields)
    assert list(document) == list(fields)
    nulls = {name for name, value in document.items() if value is None}
    assert nulls <= {name for name, field in fields.items() if field.allow_null}
    assert JobSerializer(data=document).is_valid()


def test_operations_have_different_descriptions(api: Api) -> None:
    schema = api.get("/schema").json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]

    summaries = [operation["summary"] for operation in operations]
    descriptions = [each["description"] for each in operations if "description" in each]
    assert len(set(summaries)) == len(operations)
    assert len(set(descriptions)) == len(descriptions)
