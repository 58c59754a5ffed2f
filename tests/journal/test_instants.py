"""By which clock requests are logged, and how long they waited."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.journal.reports import logged_values, recording, report
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Workspace
from vid_trans_api.simulation.clocks import SimulatedClock


def test_requests_are_logged_by_the_workspaces_clock(api: Api, clock: SetClock) -> None:
    api.post("/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"})
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(500)
    api.post("/simulation/clock", {"advance": 11})
    api.job(job_id)

    assert logged_values(api, "received_at") == [
        ("2030-01-01T00:00:00.000000Z",),
        ("2030-01-01T00:00:11.000000Z",),
    ]
    assert report(api)["verdict"]["noticed_after"] == {"mean": 1, "worst": 1}
    assert report(api)["clock"] == api.get("/simulation/clock").json()


def test_refused_request_is_logged_by_the_clock_of_its_time(api: Api, clock: SetClock) -> None:
    api.post("/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"})
    api.get("/jobs?limit=x")
    api.post("/simulation/clock", {"advance": 60})
    api.get("/jobs?limit=x")

    assert logged_values(api, "received_at") == [
        ("2030-01-01T00:00:00.000000Z",),
        ("2030-01-01T00:01:00.000000Z",),
    ]


def test_long_poll_is_logged_by_the_clocks_of_its_start_and_end(api: Api, clock: SetClock) -> None:
    frozen = SimulatedClock(at=NEW_YEAR + timedelta(days=1), since=NEW_YEAR, speed=0.0)
    workspace = Workspace.objects.locked("")
    at_start = Workspace(key_digest="", clock=frozen)
    at_end = Workspace(key_digest="", clock=replace(frozen, at=frozen.at + timedelta(seconds=5)))
    long_poll = recording(workspace=at_start, workspace_at_response=at_end)
    workspace.freeze(at=frozen.at + timedelta(days=9))

    journal.record(long_poll, is_delivered=True)

    assert logged_values(api, "received_at", "responded_at") == [
        ("2026-01-02T00:00:00.000000Z", "2026-01-02T00:00:05.000000Z")
    ]


def test_request_that_need_not_wait_has_not_waited(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=0, outcome="completed")["id"]
    api.get(f"/jobs/{job_id}", Prefer="wait=7")
    api.get(f"/jobs/{job_id}")

    assert logged_values(api, "wait", "waited") == [(None, None), (7, None), (None, None)]


def test_long_poll_has_waited(api: Api, clock: SetClock, settings: Any) -> None:
    settings.LONG_POLL_LIMIT = 0.01  # in real time; the clock of this test stands still
    job_id = api.create(duration=8)["id"]
    api.get(f"/jobs/{job_id}", Prefer="wait=7")

    assert logged_values(api, "wait", "waited") == [(None, None), (7, 0)]
