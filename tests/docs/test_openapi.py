"""The OpenAPI page describes jobs and operations as they are."""

from collections.abc import Iterator
from itertools import compress, product
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.conftest import API, Api, SetClock
from vid_trans_api.control.serializers import JobUpdateSerializer
from vid_trans_api.models import Job
from vid_trans_api.native.documents import job_document
from vid_trans_api.native.serializers import JobSerializer
from vid_trans_api.snapshots import Status


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def enums(part: Any) -> Iterator[list[Any]]:
    """Yield the values of each enum in a part of the document, except for forbidden ones."""
    if isinstance(part, dict):
        if isinstance(part.get("enum"), list):
            yield part["enum"]
        for key, each in part.items():
            if key != "not":
                yield from enums(each)
    elif isinstance(part, list):
        for each in part:
            yield from enums(each)


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
    found = operations(api.get("/schema").json())

    summaries = [operation["summary"] for operation in found]
    descriptions = [each["description"] for each in found if "description" in each]
    assert len(set(summaries)) == len(found)
    assert len(set(descriptions)) == len(descriptions)


def test_no_key_is_required_unless_the_server_requires_one(api: Api, settings) -> None:
    schemes: list[dict[str, list[str]]] = [{"apiKey": []}, {"bearer": []}]

    optional = api.get("/schema").json()
    settings.API_KEYS = ["one"]
    required = api.get("/schema").json()

    assert optional["security"] == [{}, *schemes]
    assert [each["operationId"] for each in operations(optional) if "security" in each] == []
    assert "security" not in required
    assert [each["operationId"] for each in operations(required) if "security" not in each] == [
        "get_health"
    ]
    assert all(each.get("security", schemes) == schemes for each in operations(required))


def test_server_is_the_one_that_the_document_comes_from(api: Api) -> None:
    document = api.client.get(f"{API}/schema", SERVER_NAME="testserver", SERVER_PORT=8001).json()

    assert document["servers"] == [{"url": "http://testserver:8001"}]


def test_result_is_an_mp4(api: Api) -> None:
    path = api.get("/schema").json()["paths"][f"{API}/jobs/{{job_id}}/result"]

    assert path["get"]["responses"]["200"]["content"] == {
        "video/mp4": {"schema": {"type": "string", "format": "binary"}}
    }


def test_every_enum_has_one_name(api: Api) -> None:
    document = api.get("/schema").json()
    schemas = document["components"]["schemas"]

    named = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    unnamed = [
        values
        for values in enums(document)
        if values not in named.values() and values != [True]  # a boolean stays one
    ]

    assert unnamed == []
    assert [name for name in named if name.endswith("Enum")] == []


def test_names_of_schemas_do_not_repeat_words(api: Api) -> None:
    names = api.get("/schema").json()["components"]["schemas"]

    assert [name for name in names if "RequestRequest" in name or name.startswith("Patched")] == []


@pytest.mark.parametrize("outcome", [None, "completed", "error", "stuck"])
def test_schema_forbids_the_updates_that_are_refused(api: Api, outcome: str | None) -> None:
    schemas = api.get("/schema").json()["components"]["schemas"]
    validator = Draft4Validator(
        {"$ref": "#/components/schemas/JobUpdateRequest", "components": {"schemas": schemas}}
    )
    optional: list[dict[str, Any]] = [{"duration": 5}, {"finish": "now"}, {"error": {"code": "x"}}]

    wrong = []
    for chosen in product([True, False], repeat=len(optional)):
        update: dict[str, Any] = {} if outcome is None else {"outcome": outcome}
        for part in compress(optional, chosen):
            update |= part
        if validator.is_valid(update) is not JobUpdateSerializer(data=update).is_valid():
            wrong.append(update)

    assert wrong == []
