"""The OpenAPI documents of HeyGen's versions describe requests and responses as they are."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.conftest import API, SetClock
from tests.docs.openapi import Document, headers_of
from vid_trans_api.webhooks.reporting import report_due

pytestmark = pytest.mark.django_db

METHODS_WITH_BODIES = {"post", "patch", "put"}
WITHOUT_EXAMPLES = {"correct_proofread", "upload_asset", "v1: update_webhook_endpoint"}
"""Operations whose body has a file, or names something that must exist."""

SRT = "1\n00:00:00,000 --> 00:00:02,000\nHello\n"
VIDEO = "https://example.com/talk.mp4"


class Heygen:
    """A client of one version."""

    def __init__(self, version: str, *, creation: dict[str, Any]) -> None:
        self.version = version
        self.client = Client(headers={"X-Api-Key": "test"})
        self.document = Document(self.client.get(f"{API}/schema/{version}").json())
        self.creation = creation

    def send(self, operation: str, body: object = None, *, query: str = "", **ids: str) -> Any:
        """Send a request for an operation of the document; `ids` are parts of its path."""
        found = self.document.operations[operation]
        path = found.path.format(**ids) + query
        if found.method in METHODS_WITH_BODIES:
            method = getattr(self.client, found.method)
            return method(path, {} if body is None else body, content_type="application/json")
        return getattr(self.client, found.method)(path)

    def create(self, **simulation: object) -> str:
        """Create a translation; return its id."""
        response = self.send("create_translations", {**self.creation, "simulation": simulation})
        data = response.json()["data"]
        return str(data.get("video_translate_id") or data["video_translation_ids"][0])

    def id_of(self, part: str) -> str:
        """Create what a part of a path names, completed; return its id."""
        if part == "job_id":
            return self.create(duration=0, outcome="completed")
        if part == "endpoint_id":
            url = f"https://example.com/{uuid4()}"
            response = self.send("create_webhook_endpoint", {"url": url})
            return str(response.json()["data"]["endpoint_id"])
        body = {**self.creation, "title": "A talk", "simulation": {"scenario": "instant"}}
        response = self.send("create_proofreads", body)
        return str(response.json()["data"]["proofread_ids"][0])


@pytest.fixture
def v3() -> Heygen:
    creation = {
        "video": {"type": "url", "url": VIDEO},
        "output_languages": ["Spanish"],
        "enable_caption": True,
    }
    return Heygen("v3", creation=creation)


@pytest.fixture
def v2() -> Heygen:
    creation = {"video_url": VIDEO, "output_language": "Spanish"}
    return Heygen("v2", creation=creation)


@pytest.fixture
def v1(monkeypatch: pytest.MonkeyPatch) -> Heygen:
    """Return a client of v1, which sends no OPTIONS to the URLs of webhooks."""
    monkeypatch.setattr("vid_trans_api.operations.endpoints.options", lambda *_, **__: None)
    return Heygen("v1", creation={})


@pytest.fixture(params=["v3", "v2"])
def heygen(request: pytest.FixtureRequest) -> Heygen:
    """Return a client of a version that has translations."""
    version: Heygen = request.getfixturevalue(request.param)
    return version


@pytest.fixture(params=["v3", "v2", "v1"])
def any_version(request: pytest.FixtureRequest) -> Heygen:
    version: Heygen = request.getfixturevalue(request.param)
    return version


def test_documents_have_the_paths_of_their_api_only(v3: Heygen, any_version: Heygen) -> None:
    own = v3.client.get(f"{API}/schema").json()["paths"]

    assert [path for path in own if not path.startswith(f"{API}/")] == []
    paths = any_version.document.document["paths"]
    assert paths
    assert [path for path in paths if not path.startswith(f"/{any_version.version}/")] == []


def test_every_operation_has_a_summary_of_its_own(any_version: Heygen) -> None:
    summaries = [each.details["summary"] for each in any_version.document.operations.values()]

    assert len(set(summaries)) == len(summaries)


def test_every_operation_requires_one_of_two_keys(any_version: Heygen) -> None:
    operations = any_version.document.operations.values()

    security = [each.details["security"] for each in operations]

    assert security == [[{"apiKey": []}, {"bearer": []}]] * len(operations)
    assert any_version.document.document["components"]["securitySchemes"] == {
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }


def test_every_response_has_the_id_of_its_request(any_version: Heygen) -> None:
    without = [name for name, _, headers in headers_of(any_version.document) if not headers]

    assert without == []
    assert all("X-Request-Id" in headers for _, _, headers in headers_of(any_version.document))


def test_mutations_can_have_an_idempotency_key(any_version: Heygen) -> None:
    with_key = {
        name
        for name, operation in any_version.document.operations.items()
        if any(
            each["name"] == "Idempotency-Key" for each in operation.details.get("parameters", ())
        )
    }

    assert with_key == {
        name for name, each in any_version.document.operations.items() if each.method != "get"
    }


def test_every_enum_has_a_name(any_version: Heygen) -> None:
    names = any_version.document.document["components"]["schemas"]

    assert [name for name in names if name.endswith("Enum")] == []


def test_every_example_is_accepted_and_answered_as_documented(any_version: Heygen) -> None:
    wrong = []
    for name, operation in any_version.document.operations.items():
        if operation.method in METHODS_WITH_BODIES and "requestBody" in operation.details:
            assert bool(operation.examples) is not bool(
                WITHOUT_EXAMPLES & {name, f"{any_version.version}: {name}"}
            )
        for example, body in operation.examples.items():
            ids = {part: any_version.id_of(part) for part in re.findall(r"{(\w+)}", operation.path)}
            response = any_version.send(name, body, **ids)
            if not response.status_code < 300:
                wrong.append(f"{name}, {example}: {response.text}")
            wrong += any_version.document.deviations(name, response)

    assert wrong == []


@pytest.mark.parametrize("scenario", ["ok", "fail", "stuck", "masked-error"])
@pytest.mark.parametrize("age", [0, 5, 100])
def test_translation_is_as_documented(
    heygen: Heygen, clock: SetClock, scenario: str, age: float
) -> None:
    job_id = heygen.create(scenario=scenario, duration=50)
    clock.advance(age)

    responses = [heygen.send("get_translation", job_id=job_id) for _ in range(2)]

    if responses[1].status_code != 500:  # a masked error of v3
        wrong = [heygen.document.deviations("get_translation", each) for each in responses]
        assert wrong == [[], []]


def test_list_is_as_documented(v3: Heygen, clock: SetClock) -> None:
    for _ in range(2):
        v3.create(duration=10, outcome="completed")
    clock.advance(60)

    first = v3.send("list_translations", query="?limit=1")
    rest = v3.send("list_translations", query=f"?token={first.json()['next_token']}")

    assert v3.document.deviations("list_translations", first) == []
    assert v3.document.deviations("list_translations", rest) == []


def test_languages_are_as_documented(heygen: Heygen) -> None:
    response = heygen.send("list_languages")

    assert heygen.document.deviations("list_languages", response) == []


def test_deletion_is_as_documented(v3: Heygen) -> None:
    response = v3.send("delete_translation", job_id=v3.create())

    assert v3.document.deviations("delete_translation", response) == []


def test_batch_is_as_documented(v3: Heygen, clock: SetClock) -> None:
    passing = {**v3.creation, "simulation": {"outcome": "completed"}}
    failing = {**v3.creation, "simulation": {"scenario": "fail"}}
    body = {"title": "Talks", "video_translations": [passing, failing]}
    batch_id = v3.send("create_batch", body).json()["data"]["batch_id"]
    ids = {"batch_id": batch_id}
    first = v3.send("get_batch", **ids, query="?limit=1")
    clock.advance(1000)

    ended = v3.send("get_batch", **ids)

    assert v3.document.deviations("get_batch", first) == []
    assert v3.document.deviations("get_batch", ended) == []
    assert ended.json()["data"]["status"] == "completed"


def test_statuses_are_as_documented(v3: Heygen, clock: SetClock) -> None:
    batch_id = v3.send("create_batch", {"video_translations": [v3.creation]})
    query = f"?video_translation_ids={v3.create()},unknown&batch_ids="
    query += batch_id.json()["data"]["batch_id"]

    response = v3.send("get_statuses", query=query)

    assert v3.document.deviations("get_statuses", response) == []
    assert len(response.json()["data"]) == 3


def test_proofread_is_as_documented(v3: Heygen, clock: SetClock) -> None:
    body = {**v3.creation, "title": "A talk", "input_language": "English"}
    created = v3.send(
        "create_proofreads", {**body, "simulation": {"duration": 60, "outcome": "completed"}}
    )
    proofread = {"proofread_id": created.json()["data"]["proofread_ids"][0]}
    responses = {
        "create_proofreads": [created],
        "get_proofread": [v3.send("get_proofread", **proofread)],
        "get_proofread_captions": [v3.send("get_proofread_captions", **proofread)],
        "generate_translation": [v3.send("generate_translation", **proofread)],
    }
    clock.advance(60)
    for name, seen in list(responses.items())[1:]:
        seen.append(v3.send(name, **proofread))
    path = v3.document.operations["correct_proofread"].path.format(**proofread)
    form = encode_multipart(BOUNDARY, {"srt": SimpleUploadedFile("talk.srt", SRT.encode())})
    responses["correct_proofread"] = [
        v3.client.put(path, form, content_type=MULTIPART_CONTENT),
        v3.client.put(path, {}, content_type="application/json"),
    ]

    statuses = {name: [each.status_code for each in seen] for name, seen in responses.items()}
    assert statuses == {
        "create_proofreads": [200],
        "get_proofread": [200, 200],
        "get_proofread_captions": [409, 200],
        "generate_translation": [409, 200],
        "correct_proofread": [200, 400],
    }
    deviations = v3.document.deviations
    assert [deviations(name, each) for name, seen in responses.items() for each in seen] == [[]] * 9


def test_upload_is_as_documented(v3: Heygen) -> None:
    path = v3.document.operations["upload_asset"].path
    file = SimpleUploadedFile("talk.srt", SRT.encode(), "application/octet-stream")

    uploaded, refused = [v3.client.post(path, {"file": each}) for each in (file, "no file")]

    assert (uploaded.status_code, v3.document.deviations("upload_asset", uploaded)) == (200, [])
    assert (refused.status_code, v3.document.deviations("upload_asset", refused)) == (400, [])


def test_webhooks_are_as_documented(v3: Heygen, clock: SetClock) -> None:
    ids = [v3.id_of("endpoint_id") for _ in range(2)]
    url = "https://example.com/hook"
    ids.append(
        v3.send("create_webhook_endpoint", {"url": url, "events": ["batch.finished"]}).json()[
            "data"
        ]["endpoint_id"]
    )
    v3.create(duration=1, outcome="completed")
    v3.create(duration=1, scenario="fail")
    clock.advance(60)
    report_due(clock())
    responses = {
        "create_webhook_endpoint": [v3.send("create_webhook_endpoint", {"url": url})],
        "list_webhook_endpoints": [v3.send("list_webhook_endpoints", query="?limit=2")],
        "update_webhook_endpoint": [
            v3.send("update_webhook_endpoint", {"url": url}, endpoint_id=each)
            for each in (ids[0], "unknown")
        ],
        "rotate_webhook_secret": [v3.send("rotate_webhook_secret", endpoint_id=ids[0])],
        "list_webhook_event_types": [v3.send("list_webhook_event_types")],
        "list_webhook_events": [v3.send("list_webhook_events", query="?limit=1")],
        "delete_webhook_endpoint": [v3.send("delete_webhook_endpoint", endpoint_id=ids[0])],
    }

    statuses = [[each.status_code for each in seen] for seen in responses.values()]
    assert statuses == [[409], [200], [409, 404], [200], [200], [200], [200]]
    deviations = v3.document.deviations
    assert [
        line for name, seen in responses.items() for each in seen for line in deviations(name, each)
    ] == []
    assert responses["list_webhook_events"][0].json()["has_more"]


def test_webhooks_of_v1_are_as_documented(v1: Heygen) -> None:
    body = {"url": "https://example.com/hook", "events": ["batch.finished"]}
    added = v1.send("add_webhook_endpoint", body)
    endpoint_id = added.json()["data"]["endpoint_id"]
    change = {"endpoint_id": endpoint_id, "events": None}
    query = f"?endpoint_id={endpoint_id}"
    responses = {
        "add_webhook_endpoint": [added, v1.send("add_webhook_endpoint", body)],
        "list_webhook_endpoints": [v1.send("list_webhook_endpoints")],
        "update_webhook_endpoint": [v1.send("update_webhook_endpoint", change)],
        "list_webhook_event_types": [v1.send("list_webhook_event_types")],
        "delete_webhook_endpoint": [
            v1.send("delete_webhook_endpoint", query=query) for _ in range(2)
        ],
    }

    statuses = [[each.status_code for each in seen] for seen in responses.values()]
    assert statuses == [[200, 409], [200], [200], [200], [200, 404]]
    deviations = v1.document.deviations
    assert [
        line for name, seen in responses.items() for each in seen for line in deviations(name, each)
    ] == []


def test_account_is_as_documented(v3: Heygen) -> None:
    assert v3.document.deviations("get_user", v3.send("get_user")) == []


def test_captions_of_v2_are_as_documented(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(duration=10, outcome="completed")
    query = f"?video_translate_id={job_id}&caption_type=srt"
    early = v2.send("get_caption", query=query)
    clock.advance(10)

    response = v2.send("get_caption", query=query)

    assert v2.document.deviations("get_caption", early) == []
    assert v2.document.deviations("get_caption", response) == []


def test_errors_are_as_documented(heygen: Heygen) -> None:
    refused = {"moderated": 400, "unreachable": 400, "no-credit": 402, "quota": 429}
    creations = {
        scenario: heygen.send(
            "create_translations", {**heygen.creation, "simulation": {"scenario": scenario}}
        )
        for scenario in refused
    }
    invalid = heygen.send("create_translations", {})
    unknown = heygen.send("get_translation", job_id="unknown")
    without_key = Client().get(heygen.document.operations["list_languages"].path)

    assert {name: each.status_code for name, each in creations.items()} == refused
    deviations = heygen.document.deviations
    assert [deviations("create_translations", each) for each in creations.values()] == [[]] * 4
    assert (invalid.status_code, deviations("create_translations", invalid)) == (400, [])
    assert (unknown.status_code, deviations("get_translation", unknown)) == (404, [])
    assert (without_key.status_code, deviations("list_languages", without_key)) == (401, [])
