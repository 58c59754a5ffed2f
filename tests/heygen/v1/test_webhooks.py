"""The webhook endpoints of v1, which are those of v3."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.client.server import Reply
from tests.heygen.v3.conftest import V3
from tests.heygen.v3.test_webhooks import ENDPOINTS, OTHER_URL, URL, register, without_secret
from tests.webhooks.receivers import receiver
from vid_trans_api.heygen.events import DESCRIPTIONS
from vid_trans_api.models import Endpoint
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.webhooks import sending

WEBHOOK = "/v1/webhook"
ADD = f"{WEBHOOK}/endpoint.add"
LIST = f"{WEBHOOK}/endpoint.list"
UPDATE = f"{WEBHOOK}/endpoint.update"
DELETE = f"{WEBHOOK}/endpoint.delete"


def add(v1: Client, url: str = URL, **fields: object) -> Any:
    return v1.post(ADD, {"url": url, **fields}, content_type="application/json")


def data_of(response: Any) -> Any:
    """Return the data of a successful response."""
    document = response.json()
    assert response.status_code == 200, response.content
    assert document == {"code": 100, "data": document["data"], "message": None}
    return document["data"]


def error_of(response: Any) -> tuple[int, int]:
    """Return the status and the code of an error."""
    document = response.json()
    assert document == {"code": document["code"], "data": None, "message": document["message"]}
    assert document["message"]
    return response.status_code, document["code"]


def test_added_endpoint_is_shown_with_its_secret(v1: Client, probed: list[str], clock: Any) -> None:
    response = add(v1, events=["video_translate.success"])

    data = data_of(response)
    assert re.fullmatch(r"whsec_\S{32,}", data.pop("secret"))
    assert re.fullmatch("[0-9a-f]{32}", data.pop("endpoint_id"))
    assert data == {
        "url": URL,
        "status": "enabled",
        "events": ["video_translate.success"],
        "username": "simulated-user",
        "created_at": "2026-01-01T00:00:00.000000Z",
    }
    assert response["Cache-Control"] == "no-store"
    assert probed == [URL]


def test_endpoints_are_those_of_v3(v1: Client, v3: V3, probed: list[str]) -> None:
    added = data_of(add(v1))
    registered = register(v3, OTHER_URL)

    listed = data_of(v1.get(LIST))

    assert listed == [
        without_secret(added),
        {**without_secret(registered), "events": None, "username": "simulated-user"},
    ]
    assert [each["endpoint_id"] for each in v3.data(ENDPOINTS)] == [
        each["endpoint_id"] for each in listed
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": OTHER_URL}, (OTHER_URL, ["batch.finished"])),
        ({"events": ["video_translate.fail"]}, (URL, ["video_translate.fail"])),
        ({"events": None}, (URL, None)),
        ({}, (URL, ["batch.finished"])),
    ],
    ids=["url", "events", "all events", "nothing"],
)
def test_update_replaces_what_it_gives(
    v1: Client,
    probed: list[str],
    fields: dict[str, object],
    expected: tuple[str, list[str] | None],
) -> None:
    endpoint = data_of(add(v1, events=["batch.finished"]))
    body = {"endpoint_id": endpoint["endpoint_id"], **fields}

    updated = data_of(v1.patch(UPDATE, body, content_type="application/json"))

    url, events = expected
    assert updated == {**without_secret(endpoint), "url": url, "events": events}
    assert data_of(v1.get(LIST)) == [updated]


def test_deleted_endpoint_is_gone(v1: Client, probed: list[str]) -> None:
    path = f"{DELETE}?endpoint_id={data_of(add(v1))['endpoint_id']}"

    assert data_of(v1.delete(path)) is None
    assert data_of(v1.get(LIST)) == []
    assert error_of(v1.delete(path)) == (404, 400404)


def test_types_of_events_are_names(v1: Client) -> None:
    assert data_of(v1.get(f"{WEBHOOK}/webhook.list")) == list(DESCRIPTIONS)


def test_errors_have_numbers(v1: Client, probed: list[str], settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    add(v1)

    errors = {
        "twice": add(v1),
        "http": add(v1, "http://receiver.test/"),
        "unknown type": add(v1, OTHER_URL, events=["x"]),
        "no JSON": v1.post(ADD, "x", content_type="application/json"),
        "no id": v1.delete(DELETE),
        "unknown id": v1.delete(f"{DELETE}?endpoint_id=x"),
        "wrong method": v1.get(ADD),
        "unknown path": v1.get("/v1/video_status.get"),
        "no key": Client().get(LIST),
    }

    assert {name: error_of(each) for name, each in errors.items()} == {
        "twice": (409, 400409),
        "http": (400, 400175),
        "unknown type": (400, 400175),
        "no JSON": (400, 400175),
        "no id": (400, 400175),
        "unknown id": (404, 400404),
        "wrong method": (405, 400175),
        "unknown path": (404, 400404),
        "no key": (401, 400112),
    }
    assert all("X-Request-Id" in each for each in errors.values())
    assert probed == [URL]  # only what was registered


def test_repeated_registration_is_sent_its_first_response(v1: Client, probed: list[str]) -> None:
    first, repeated = [
        v1.post(
            ADD, {"url": URL}, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]

    assert repeated.content == first.content
    assert probed == [URL]


@pytest.mark.django_db(transaction=True)
def test_registered_url_is_sent_options_outside_of_a_transaction(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    in_transaction: list[bool] = []

    def noted(url: str, **options: Any) -> Any:
        in_transaction.append(connection.in_atomic_block)
        return sending.options(url, **options)

    monkeypatch.setattr(operations, "options", noted)
    with receiver(Reply(405)) as running:
        added = data_of(add(Client(headers={"X-Api-Key": "test"}), running.url))

    assert [request.method for request in running.requests] == ["OPTIONS"]
    assert in_transaction == [False]
    assert Endpoint.objects.get().public_id == added["endpoint_id"]


def test_failing_options_refuses_nothing(v1: Client, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False

    assert data_of(add(v1, "https://127.0.0.1/"))["status"] == "enabled"
