"""The webhook endpoints of v3, and the history of events."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import V3, error_of, simulated
from tests.webhooks.sending import Receivers, dispatch
from vid_trans_api.heygen.events import DESCRIPTIONS
from vid_trans_api.models import Endpoint, Job
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.simulation.webhook_faults import WebhookFault, WebhookRule

WEBHOOKS = "/v3/webhooks"
ENDPOINTS = f"{WEBHOOKS}/endpoints"
EVENTS = f"{WEBHOOKS}/events"
URL = "https://receiver.test/hook"
OTHER_URL = "https://receiver.test/other"


def register(v3: V3, url: str = URL, **fields: object) -> dict[str, Any]:
    response = v3.post(ENDPOINTS, {"url": url, **fields})
    assert response.status_code == 200, response.content
    endpoint: dict[str, Any] = response.json()["data"]
    return endpoint


def patch(v3: V3, endpoint: dict[str, Any], **fields: object) -> Any:
    path = f"{ENDPOINTS}/{endpoint['endpoint_id']}"
    return v3.client.patch(path, fields, content_type="application/json")


def without_secret(endpoint: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in endpoint.items() if name != "secret"}


def end(v3: V3, clock: SetClock, count: int = 1, **simulation: object) -> list[str]:
    """Let jobs end, one a second, and have their ends reported; return their ids."""
    options = {"outcome": "completed", **simulation}
    ids = [v3.create(simulated(duration=1 + each, **options)) for each in range(count)]
    clock.advance(count)
    dispatch(Receivers())
    return ids


def test_registered_endpoint_is_shown_with_its_secret(v3: V3, clock: SetClock) -> None:
    response = v3.post(ENDPOINTS, {"url": URL, "events": ["batch.finished"], "entity_id": "a"})

    data = response.json()["data"]
    assert re.fullmatch(r"whsec_\S{32,}", data.pop("secret"))
    assert re.fullmatch("[0-9a-f]{32}", data.pop("endpoint_id"))
    assert data == {
        "url": URL,
        "events": ["batch.finished"],
        "status": "enabled",
        "created_at": "2026-01-01T00:00:00.000000Z",
    }
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("fields", [{}, {"events": None}, {"entity_id": None, "unknown": 1}])
def test_all_events_are_a_field_that_is_left_out(v3: V3, fields: dict[str, Any]) -> None:
    assert "events" not in register(v3, **fields)
    assert Endpoint.objects.get().events is None


def test_types_of_other_parts_of_heygen_are_accepted(v3: V3) -> None:
    types = ["avatar_video.success", "video_translate.success"]

    assert register(v3, events=types)["events"] == types


def test_list_shows_no_secrets(v3: V3) -> None:
    endpoints = [register(v3, f"{URL}/{number}") for number in range(3)]

    first = v3.get(f"{ENDPOINTS}?limit=2").json()
    rest = v3.get(f"{ENDPOINTS}?token={first['next_token']}").json()

    assert first["data"] == [without_secret(each) for each in endpoints[:2]]
    assert rest == {"data": [without_secret(endpoints[2])], "has_more": False}


def test_list_is_empty_for_a_new_key(v3: V3) -> None:
    for path in (ENDPOINTS, EVENTS):
        assert v3.get(path).json() == {"data": [], "has_more": False}


def test_endpoints_of_the_own_api_and_of_others_are_not_here(v3: V3, v3_api: Api) -> None:
    own = v3_api.post("/webhooks", {"url": URL}).json()
    foreign = register(V3(api_key="other"))

    assert v3.data(ENDPOINTS) == []
    for endpoint_id in (own["id"], foreign["endpoint_id"], "unknown"):
        deleted = v3.delete(f"{ENDPOINTS}/{endpoint_id}")
        assert error_of(deleted) == (404, "webhook_not_found", None)
    assert register(v3)["url"] == URL


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": OTHER_URL}, (OTHER_URL, ["batch.finished"])),
        ({"events": ["video_translate.fail"]}, (URL, ["video_translate.fail"])),
        ({"url": None, "events": None}, (URL, ["batch.finished"])),
        ({}, (URL, ["batch.finished"])),
    ],
    ids=["url", "events", "null", "nothing"],
)
def test_change_replaces_what_it_gives(
    v3: V3, fields: dict[str, object], expected: tuple[str, list[str]]
) -> None:
    endpoint = register(v3, events=["batch.finished"])

    changed = patch(v3, endpoint, **fields).json()["data"]

    url, events = expected
    assert changed == {**without_secret(endpoint), "url": url, "events": events}
    assert v3.data(ENDPOINTS) == [changed]


def test_change_keeps_what_another_change_has_replaced(v3: V3) -> None:
    register(v3)
    stale = Endpoint.objects.get()
    operations.update_endpoint(stale, operations.EndpointChange(url=OTHER_URL))
    stale.url = URL

    operations.update_endpoint(stale, operations.EndpointChange(events=["batch.finished"]))

    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.events) == (OTHER_URL, ["batch.finished"])


def test_disabled_endpoint_is_shown_as_such(v3: V3) -> None:
    register(v3)
    Endpoint.objects.update(disabled_reason="gone")

    assert [each["status"] for each in v3.data(ENDPOINTS)] == ["disabled"]


def test_rotated_secret_is_shown_once_and_replaces_the_old_one(v3: V3) -> None:
    endpoint = register(v3)

    response = v3.post(f"{ENDPOINTS}/{endpoint['endpoint_id']}/rotate-secret")

    data = response.json()["data"]
    assert data == {"endpoint_id": endpoint["endpoint_id"], "secret": data["secret"]}
    assert data["secret"] == Endpoint.objects.get().secret != endpoint["secret"]
    assert response["Cache-Control"] == "no-store"


def test_deleted_endpoint_is_gone(v3: V3) -> None:
    path = f"{ENDPOINTS}/{register(v3)['endpoint_id']}"

    assert v3.delete(path).json() == {"data": {}}
    assert v3.data(ENDPOINTS) == []
    assert error_of(v3.delete(path)) == (404, "webhook_not_found", None)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "url"),
        ({"url": None}, "url"),
        ({"url": "receiver.test"}, "url"),
        ({"url": "http://receiver.test/"}, "url"),
        ({"url": "https://user:password@receiver.test/"}, "url"),
        ({"url": URL, "events": "batch.finished"}, "events"),
        ({"url": URL, "events": ["batch.finished", "batch.begun"]}, "events.1"),
        ({"url": URL, "entity_id": "x" * 201}, "entity_id"),
    ],
)
def test_invalid_endpoint_is_refused(
    v3: V3, settings: Any, fields: dict[str, object], param: str
) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False

    assert error_of(v3.post(ENDPOINTS, fields)) == (400, "invalid_parameter", param)


def test_url_can_be_registered_once(v3: V3) -> None:
    register(v3)
    other = register(v3, OTHER_URL)

    assert error_of(v3.post(ENDPOINTS, {"url": URL})) == (409, "conflict", None)
    assert error_of(patch(v3, other, url=URL)) == (409, "conflict", None)
    assert patch(v3, other, url=OTHER_URL).status_code == 200


def test_number_of_endpoints_is_limited(v3: V3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST_ENDPOINTS", 1)
    register(v3)

    refused = v3.post(ENDPOINTS, {"url": OTHER_URL})

    assert error_of(refused) == (400, "resource_limit_reached", None)


def test_repeated_registration_shows_the_same_secret_to_its_key_only(v3: V3) -> None:
    first, repeated, foreign = [
        each.post(ENDPOINTS, {"url": URL}, **{"Idempotency-Key": "k"})
        for each in (v3, v3, V3(api_key="other"))
    ]

    assert repeated.content == first.content
    assert repeated["Cache-Control"] == "no-store"
    assert foreign.json()["data"]["secret"] != first.json()["data"]["secret"]
    assert Endpoint.objects.count() == 2


def test_routes_need_a_key(db: None) -> None:
    for path in (ENDPOINTS, f"{WEBHOOKS}/event-types", EVENTS):
        assert error_of(Client().get(path)) == (401, "unauthorized", None)


def test_types_of_events_have_descriptions(v3: V3) -> None:
    assert v3.data(f"{WEBHOOKS}/event-types") == [
        {"event_type": each, "description": text} for each, text in DESCRIPTIONS.items()
    ]


def test_history_has_what_was_sent(v3: V3, clock: SetClock) -> None:
    register(v3)
    v3.create(simulated(duration=1, outcome="completed"))
    receivers = Receivers()
    clock.advance(1)
    dispatch(receivers)

    (event,) = v3.data(EVENTS)

    (sent,) = receivers.requests
    assert event == {
        "event_id": sent.headers["Heygen-Event-Id"],
        **sent.document,
        "created_at": "2026-01-01T00:00:01.000000Z",
    }


def test_history_has_pages_newest_first(v3: V3, clock: SetClock) -> None:
    register(v3)
    register(v3, OTHER_URL)
    ids = end(v3, clock, count=3)

    first = v3.get(f"{EVENTS}?limit=2").json()
    rest = v3.get(f"{EVENTS}?limit=2&token={first['next_token']}").json()

    listed = [each["event_data"]["video_translation_id"] for each in first["data"] + rest["data"]]
    assert listed == ids[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_history_can_be_filtered_by_type(v3: V3, clock: SetClock) -> None:
    register(v3)
    end(v3, clock)
    (failed,) = end(v3, clock, outcome="error")

    (event,) = v3.data(f"{EVENTS}?event_type=video_translate.fail")

    assert event["event_data"]["video_translation_id"] == failed
    assert v3.data(f"{EVENTS}?event_type=avatar_video.fail") == []
    assert error_of(v3.get(f"{EVENTS}?event_type=x")) == (400, "invalid_parameter", "event_type")


def test_history_can_be_filtered_by_entity(v3: V3, clock: SetClock) -> None:
    register(v3, events=["video_translate.success"], entity_id="a")
    register(v3, OTHER_URL, events=["video_translate.fail"], entity_id="b")
    end(v3, clock)
    end(v3, clock, outcome="error")

    types = {
        entity: [each["event_type"] for each in v3.data(f"{EVENTS}?entity_id={entity}")]
        for entity in ("a", "b", "c")
    }

    assert types == {
        "a": ["video_translate.success"],
        "b": ["video_translate.fail"],
        "c": [],
    }


def test_history_has_callbacks_and_no_misbehaviours(v3: V3, clock: SetClock) -> None:
    job_id = v3.create({**simulated(duration=1, outcome="completed"), "callback_url": URL})
    rules = tuple(WebhookRule(fault=each) for each in WebhookFault if each is not WebhookFault.LOST)
    job = Job.objects.get()
    assert job.plan is not None
    job.plan = replace(job.plan, webhooks=rules)
    job.save()
    receivers = Receivers()
    clock.advance(1000)
    dispatch(receivers)

    (event,) = v3.data(EVENTS)

    assert len(receivers.requests) > 3
    assert event["event_data"]["video_translation_id"] == job_id


def test_history_is_that_of_the_key(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.post("/webhooks", {"url": URL})
    end(v3, clock)
    other = V3(api_key="other")
    register(other)
    end(other, clock)

    assert v3.data(EVENTS) == []
    assert len(other.data(EVENTS)) == 1
