"""The admin's pages of webhooks."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import Api
from tests.starting import found
from tests.webhooks.sending import Receivers, dispatch
from vid_trans_api.models import Delivery, Endpoint
from vid_trans_api.operations.endpoints import send_test_event

pytestmark = pytest.mark.django_db

ADMIN = "/admin/vid_trans_api"


@pytest.fixture
def receivers() -> Receivers:
    return Receivers(respond=lambda _: 410)


@pytest.fixture
def delivery(api: Api, clock, receivers) -> Delivery:
    """A delivery that waits for an endpoint that is disabled since the first attempt."""
    api.post("/webhooks", {"url": "https://receiver.test/hook"})
    end_job(api, clock, receivers)
    return Delivery.objects.get()


def end_job(api: Api, clock, receivers: Receivers) -> None:
    api.create(duration=1)
    clock.advance(1)
    dispatch(receivers)


def run_action(client: Client, model: str, action: str, number: int, **fields: str) -> list[str]:
    response = client.post(
        f"{ADMIN}/{model}/", {"action": action, "_selected_action": [number], **fields}
    )
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_endpoint_says_why_it_is_disabled_and_not_its_secret(admin, delivery):
    endpoint = delivery.endpoint

    pages = [admin.get(f"{ADMIN}/endpoint/{path}") for path in ("", f"{endpoint.pk}/change/")]

    assert all("disabled: gone" in page.text for page in pages)
    assert all(endpoint.secret not in page.text for page in pages)
    assert f'href="{ADMIN}/delivery/?endpoint__id__exact={endpoint.pk}"' in pages[0].text


def test_event_shows_its_payload_and_deliveries(admin, delivery):
    page = admin.get(f"{ADMIN}/event/{delivery.event.number}/change/")
    deliveries = admin.get(found(rf'href="({ADMIN}/delivery/[^"]+)"', page) or "")

    assert "&quot;status&quot;:" in page.text
    assert '<span class="badge badge-pending">Pending</span>' in deliveries.text


def test_delivery_shows_its_attempts(admin, delivery, receivers):
    page = admin.get(f"{ADMIN}/delivery/{delivery.number}/change/")

    (request,) = receivers.requests
    assert f"webhook-signature: {request.headers['webhook-signature']}" in page.text
    assert '<td class="field-status">' in page.text


def test_nothing_can_be_added_changed_or_deleted(admin, delivery):
    paths = [
        f"{ADMIN}/{model}/{path}"
        for model, number in (
            ("endpoint", delivery.endpoint.pk),
            ("event", delivery.event.number),
            ("delivery", delivery.number),
        )
        for path in ("add/", f"{number}/change/", f"{number}/delete/")
    ]

    assert {admin.post(path, {}).status_code for path in paths} == {403}


def test_send_again_and_enable_have_it_sent(admin, delivery, receivers):
    receivers.respond = lambda _: 200

    run_action(admin, "delivery", "send_again", delivery.number)
    messages = run_action(admin, "endpoint", "enable", delivery.endpoint.pk)
    dispatch(receivers)

    delivery.refresh_from_db()
    assert messages == ["To be sent again: 1.", "Enabled: 1."]
    assert (delivery.state, len(receivers.requests)) == ("delivered", 2)


@pytest.mark.parametrize("is_allowed", [True, False])
def test_actions_need_the_permission_to_change(staff, delivery, is_allowed):
    names = ["view_endpoint", *(["change_endpoint"] if is_allowed else [])]
    user = User.objects.get()
    user.user_permissions.set(Permission.objects.filter(codename__in=names))

    run_action(staff, "endpoint", "enable", delivery.endpoint.pk)

    assert Endpoint.objects.get().is_enabled is is_allowed


def test_action_on_all_deliveries_is_limited_to_the_selected_ones(
    admin, api, delivery, clock, receivers
):
    Delivery.objects.create(event=delivery.event, endpoint=delivery.endpoint, seed=0, state="lost")

    run_action(admin, "delivery", "send_again", delivery.number, select_across="1")

    states = Delivery.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["pending", "lost"]


@pytest.mark.parametrize("state", ["pending", "delivered", "failed"])
def test_state_filter_shows_deliveries_of_that_state(admin, delivery, state):
    for each in ("delivered", "failed", "lost"):
        Delivery.objects.create(
            event=delivery.event, endpoint=delivery.endpoint, seed=0, state=each
        )

    page = admin.get(f"{ADMIN}/delivery/?state={state}")

    assert re.findall(r'class="badge badge-(\w+)"', page.text) == [state]


@pytest.mark.sqlite(reason="it reads SQLite's query plans")
@pytest.mark.parametrize("state", ["pending", "failed"])
def test_deliveries_that_are_few_are_found_by_an_index(admin, delivery, state):
    with CaptureQueriesContext(connection) as captured:
        admin.get(f"{ADMIN}/delivery/?state={state}")

    table = 'FROM "vid_trans_api_delivery"'
    queries = [each["sql"] for each in captured if table in each["sql"]]
    with connection.cursor() as cursor:
        plans = [str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in queries]
    assert len(plans) == 2
    assert all(f"{state}_deliveries" in plan and "TEMP B-TREE" not in plan for plan in plans)


@pytest.mark.parametrize("model", ["endpoint", "event", "delivery"])
def test_list_needs_no_query_for_each_row_and_counts_to_a_limit(admin, api, delivery, model):
    lists = []
    for number in range(2):
        with CaptureQueriesContext(connection) as captured:
            admin.get(f"{ADMIN}/{model}/")
        lists.append([each["sql"] for each in captured])
        response = api.post("/webhooks", {"url": f"https://{number}.receiver.test/hook"})
        send_test_event(Endpoint.objects.get(public_id=response.json()["id"]))

    assert len(lists[0]) == len(lists[1])
    assert all("LIMIT 1001" in query for query in lists[1] if "COUNT" in query)
