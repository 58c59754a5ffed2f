"""Which requests are evicted, and what reports say once they are missing."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.journal.reports import (
    clean_and_complete,
    logged_values,
    recording,
    report,
    verdict_on,
)
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import LoggedRequest, Workspace


@pytest.fixture
def evicted(api: Api, clock: SetClock, settings: Any) -> tuple[str, str]:
    """Fill a journal so that it evicts the creations of two jobs; return the ids of both."""
    settings.JOURNAL_LENGTH = 4
    jobs = []
    for seconds in (10, 20):
        clock.advance(1)
        jobs.append(api.create(duration=seconds, outcome="completed")["id"])
    first, second = jobs
    for job_id, age in ((first, 1), (first, 12), (second, 18), (second, 25)):
        clock.at = NEW_YEAR + timedelta(seconds=age)
        api.job(job_id)
    journal.flush()
    return first, second


def test_oldest_requests_past_the_length_are_evicted(api: Api, settings: Any) -> None:
    settings.JOURNAL_LENGTH = 3
    api.create()
    for _ in range(2):
        for path in ("/jobs", "/status", "/jobs?ids=x"):
            api.get(path)
        journal.flush()

    assert LoggedRequest.objects.count() == 3
    assert logged_values(api, "operation") == [("list",), ("status",), ("status",)]


def test_verdict_is_incomplete_after_an_eviction(api: Api, evicted: tuple[str, str]) -> None:
    verdicts = [report(api)["verdict"], *(verdict_on(api, each) for each in evicted)]

    assert [clean_and_complete(each) for each in verdicts] == [(None, False)] * 3


def test_end_is_noticed_unless_its_first_report_may_be_evicted(
    api: Api, evicted: tuple[str, str]
) -> None:
    assert [verdict_on(api, each)["noticed_after"] for each in evicted] == [1, 3]

    for _ in range(2):
        api.get("/jobs")

    assert [verdict_on(api, each)["noticed_after"] for each in evicted] == [None, 3]
    assert report(api)["verdict"]["noticed_after"] == {"mean": 3, "worst": 3}


def test_known_violation_makes_an_incomplete_verdict_unclean(
    api: Api, evicted: tuple[str, str]
) -> None:
    api.job(evicted[1])

    verdicts = [verdict_on(api, evicted[1]), report(api)["verdict"]]

    assert [clean_and_complete(each) for each in verdicts] == [(False, False)] * 2


def test_verdict_on_a_later_job_is_complete(
    api: Api, clock: SetClock, evicted: tuple[str, str]
) -> None:
    clock.advance(1)
    job_id = api.create(outcome="stuck")["id"]

    assert clean_and_complete(verdict_on(api, job_id)) == (True, True)


def test_verdict_is_complete_after_a_reset(api: Api, evicted: tuple[str, str]) -> None:
    api.post("/simulation/reset")

    assert clean_and_complete(report(api)["verdict"]) == (None, True)
    assert clean_and_complete(verdict_on(api, api.create()["id"])) == (True, True)


def test_eviction_does_not_concern_other_workspaces(api: Api, evicted: tuple[str, str]) -> None:
    another = {"X-Api-Key": "another"}
    api.post("/jobs", {}, **another)
    api.get("/jobs")

    assert clean_and_complete(report(api)["verdict"]) == (None, False)
    assert clean_and_complete(report(api, **another)["verdict"]) == (True, True)


def test_workspace_stores_the_last_response_that_was_evicted(evicted: tuple[str, str]) -> None:
    Workspace.objects.all().mark_evicted(NEW_YEAR)

    assert Workspace.objects.get().evicted_until == NEW_YEAR + timedelta(seconds=2)


def test_reset_discards_written_and_buffered_requests(api: Api) -> None:
    api.create()
    journal.flush()
    api.get("/jobs")

    api.post("/simulation/reset", {"seed": 1})
    api.get("/status")

    assert logged_values(api, "operation") == [("status",)]


def test_request_from_before_a_reset_is_not_logged(api: Api, clock: SetClock) -> None:
    clock.advance(1)
    api.post("/simulation/reset")

    for seconds in (0, 2):
        server_received_at = NEW_YEAR + timedelta(seconds=seconds)
        journal.record(recording(server_received_at=server_received_at), is_delivered=True)

    assert logged_values(api, "received_at") == [("2026-01-01T00:00:02.000000Z",)]


def test_deleting_a_workspace_deletes_its_log(api: Api) -> None:
    api.create()
    journal.flush()

    Workspace.objects.get().delete()

    assert not LoggedRequest.objects.exists()


def test_pruning_evicts_old_requests(api: Api, clock: SetClock, capsys: Any) -> None:
    api.create(outcome="stuck")
    clock.advance(86_400)
    api.get("/jobs")
    journal.flush()
    clock.advance(86_400)

    call_command("prune", days=1.5)

    assert logged_values(api, "operation") == [("list",)]
    assert clean_and_complete(report(api)["verdict"]) == (None, False)


def test_pruning_without_old_requests_evicts_nothing(api: Api, clock: SetClock) -> None:
    api.create()
    journal.flush()

    call_command("prune", days=1)

    assert clean_and_complete(report(api)["verdict"]) == (True, True)
