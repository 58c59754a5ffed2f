"""Which process sends to an endpoint."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Api, SetClock
from tests.webhooks.sending import (
    Receivers,
    Senders,
    SentRequest,
    create,
    dispatch,
    register,
)
from vid_trans_api.models import Delivery, Endpoint
from vid_trans_api.webhooks.delivering import LEASE, deliver, lease_endpoint
from vid_trans_api.webhooks.reporting import report_due

pytestmark = pytest.mark.django_db


def test_endpoint_is_leased_to_one_process(api: Api, clock: SetClock) -> None:
    register(api)
    create(api)
    clock.advance(10)
    report_due(clock())

    leases = [lease_endpoint(clock()), lease_endpoint(clock())]

    assert [lease is None for lease in leases] == [False, True]
    assert Endpoint.objects.get().wake_at == clock() + LEASE  # no look finds it due before


def test_end_is_sent_by_the_process_that_reports_it(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    create(api)
    clock.advance(10)

    with CaptureQueriesContext(connection) as queries:
        report_due(clock(), Senders(receivers))

    assert receivers.types == ["job.completed"]
    assert Delivery.objects.get().state == "delivered"
    assert Endpoint.objects.get().wake_at is None
    # 100 ends a second are to leave most of a core to requests.
    assert len(queries) <= 22


def test_end_is_left_to_the_process_that_has_the_lease(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    late = api.create(outcome="completed", duration=10, webhooks=[{"fault": "late", "seconds": 5}])
    other = create(api, seconds=14.9)
    clock.advance(10)
    dispatch(receivers)
    clock.advance(5)
    lease = lease_endpoint(clock())
    assert lease is not None

    report_due(clock(), Senders(receivers))
    deliver(lease, send=receivers)

    assert [each.document["data"]["id"] for each in receivers.requests] == [late["id"], other]


def test_end_waits_behind_what_is_due_already(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    ids = [create(api, seconds=seconds) for seconds in (10, 11)]
    clock.advance(10)
    report_due(clock())
    clock.advance(1)

    dispatch(receivers)

    assert [each.document["data"]["id"] for each in receivers.requests] == ids


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


def test_lease_of_a_report_replaces_one_that_has_run_out(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    register(api)
    late = api.create(outcome="completed", duration=10, webhooks=[{"fault": "late", "seconds": 5}])
    other = create(api, seconds=14)
    clock.advance(10)
    report_due(clock())
    clock.advance(5)
    suspended = lease_endpoint(clock())
    assert suspended is not None

    def respond_after_another_process(_: SentRequest) -> int:
        if len(receivers.requests) == 1:  # sent by the process whose lease runs out meanwhile
            clock.advance(LEASE.total_seconds())
            report_due(clock(), Senders(receivers))
            return 500
        return 200

    receivers.respond = respond_after_another_process
    deliver(suspended, send=receivers)

    sent = [each.document["data"]["id"] for each in receivers.requests]
    assert sent == [late["id"], other, late["id"]]
    assert Endpoint.objects.get().failing_since is None


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
