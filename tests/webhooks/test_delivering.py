"""What is sent to endpoints and callbacks, and in which order."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.webhooks.sending import (
    URL,
    Receivers,
    create,
    dispatch,
    register,
)
from vid_trans_api.models import PayloadFormat, Proofread, Workspace
from vid_trans_api.operations.endpoints import EndpointRequest, register_endpoint
from vid_trans_api.operations.prune import prune
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.webhooks import reporting
from vid_trans_api.webhooks.signing import standard_headers

pytestmark = pytest.mark.django_db


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


def test_jobs_and_proofreads_are_sent_in_one_order(
    api: Api, clock: SetClock, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "MOST_AT_ONCE", 2)
    register_endpoint("", PayloadFormat.HEYGEN, EndpointRequest(url=URL))
    for seconds in (1, 2, 5):
        create(api, seconds=seconds)
    Proofread.objects.create(
        public_id="p" * 32,
        workspace=Workspace.objects.get(),
        title="Talk",
        target_language="French",
        video_duration=10,
        created_at=NEW_YEAR,
        finishes_at=NEW_YEAR + timedelta(seconds=10),
        outcome=Outcome.COMPLETED,
        is_reported=False,
    )

    clock.advance(20)
    dispatch(receivers)

    assert receivers.types == [*["video_translate.success"] * 3, "proofread_creation.success"]


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
