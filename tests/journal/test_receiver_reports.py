"""What reports and the page say about the receivers of webhooks."""

from typing import Any

import pytest
from django.conf import LazySettings

from tests.conftest import Api, SetClock
from tests.journal.reports import judged_job, report, verdict_on
from tests.webhooks.sending import Receivers, dispatch
from vid_trans_api.journal import sent_events
from vid_trans_api.models import Event

URL = "https://receiver.test/hook"


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def job_id(api: Api, clock: SetClock) -> str:
    """Return the id of a job of 10 s, in a workspace with an endpoint."""
    api.post("/webhooks", {"url": URL})
    return str(api.create(outcome="completed", duration=10)["id"])


def test_reports_judge_receivers(
    api: Api, clock: SetClock, receivers: Receivers, job_id: str
) -> None:
    receivers.respond = lambda _: None
    receivers.timed_out = True
    clock.advance(10)
    dispatch(receivers)

    of_job, of_workspace = judged_job(api, job_id), report(api)

    assert of_job["verdict"]["violations"] == of_workspace["verdict"]["violations"]
    (violation,) = of_job["verdict"]["violations"]
    assert violation == {
        "kind": "answered-late",
        "at": "2026-01-01T00:00:10.000000Z",
        "detail": f"{URL} did not respond to job.completed within 0.0 s.",
        "job": job_id,
        "request": None,
        "event": Event.objects.get().public_id,
    }
    assert of_job["verdict"]["clean"] is of_workspace["verdict"]["clean"] is False


def test_accepted_event_notices_the_end(
    api: Api, clock: SetClock, receivers: Receivers, job_id: str
) -> None:
    clock.advance(10.5)
    dispatch(receivers)
    clock.advance(100)

    of_job, of_workspace = verdict_on(api, job_id), report(api)["verdict"]

    assert (of_job["noticed_after"], of_job["clean"]) == (0.5, True)
    assert of_workspace["noticed_after"] == {"mean": 0.5, "worst": 0.5}


@pytest.mark.parametrize("is_polled", [True, False])
def test_lost_event_is_not_noticed_without_polls(
    api: Api, clock: SetClock, receivers: Receivers, *, is_polled: bool
) -> None:
    api.post("/webhooks", {"url": URL})
    job_id = api.create(outcome="completed", duration=10, webhooks=[{"fault": "lost"}])["id"]
    if is_polled:
        api.job(job_id)
    clock.advance(100)
    unreported = verdict_on(api, job_id)["violations"]

    dispatch(receivers)

    (violation,) = verdict_on(api, job_id)["violations"]
    assert unreported == []
    assert violation["kind"] == "never-noticed"
    assert (violation["request"] is None) is not is_polled
    assert (violation["event"] is None) is is_polled


def test_receiver_that_verifies_nothing_is_flagged(
    api: Api, clock: SetClock, receivers: Receivers
) -> None:
    api.set_defaults(
        webhooks=[{"fault": each} for each in ("forged", "stale-timestamp", "malformed")]
    )
    api.post("/webhooks", {"url": URL})
    api.create(outcome="completed", duration=10)
    clock.advance(10)

    dispatch(receivers)

    kinds = [each["kind"] for each in report(api)["verdict"]["violations"]]
    assert kinds == ["accepted-forged", "accepted-forged"]


def test_events_are_read_up_to_the_length_of_the_journal(
    api: Api,
    clock: SetClock,
    receivers: Receivers,
    job_id: str,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(4):
        clock.advance(1)
        api.create(outcome="completed", duration=10)
    clock.advance(100)
    receivers.respond = lambda _: None
    receivers.timed_out = True
    dispatch(receivers)
    monkeypatch.setattr(sent_events, "READ_BATCH", 2)

    complete = report(api)["verdict"]
    settings.JOURNAL_LENGTH = 3
    cut = report(api)["verdict"]

    assert (complete["violation_count"], complete["complete"]) == (5, True)
    assert (cut["violation_count"], cut["complete"]) == (3, False)


def test_report_without_webhooks_reads_no_events(
    api: Api, clock: SetClock, django_assert_num_queries: Any
) -> None:
    api.create()
    report(api)

    with django_assert_num_queries(6) as queries:
        report(api)

    assert not any("vid_trans_api_event" in each["sql"] for each in queries.captured_queries)


def test_page_shows_what_the_receiver_did(
    api: Api, clock: SetClock, receivers: Receivers, job_id: str
) -> None:
    page = f"/jobs/{job_id}/timeline"
    clock.advance(10)
    before = api.client.get(page)
    receivers.respond, receivers.timed_out = lambda _: None, True

    dispatch(receivers)

    after = api.client.get(page, headers={"If-None-Match": before["ETag"]})
    assert "answered-late" not in before.text
    assert "did not respond to job.completed" in after.text
