"""When a failed delivery is tried again, and when its endpoint is disabled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Api, SetClock
from tests.webhooks.sending import (
    Receivers,
    SentRequest,
    attempts,
    create,
    dispatch,
    register,
)
from vid_trans_api.models import Delivery, Endpoint
from vid_trans_api.webhooks.reporting import report_due

pytestmark = pytest.mark.django_db


def test_failed_delivery_is_tried_again_later(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    receivers.respond = lambda _: 503 if len(receivers.requests) == 1 else 204
    register(api)
    create(api, seconds=10)

    for _ in range(200):
        clock.advance(0.1)
        dispatch(receivers)

    first, second = attempts()
    assert first == pytest.approx(10, abs=0.11)
    assert 4 <= second - first <= 5.1
    event_ids = {request.headers["webhook-id"] for request in receivers.requests}
    assert len(event_ids) == 1
    assert Delivery.objects.get().state == "delivered"


def test_waiting_delivery_holds_up_none_behind_it(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    failing = create_failing_and_other(api, receivers)

    clock.advance(11)
    dispatch(receivers)

    states = Delivery.objects.order_by("number").values_list("event__subject", "state")
    assert [state for subject, state in states if subject == failing] == ["pending"]
    assert [state for subject, state in states if subject != failing] == ["delivered"]


def create_failing_and_other(api: Api, receivers: Receivers) -> str:
    """Create two jobs, of whose events the first is not accepted; return its id."""
    register(api)
    failing = create(api, seconds=10)
    create(api, seconds=11)

    def respond(request: SentRequest) -> int:
        return 500 if request.document["data"]["id"] == failing else 200

    receivers.respond = respond
    return failing


def test_day_against_a_dead_endpoint_is_eleven_attempts(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    receivers.respond = lambda _: None
    endpoint = register(api)
    create(api, seconds=10)
    api.set_clock(freeze=True)

    api.set_clock(advance=86_400 + 10)
    dispatch(receivers)

    times = attempts()
    assert len(times) == 11
    assert times == sorted(times)
    assert times[0] == 10
    assert times[-1] <= 86_410
    disabled = api.get(f"/webhooks/{endpoint['id']}").json()
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "failing")


def test_advance_next_leads_to_the_next_attempt(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    receivers.respond = lambda _: 500
    register(api)
    create(api, seconds=10)
    api.set_clock(freeze=True)
    for _ in range(3):
        api.set_clock(advance="next")
        dispatch(receivers)

    end, first, second = attempts()

    assert end == 10
    assert 4 <= first - end <= 5
    assert 24 <= second - first <= 30


@pytest.mark.parametrize("change", [{"advance": "next"}, {"speed": 2}, {"freeze": True}])
def test_clock_changes_by_as_many_statements_however_much_waits(
    api: Api, clock: SetClock, receivers: Receivers, change: dict[str, Any]
) -> None:
    receivers.respond = lambda _: 500
    counts = []
    for workspace, callbacks in (api, 1), (Api(api_key="other"), 5):
        for number in range(callbacks):
            create(workspace, seconds=10, callback_url=f"https://callback.test/{number}")
        clock.advance(10)
        dispatch(receivers)

        with CaptureQueriesContext(connection) as queries:
            workspace.set_clock(**change)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("speed", [0.5, 3])
def test_retry_follows_the_speed_of_the_clock(
    api: Api, clock: SetClock, receivers: Receivers, speed: float
) -> None:
    receivers.respond = lambda _: 500
    register(api)
    create(api, seconds=10)
    clock.advance(10)
    dispatch(receivers)
    due_at = Delivery.objects.get().due_at
    assert due_at is not None

    api.set_clock(speed=speed)

    assert Endpoint.objects.get().wake_at == clock() + (due_at - clock()) / speed


def test_410_disables_an_endpoint(api: Api, clock: SetClock, receivers: Receivers) -> None:
    receivers.respond = lambda _: 410
    endpoint = register(api)
    create(api)
    clock.advance(10)

    dispatch(receivers)

    assert api.get(f"/webhooks/{endpoint['id']}").json()["disabled_reason"] == "gone"


def test_what_waits_is_sent_once_its_endpoint_is_enabled(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    endpoint = register(api)
    create(api)
    report_at = clock.at + timedelta(seconds=10)
    clock.advance(10)
    report_due(report_at)
    api.patch(f"/webhooks/{endpoint['id']}", {"enabled": False})
    dispatch(receivers)
    assert receivers.requests == []

    api.patch(f"/webhooks/{endpoint['id']}", {"enabled": True})
    dispatch(receivers)

    assert receivers.types == ["job.completed"]


def test_what_waits_in_a_workspace_with_its_own_clock_is_sent_as_of_now(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    receivers.respond = lambda _: 410 if len(receivers.requests) == 1 else 200
    endpoint = register(api)
    create(api, seconds=10)
    api.set_clock(freeze=True)
    api.set_clock(advance=10)
    dispatch(receivers)
    api.set_clock(advance=3600)

    api.patch(f"/webhooks/{endpoint['id']}", {"enabled": True})
    dispatch(receivers)

    assert attempts() == [10, 3610]


def test_endpoint_that_accepts_other_events_stays_enabled(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    failing = create_failing_and_other(api, receivers)
    create(api, seconds=3600)
    api.set_clock(freeze=True)

    api.set_clock(advance=2 * 86_400)
    dispatch(receivers)

    states = dict(Delivery.objects.values_list("event__subject", "state"))
    assert states.pop(failing) == "failed"
    assert set(states.values()) == {"delivered"}
    assert Endpoint.objects.get().is_enabled


def test_event_that_got_a_410_is_sent_once_its_endpoint_is_enabled(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    receivers.respond = lambda _: 410 if len(receivers.requests) == 1 else 200
    endpoint = register(api)
    create(api)
    clock.advance(10)
    dispatch(receivers)

    api.patch(f"/webhooks/{endpoint['id']}", {"enabled": True})
    dispatch(receivers)

    assert Delivery.objects.get().state == "delivered"
