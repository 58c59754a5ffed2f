"""How the events of jobs misbehave: what is stored, and what receivers get."""

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.webhooks.sending import Receivers, SentRequest, dispatch
from vid_trans_api.models import Delivery, PayloadFormat
from vid_trans_api.operations.endpoints import EndpointRequest, register_endpoint
from vid_trans_api.webhooks.reporting import report_due

URL = "https://receiver.test/hook"


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


def register(api: Api) -> str:
    """Register an endpoint; return its secret."""
    endpoint: dict[str, Any] = api.post("/webhooks", {"url": URL}).json()
    return str(endpoint["secret"])


def create(api: Api, *webhooks: dict[str, Any], seconds: float = 10) -> str:
    """Create a job with these faults; return its id."""
    job = api.create(outcome="completed", duration=seconds, webhooks=[*webhooks])
    return str(job["id"])


def stored() -> list[dict[str, Any]]:
    """Return what is stored of each delivery unless it is usual; times since the new year."""
    usual = {"kind": "genuine", "state": "pending", "slow_seconds": 0}
    return [
        {
            "due": delivery.due_at and (delivery.due_at - NEW_YEAR).total_seconds(),
            **{
                name: getattr(delivery, name)
                for name, value in usual.items()
                if getattr(delivery, name) != value
            },
        }
        for delivery in Delivery.objects.order_by("number")
    ]


@pytest.mark.parametrize(
    ("rule", "deliveries"),
    [
        ({"fault": "duplicate", "times": 2}, [{"due": 10}] * 3),
        ({"fault": "late"}, [{"due": 40}]),
        ({"fault": "lost"}, [{"due": None, "state": "lost"}]),
        ({"fault": "out-of-order"}, [{"due": 70}]),
        ({"fault": "slow", "seconds": 3}, [{"due": 10, "slow_seconds": 3}]),
        ({"fault": "forged"}, [{"due": 10}, {"due": 10, "kind": "forged"}]),
        ({"fault": "stale-timestamp"}, [{"due": 10}, {"due": 10, "kind": "stale-timestamp"}]),
        ({"fault": "malformed"}, [{"due": 10}, {"due": 10, "kind": "malformed"}]),
    ],
)
def test_fault_is_stored_with_the_deliveries(
    api: Api, clock: SetClock, rule: dict[str, Any], deliveries: list[dict[str, Any]]
) -> None:
    register(api)
    create(api, rule)

    clock.advance(10)
    report_due(clock())

    assert stored() == deliveries


def test_default_of_the_workspace_applies(api: Api, clock: SetClock) -> None:
    register(api)
    api.set_defaults(webhooks=[{"fault": "lost"}])
    api.create(outcome="completed", duration=10)

    clock.advance(10)
    report_due(clock())

    assert stored() == [{"due": None, "state": "lost"}]


def test_lost_event_is_never_sent(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api)
    create(api, {"fault": "lost"})
    clock.advance(86_400)

    dispatch(receivers)

    assert receivers.requests == []


def test_event_out_of_order_is_sent_after_the_next(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    first = create(api, {"fault": "out-of-order"}, seconds=10)
    second = create(api, seconds=15)

    for _ in range(10):
        clock.advance(1)
        dispatch(receivers)
    clock.advance(10)
    dispatch(receivers)

    assert [each.document["data"]["id"] for each in receivers.requests] == [second, first]


def test_duplicates_have_one_event_id(api: Api, clock: SetClock, receivers: Receivers) -> None:
    register(api)
    create(api, {"fault": "duplicate", "times": 2})
    clock.advance(10)

    dispatch(receivers)

    assert len(receivers.requests) == 3
    assert len({(each.headers["webhook-id"], each.body) for each in receivers.requests}) == 1


@pytest.mark.parametrize("fault", ["forged", "stale-timestamp", "malformed"])
def test_library_refuses_what_is_not_genuine(
    api: Api, clock: SetClock, receivers: Receivers, fault: str
) -> None:
    clock.at = datetime.now(UTC)  # the library compares timestamps with the real time
    webhook = Webhook(register(api))
    outcomes: list[str] = []

    def respond(request: SentRequest) -> int:
        try:
            webhook.verify(request.body, dict(request.headers))
        except (WebhookVerificationError, ValueError) as error:  # or no JSON
            outcomes.append(str(error))
            return 400
        outcomes.append("verified")
        return 200

    receivers.respond = respond
    job_id = create(api, {"fault": fault})
    for _ in range(5):
        clock.advance(10)
        dispatch(receivers)

    refusals = {
        "forged": "No matching signature found",
        "stale-timestamp": "Message timestamp too old",
        "malformed": "Unterminated string",
    }
    genuine, other = outcomes
    assert genuine == "verified"
    assert other.startswith(refusals[fault])
    assert receivers.requests[0].document["data"]["id"] == job_id
    states = Delivery.objects.order_by("number").values_list("kind", "state", "attempt_count")
    assert list(states) == [("genuine", "delivered", 1), (fault, "failed", 1)]


def test_refused_forgeries_do_not_disable_an_endpoint(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    receivers.respond = lambda _: 410 if len(receivers.requests) == 2 else 200
    create(api, {"fault": "forged"})
    clock.advance(10)

    dispatch(receivers)

    (endpoint,) = api.get("/webhooks").json()["results"]
    assert endpoint["enabled"] is True


def test_forged_event_for_heygens_receivers_has_a_wrong_signature(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    endpoint = register_endpoint("", PayloadFormat.HEYGEN, EndpointRequest(url=URL))
    create(api, {"fault": "forged"})
    clock.advance(10)

    dispatch(receivers)

    bodies = [each.body for each in receivers.requests]
    signatures = [each.headers["Signature"] for each in receivers.requests]
    genuine = hmac.digest(endpoint.secret.encode(), bodies[0], "sha256").hex()
    assert bodies[0] == bodies[1]
    assert [each == genuine for each in signatures] == [True, False]


def test_slow_body_is_trickled(api: Api, clock: SetClock) -> None:
    trickled = []

    class SlowReceivers(Receivers):
        def __call__(self, url: str, **request: Any) -> Any:
            trickled.append(request["trickle"])
            return super().__call__(url, **request)

    register(api)
    create(api, {"fault": "slow", "seconds": 3})
    create(api)
    clock.advance(10)

    dispatch(SlowReceivers())

    assert sorted(trickled, key=bool) == [None, 3]


@pytest.mark.parametrize(("timestamps", "year"), [("real", 2026), ("workspace", 2030)])
def test_signatures_have_real_time_unless_the_default_says_otherwise(
    api: Api, clock: SetClock, receivers: Receivers, timestamps: str, year: int
) -> None:
    register(api)
    api.set_defaults(webhook_timestamps=timestamps)
    api.set_clock(freeze="2030-01-01T00:00:00Z")
    create(api)
    api.set_clock(advance=10)

    dispatch(receivers)

    (request,) = receivers.requests
    assert datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC).year == year
