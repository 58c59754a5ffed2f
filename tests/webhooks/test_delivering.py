"""What is sent to endpoints, when, and in which order."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.webhooks.sending import Receivers, SentRequest, dispatch
from vid_trans_api.models import Delivery, DeliveryAttempt, Endpoint, Workspace
from vid_trans_api.operations.prune import prune
from vid_trans_api.webhooks.delivering import LEASE, deliver, lease_endpoint
from vid_trans_api.webhooks.reporting import report_due
from vid_trans_api.webhooks.signing import standard_headers

pytestmark = pytest.mark.django_db

URL = "https://receiver.test/hook"


def register(api: Api, url: str = URL, **fields: Any) -> dict[str, Any]:
    response = api.post("/webhooks", {"url": url, **fields})
    assert response.status_code == 201, response.content
    endpoint: dict[str, Any] = response.json()
    return endpoint


def create(api: Api, seconds: float = 10, outcome: str = "completed", **fields: Any) -> str:
    """Create a job; return its id."""
    job = api.create({"simulation": {"outcome": outcome, "duration": seconds}, **fields})
    return str(job["id"])


def attempts() -> list[float]:
    """Return when each attempt was made, in seconds since the new year."""
    times = DeliveryAttempt.objects.values_list("at", flat=True)
    return [(each - NEW_YEAR).total_seconds() for each in times]


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


def test_end_of_a_job_is_sent_once(api: Api, clock: SetClock, receivers: Receivers) -> None:
    endpoint = register(api)
    job_id = create(api, seconds=10)

    for seconds in (9.9, 0.1, 10):
        clock.advance(seconds)
        dispatch(receivers)

    (request,) = receivers.requests
    assert request.url == URL
    assert request.document == {
        "type": "job.completed",
        "timestamp": "2026-01-01T00:00:10.000000Z",
        "data": api.job(job_id),
    }
    event_id = request.headers["webhook-id"]
    assert request.headers == {
        "Content-Type": "application/json",
        "User-Agent": f"heygen-video-translation/{settings.VERSION}",
        **standard_headers(
            event_id=event_id,
            timestamp=int(NEW_YEAR.timestamp()) + 10,
            body=request.body,
            secret=endpoint["secret"],
        ),
    }


def test_ends_are_sent_in_their_order(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api)
    ids = {seconds: create(api, seconds=seconds) for seconds in (30, 10, 20)}

    clock.advance(60)
    dispatch(receivers)

    sent = [request.document["data"]["id"] for request in receivers.requests]
    assert sent == [ids[10], ids[20], ids[30]]


def test_endpoint_is_told_of_what_ends_after_its_registration(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    create(api, seconds=10)
    pending = create(api, seconds=30)
    clock.advance(20)
    register(api)

    clock.advance(20)
    dispatch(receivers)

    assert [each.document["data"]["id"] for each in receivers.requests] == [pending]


def test_second_endpoint_is_not_told_of_earlier_ends(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    create(api, seconds=10)
    clock.advance(20)

    register(api, "https://second.test/")
    dispatch(receivers)

    assert receivers.urls == [URL]


def test_workspace_without_webhooks_is_not_written_to(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    create(api, seconds=10)
    clock.advance(20)

    with CaptureQueriesContext(connection) as queries:
        dispatch(receivers)

    assert [each["sql"] for each in queries if not each["sql"].startswith("SELECT")] == []

    workspace = Workspace.objects.get()
    assert (workspace.has_webhooks, workspace.report_at) == (False, None)


def test_only_the_chosen_types_are_sent(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api, events=["job.error"])
    create(api, outcome="completed")
    create(api, outcome="error")

    clock.advance(10)
    dispatch(receivers)

    assert receivers.types == ["job.error"]


def test_callback_is_sent_its_own_job_only(api: Api, clock: SetClock, receivers: Receivers) -> None:
    job_id = create(api, callback_url="https://callback.test/")
    create(api)
    secret = api.post("/webhooks/secret").json()["secret"]

    clock.advance(10)
    dispatch(receivers)

    (request,) = receivers.requests
    assert (request.url, request.document["data"]["id"]) == ("https://callback.test/", job_id)
    signed = standard_headers(
        event_id=request.headers["webhook-id"],
        timestamp=int(request.headers["webhook-timestamp"]),
        body=request.body,
        secret=secret,
    )
    assert signed.items() <= request.headers.items()


def test_canceled_job_is_reported_when_it_is_canceled(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    job_id = create(api, seconds=60)
    clock.advance(5)

    api.post(f"/jobs/{job_id}/cancel")
    dispatch(receivers)
    clock.advance(60)
    dispatch(receivers)

    (request,) = receivers.requests
    assert request.document["data"]["error"]["code"] == "canceled"
    assert request.document["timestamp"] == "2026-01-01T00:00:05.000000Z"


def test_end_is_reported_before_its_job_is_deleted(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    job_id = create(api)
    clock.advance(10)

    api.delete(f"/jobs/{job_id}")
    dispatch(receivers)

    assert receivers.types == ["job.completed"]


def test_frozen_time_sends_nothing(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api)
    create(api, seconds=10)
    api.set_clock(freeze=True)

    clock.advance(3600)
    dispatch(receivers)

    assert receivers.requests == []
    assert Workspace.objects.get().report_at is None


def test_faster_clock_sends_earlier(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api)
    create(api, seconds=60)
    api.set_clock(speed=10)

    clock.advance(6)
    dispatch(receivers)

    assert receivers.types == ["job.completed"]


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


def test_endpoint_is_leased_to_one_process(api: Api, clock: SetClock) -> None:
    register(api)
    create(api)
    clock.advance(10)
    report_due(clock())

    leases = [lease_endpoint(clock()), lease_endpoint(clock())]

    assert [lease is None for lease in leases] == [False, True]


def test_lease_that_has_run_out_stores_no_failure(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    create(api)
    clock.advance(10)
    report_due(clock())
    suspended = lease_endpoint(clock())
    assert suspended is not None

    def respond_after_another_process(_: SentRequest) -> int:
        if len(receivers.requests) == 1:  # sent by the process whose lease runs out meanwhile
            clock.advance(LEASE.total_seconds())
            dispatch(receivers)
            return 500
        return 200

    receivers.respond = respond_after_another_process
    deliver(suspended, send=receivers)

    assert Delivery.objects.get().state == "delivered"
    assert Endpoint.objects.get().failing_since is None


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


def test_callback_of_a_pending_job_survives_a_prune(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    create(api, seconds=60, callback_url="https://callback.test/")
    clock.advance(1)

    prune(days=0, server_time=clock())
    clock.advance(60)
    dispatch(receivers)

    assert receivers.urls == ["https://callback.test/"]


def test_callback_that_nothing_can_be_sent_to_is_refused(api: Api) -> None:
    response = api.post("/jobs", {"callback_url": "https://ada:secret@callback.test/"})

    assert response.status_code == 400
    assert [each["field"] for each in response.json()["errors"]] == ["callback_url"]


def test_endpoints_of_one_workspace_leave_senders_to_others(api: Api, clock: SetClock) -> None:
    for each in (api, Api(api_key="other")):
        register(each)
        create(each)
    clock.advance(10)
    report_due(clock())
    first = lease_endpoint(clock())
    assert first is not None

    second = lease_endpoint(clock(), excluded_workspaces=[first.workspace])

    assert second is not None
    assert lease_endpoint(clock(), excluded_workspaces=[first.workspace]) is None
