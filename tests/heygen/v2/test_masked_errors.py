"""An error with status 200 counts as a failed poll."""

from typing import Any

import pytest

from tests.conftest import SetClock
from tests.heygen.versions import V2, V3, Heygen, Version
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.reports import report_on_job
from vid_trans_api.models import Job, LoggedRequest
from vid_trans_api.web.timelines import timeline_of


def polled(version: Version, clock: SetClock) -> tuple[str, list[Any]]:
    """Poll a job of the scenario three times, the last time after its end."""
    heygen = Heygen(version)
    job_id = heygen.create(scenario="masked-error", duration=10)
    responses = []
    for _ in range(3):
        clock.advance(5)
        responses.append(heygen.get(f"/{job_id}"))
    return job_id, responses


@pytest.mark.django_db
@pytest.mark.parametrize(("version", "status"), [(V2, 200), (V3, 500)], ids=str)
def test_second_poll_of_the_scenario_is_an_error(
    version: Version, status: int, clock: SetClock
) -> None:
    _, responses = polled(version, clock)

    assert [each.status_code for each in responses] == [200, status, 200]
    assert responses[1].json()["error"]["code"] == "internal_error"
    assert [each.json().get("error") for each in responses[::2]] == [None, None]


def test_masked_error_is_logged_as_failed(v2: Heygen, clock: SetClock) -> None:
    job_id, _ = polled(V2, clock)

    journal.flush()
    polls = LoggedRequest.objects.filter(operation="status").order_by("number")
    assert [each.status for each in polls] == [200, 200, 200]
    assert [each.fault for each in polls] == ["", "masked-error", ""]
    assert [each.is_readable for each in polls] == [True, False, True]
    assert [each.has_failed for each in polls] == [False, True, False]
    assert polls[1].reported_by_job == {job_id[:32]: None}


@pytest.mark.parametrize("version", [V2, V3], ids=str)
def test_poll_after_a_masked_error_is_a_retry(
    v2: Heygen, version: Version, clock: SetClock
) -> None:
    job_id, _ = polled(version, clock)

    report = v2.client.get(f"/vid_trans_api/simulation/jobs/{job_id}").json()

    polls = [(each["reported"], each["retry"]) for each in report["polls"]]
    assert polls == [("pending", False), (None, False), ("completed", True)]
    verdict = report["verdict"]
    assert [verdict[name] for name in ("polls", "retries", "clean")] == [2, 1, True]
    assert verdict["noticed_after"] == 5


def test_quick_retry_of_a_masked_error_is_no_hammering(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(scenario="masked-error", duration=10)
    for seconds in (5, 0.1, 0.1):
        clock.advance(seconds)
        v2.get(f"/{job_id}")

    report = v2.client.get(f"/vid_trans_api/simulation/jobs/{job_id}").json()

    assert report["verdict"]["violations"] == []


def test_timeline_has_a_poll_that_reported_nothing(v2: Heygen, clock: SetClock) -> None:
    job_id, _ = polled(V2, clock)
    job = Job.objects.get(public_id=job_id[:32])

    timeline = timeline_of(job, report_on_job(job, now=clock.at), now=clock.at)

    assert [tick.has_failed for tick in timeline.ticks] == [False, True, False]
    assert [tick.poll.request.status for tick in timeline.rows] == [200, 200, 200]
    assert [each.status for each in timeline.reported] == ["pending", "completed"]
