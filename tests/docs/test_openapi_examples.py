"""Every request that the docs page shows can be sent as it stands."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from tests.conftest import API, Api

METHODS_WITH_BODIES = {"post", "patch"}
WITH_FILES = {"upload_file"}
"""Operations whose body is a form with a file, which the docs page lets one choose."""


def operations(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation with its method and its path below the API's."""
    for path, methods in api.get("/schema").json()["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] in WITH_FILES:
                continue
            yield method, path.removeprefix(API), operation


def examples_of(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the bodies by name; the docs page would invent one if there were none."""
    if "requestBody" not in operation:
        return {"no body": None}
    content = operation["requestBody"]["content"]["application/json"]
    return {name: example["value"] for name, example in content["examples"].items()}


def with_ids(path: str, api: Api, job_id: str) -> str:
    """Return the path with the id of this job, or of a new webhook endpoint, if it has a place."""
    if "{endpoint_id}" in path:
        endpoint = api.post("/webhooks", {"url": f"https://example.com/{uuid4().hex}"}).json()
        return path.replace("{endpoint_id}", endpoint["id"])
    return path.replace("{job_id}", job_id)


def test_every_example_of_a_body_is_accepted(api: Api) -> None:
    refused = {}
    for method, path, operation in operations(api):
        if method not in METHODS_WITH_BODIES:
            continue
        for name, body in examples_of(operation).items():
            api.post("/simulation/reset", {})
            job_id = api.create(duration=60, outcome="completed")["id"]
            send = api.post if method == "post" else api.patch
            response = send(with_ids(path, api, job_id), body)
            if response.status_code not in {200, 201, 202}:
                refused[operation["operationId"], name] = response.json()

    assert refused == {}


def test_first_examples_are_the_ones_that_change_least(api: Api) -> None:
    first = {
        operation["operationId"]: next(iter(examples_of(operation).values()))
        for method, _, operation in operations(api)
        if method in METHODS_WITH_BODIES
    }

    assert first == {
        "create_job": {},
        "cancel_job": None,
        "register_webhook_endpoint": {"url": "https://example.com/hook"},
        "new_webhook_secret": None,
        "update_webhook_endpoint": {"enabled": True},
        "rotate_webhook_secret": None,
        "set_clock": {"advance": 600},
        "reset_workspace": {"seed": 42},
        "update_defaults": {"duration": [5, 15]},
        "update_simulated_job": {"finish": "now"},
    }


def test_every_request_without_a_body_works_with_its_defaults(api: Api) -> None:
    """A parameter with an example would be filled in; the only ones to type are ids."""
    refused = {}
    for method, path, operation in operations(api):
        parameters = operation.get("parameters", [])
        required = [each["name"] for each in parameters if each.get("required")]
        assert required == [name for name in ("job_id", "endpoint_id") if f"{{{name}}}" in path]
        assert all(each["description"] for each in parameters if each["name"] in required)
        if method in METHODS_WITH_BODIES:
            continue
        query = "&".join(
            f"{each['name']}={each['schema']['default']}"
            for each in parameters
            if "default" in each["schema"]
        )
        job_id = api.create(duration=0, outcome="completed")["id"]
        send = api.get if method == "get" else api.delete
        response = send(f"{with_ids(path, api, job_id)}?{query}")
        if response.status_code not in {200, 204}:
            refused[operation["operationId"]] = response.json()

    assert refused == {}
