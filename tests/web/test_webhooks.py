"""The pages of webhooks: endpoints, their secrets, and deliveries."""

import html
import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.conftest import Api
from tests.starting import found
from tests.webhooks.sending import Receivers, dispatch
from vid_trans_api.models import Delivery, Endpoint, Workspace

pytestmark = pytest.mark.django_db

WEBHOOKS = "/webhooks"
URL = "https://receiver.test/hook"
SIMULATION = {"outcome": "completed", "duration": 10, "seed": 2}


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def endpoint(api: Api, clock) -> Endpoint:
    return registered(api)


def registered(api: Api, url: str = URL) -> Endpoint:
    response = api.post("/webhooks", {"url": url})
    return Endpoint.objects.get(public_id=response.json()["id"])


def send_end(api: Api, clock, receivers: Receivers, **fields: Any) -> Any:
    """Have a job end and its event sent; return the job."""
    job = api.create({"simulation": SIMULATION, **fields})
    clock.advance(10)
    dispatch(receivers)
    return job


def path_of_newest(browser: Client) -> str:
    """Return the path of the newest delivery."""
    page: Any = browser.get(WEBHOOKS)
    return found(r'href="(/webhooks/deliveries/\d+)"', page) or ""


def rows(response: HttpResponse) -> list[str]:
    """Return the text of each delivery in a list, without tags."""
    found = re.findall(r'<li class="job delivery".*?</li>', response.text, re.DOTALL)
    return [html.unescape(" ".join(re.sub("<[^>]+>", " ", each).split())) for each in found]


def test_registered_endpoint_shows_its_secret_once(browser, clock):
    response = browser.post(WEBHOOKS, {"url": URL, "format": "standard"})

    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.format, endpoint.events) == (URL, "standard", None)
    assert endpoint.secret in response.text
    assert response["Cache-Control"] == "no-store"
    assert endpoint.secret not in browser.get(WEBHOOKS).text


def test_only_the_types_of_the_chosen_format_count(browser, clock):
    browser.post(
        WEBHOOKS,
        {
            "url": URL,
            "format": "heygen",
            "heygen_events": ["video_translate.fail"],
            "standard_events": ["job.error"],
        },
    )

    endpoint = Endpoint.objects.get()
    assert (endpoint.format, endpoint.events) == ("heygen", ["video_translate.fail"])


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", "This field is required."),
        ("ftp://receiver.test", "The URL does not begin with https:// or http://."),
        (URL, f"There is already a webhook endpoint with the URL {URL}."),
    ],
)
def test_form_says_what_is_wrong_with_a_url(browser, endpoint, settings, url, error):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True

    response = browser.post(WEBHOOKS, {"url": url, "format": "standard"})

    assert response.status_code == 400
    assert error in html.unescape(response.text)
    assert Endpoint.objects.count() == 1


def test_rotation_shows_the_new_secret(browser, endpoint):
    response = browser.post(f"/webhooks/{endpoint.public_id}/rotate-secret")

    old = endpoint.secret
    endpoint.refresh_from_db()
    assert endpoint.secret != old
    assert endpoint.secret in response.text
    assert response["Cache-Control"] == "no-store"


def test_new_secret_of_callbacks_is_shown(browser, clock):
    response = browser.post("/webhooks/secret")

    assert Workspace.objects.get().webhook_secret in response.text


def test_endpoint_is_disabled_enabled_and_deleted(browser, endpoint):
    reasons = []
    for action in ("disable", "enable"):
        response = browser.post(f"/webhooks/{endpoint.public_id}/{action}")
        endpoint.refresh_from_db()
        reasons.append(endpoint.disabled_reason)
    browser.post(f"/webhooks/{endpoint.public_id}/delete")

    assert reasons == ["disabled", ""]
    assert response["Location"] == WEBHOOKS
    assert not Endpoint.objects.exists()


def test_endpoint_that_was_disabled_says_why(browser, api, endpoint, clock, receivers):
    receivers.respond = lambda _: 410
    send_end(api, clock, receivers)

    response = browser.get(WEBHOOKS)

    assert "Disabled, as it responded with 410." in response.text
    assert "/enable" in response.text


@pytest.mark.parametrize(
    ("payload_format", "document"),
    [
        ("standard", {"type": "test", "timestamp": "2026-01-01T00:00:00.000000Z", "data": {}}),
        (
            "heygen",
            {
                "event_type": "video_translate.success",
                "event_data": {
                    "video_translate_id": "test",
                    "video_translation_id": "test",
                    "callback_id": None,
                    "output_language": "Spanish",
                    "url": "https://example.com/test.mp4",
                },
            },
        ),
    ],
)
def test_test_event_is_sent_in_the_format_of_its_endpoint(
    browser, clock, receivers, payload_format, document
):
    browser.post(WEBHOOKS, {"url": URL, "format": payload_format})
    endpoint = Endpoint.objects.get()

    browser.post(f"/webhooks/{endpoint.public_id}/test")
    dispatch(receivers)

    assert [request.document for request in receivers.requests] == [document]


def test_deliveries_say_what_came_of_them(browser, api, endpoint, clock, receivers):
    statuses = iter([200, 500])
    receivers.respond = lambda _: next(statuses)
    send_end(api, clock, receivers, title="First")
    send_end(api, clock, receivers, title="Second")
    browser.post(f"/webhooks/{endpoint.public_id}/test")

    assert rows(browser.get(WEBHOOKS)) == [
        f"Pending test 0 s ago · {URL} due now",
        f"Pending job.completed Second · 0 s ago · {URL} 500 · 1 attempt · next try in 5 s",
        f"Delivered job.completed First · 10 s ago · {URL} 200 · 1 attempt",
    ]


def test_pending_delivery_to_a_disabled_endpoint_says_so(browser, endpoint):
    browser.post(f"/webhooks/{endpoint.public_id}/test")
    browser.post(f"/webhooks/{endpoint.public_id}/disable")

    assert "due once the endpoint is enabled" in rows(browser.get(WEBHOOKS))[0]


def test_event_remains_when_its_endpoint_is_deleted(browser, api, endpoint, clock, receivers):
    send_end(api, clock, receivers, title="Talk")
    browser.post(f"/webhooks/{endpoint.public_id}/delete")

    assert rows(browser.get(WEBHOOKS)) == [
        "Not sent job.completed Talk · 0 s ago · its endpoint was deleted"
    ]


def test_deliveries_are_paged(browser, endpoint, clock, monkeypatch):
    monkeypatch.setattr("vid_trans_api.web.webhooks.PAGE_LENGTH", 2)
    for _ in range(3):
        browser.post(f"/webhooks/{endpoint.public_id}/test")
        clock.advance(1)

    first = browser.get(WEBHOOKS)
    second = browser.get(found(r'href="([^"]+)" rel="next"', first) or "")

    ages = [re.findall(r"(\d) s ago", " ".join(rows(each))) for each in (first, second)]
    assert ages == [["1", "2"], ["3"]]
    assert 'rel="next"' not in second.text


def test_page_of_a_delivery_shows_payload_and_attempts(browser, api, endpoint, clock, receivers):
    receivers.respond = lambda _: None
    job = send_end(api, clock, receivers, title="<b>Talk</b>")

    response = browser.get(path_of_newest(browser))

    (request,) = receivers.requests
    text = html.unescape(response.text)
    assert json.dumps(request.document, indent=2) in text
    assert f"webhook-signature: {request.headers['webhook-signature']}" in text
    assert endpoint.secret not in text
    assert "It cannot be reached." in text
    assert "<dt>Next try</dt><dd>in 5 s</dd>" in text
    assert f'href="/jobs/{job["id"]}"' in text
    assert "<b>Talk</b>" not in response.text


def test_send_again_repeats_a_delivery(browser, api, endpoint, clock, receivers):
    send_end(api, clock, receivers)
    path = path_of_newest(browser)

    response = browser.post(f"{path}/again")
    dispatch(receivers)

    ids = {request.headers["webhook-id"] for request in receivers.requests}
    assert response["Location"] == path
    assert (len(receivers.requests), len(ids)) == (2, 1)
    assert browser.get(path).text.count("Headers as sent") == 2


def test_page_of_a_job_shows_its_deliveries(browser, api, endpoint, clock, receivers):
    send_end(api, clock, receivers)
    job = send_end(api, clock, receivers)
    path = f"/jobs/{job['id']}"

    response = browser.get(path)

    assert rows(response) == [f"Delivered job.completed 0 s ago · {URL} 200 · 1 attempt"]
    assert f'href="{path}#webhooks"' in browser.get(f"{path}/timeline").text
    assert f'href="{WEBHOOKS}"' in browser.get("/").text


@pytest.mark.parametrize("path", [WEBHOOKS, "job", "delivery"])
def test_page_changes_with_each_attempt(browser, api, endpoint, clock, receivers, path):
    receivers.respond = lambda _: 500
    job = send_end(api, clock, receivers)
    paths = {"job": f"/jobs/{job['id']}", "delivery": path_of_newest(browser)}
    path = paths.get(path, path)
    before = browser.get(path)["ETag"]
    same = browser.get(path, headers={"If-None-Match": before})

    clock.advance(5)
    dispatch(receivers)
    after = browser.get(path, headers={"If-None-Match": before})

    assert (same.status_code, after.status_code) == (304, 200)


ACTIONS = ("enable", "disable", "test", "rotate-secret", "delete")


def test_stranger_sees_and_changes_nothing(browser, clock, receivers):
    theirs = Api(api_key="secret")
    endpoint = registered(theirs)
    send_end(theirs, clock, receivers)
    browser.post("/key", {"key": "secret"})
    delivery = path_of_newest(browser)
    browser.post("/key", {"key": "other"})

    page = browser.get(WEBHOOKS)
    responses = [
        browser.get(delivery),
        browser.post(f"{delivery}/again"),
        *(browser.post(f"/webhooks/{endpoint.public_id}/{action}") for action in ACTIONS),
        browser.get(f"{WEBHOOKS}?workspace={endpoint.workspace_id}"),
        browser.post(f"/webhooks/secret?workspace={endpoint.workspace_id}"),
    ]

    assert URL not in page.text
    assert rows(page) == []
    assert {response.status_code for response in responses} == {404}
    before, secret = endpoint.disabled_reason, endpoint.secret
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, endpoint.secret) == (before, secret)
    assert Delivery.objects.get().state == "delivered"


def test_staff_open_the_webhooks_of_any_workspace(staff, clock, receivers):
    endpoint = registered(Api(api_key="secret"))

    page = staff.get(f"{WEBHOOKS}?workspace={endpoint.workspace_id}")
    response = staff.post(f"/webhooks/{endpoint.public_id}/disable")

    assert URL in page.text
    assert response["Location"] == f"{WEBHOOKS}?workspace={endpoint.workspace_id}"


@pytest.mark.parametrize("number", [0, 2**52 - 1, 2**52, 10**40])
def test_unknown_delivery_is_not_found(browser, number):
    assert browser.get(f"/webhooks/deliveries/{number}").status_code == 404


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/secret", "/webhooks/x/delete"])
def test_form_of_another_site_is_rejected(path):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403
