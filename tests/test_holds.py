"""Held requests, with the waiting taken out: what is asked for, granted and told."""

import threading
from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.http.parsing import wait_of
from vid_trans_api.models import Job
from vid_trans_api.serving.long_polls import long_polls


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> list[float]:
    """Let time pass at once where a hold would wait; collects for how long it would have."""
    taken: list[float] = []
    start = clock.at

    def wait(self: threading.Event, timeout: float | None = None) -> bool:
        assert timeout is not None
        taken.append(timeout)
        clock.advance(timeout)
        return False

    monkeypatch.setattr(threading.Event, "wait", wait)

    def monotonic() -> float:
        return (clock.at - start).total_seconds()

    monkeypatch.setattr("vid_trans_api.serving.long_polls.time.monotonic", monotonic)
    return taken


@pytest.mark.parametrize(
    ("prefer", "wait"),
    [
        ("wait=10", 10),
        ("Wait = 10", 10),
        ('wait="10"', 10),
        ("respond-async, wait=10; x=y", 10),
        ("wait=3, wait=5", 3),
        ("wait=0", 0),
        ("", None),
        ("wait", None),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=1e3", None),
        ("wait=9999999999", None),
        ("await=10", None),
    ],
)
def test_a_wait_is_read_as_rfc_7240_has_it(prefer: str, wait: int | None) -> None:
    assert wait_of(prefer) == wait


def test_a_hold_ends_with_its_job(api: Api, clock: SetClock, naps: list[float]) -> None:
    job_id = api.create(duration=2.5, outcome="completed")["id"]

    answer = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert (answer.json()["status"], answer["Preference-Applied"]) == ("completed", "wait=10")
    assert naps == pytest.approx([1, 1, 0.501])
    assert (answer["Vary"], "Retry-After" in answer) == ("Prefer", False)


def test_a_hold_ends_when_its_time_is_over(api: Api, clock: SetClock, naps: list[float]) -> None:
    job_id = api.create(duration=60)["id"]

    answer = api.get(f"/jobs/{job_id}", Prefer="wait=3")

    assert (answer.json()["status"], sum(naps)) == ("pending", 3)
    assert "Retry-After" in answer


def test_a_hold_is_cut_to_the_servers_limit(
    api: Api, clock: SetClock, naps: list[float], settings
) -> None:
    settings.LONG_POLL_LIMIT = 2.5
    job_id = api.create(duration=60)["id"]

    answer = api.get(f"/jobs/{job_id}", Prefer="wait=100")

    assert (answer["Preference-Applied"], sum(naps)) == ("wait=2.5", 2.5)


def test_a_hold_looks_once_a_second_at_most(
    api: Api, clock: SetClock, naps: list[float], django_assert_max_num_queries
) -> None:
    job_id = api.create(outcome="stuck")["id"]

    with django_assert_max_num_queries(11 + 1):
        api.get(f"/jobs/{job_id}", Prefer="wait=10")


def test_an_ended_job_is_not_held(api: Api, clock: SetClock, naps: list[float]) -> None:
    job_id = api.create(duration=1)["id"]
    clock.advance(1)

    answer = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert (answer["Preference-Applied"], naps) == ("wait=10", [])


def test_a_hold_of_a_job_that_is_gone_is_not_found(
    api: Api, clock: SetClock, naps: list[float], monkeypatch
) -> None:
    job_id = api.create(outcome="stuck")["id"]
    wait = threading.Event.wait

    def delete_and_wait(self: threading.Event, timeout: float | None = None) -> bool:
        Job.objects.all().delete()
        return wait(self, timeout)

    monkeypatch.setattr(threading.Event, "wait", delete_and_wait)

    assert api.get(f"/jobs/{job_id}", Prefer="wait=10").status_code == 404


def test_past_the_most_holds_a_request_is_answered_at_once(
    api: Api, clock: SetClock, naps: list[float], settings
) -> None:
    settings.MAX_LONG_POLLS = 1
    job_id = api.create(outcome="stuck")["id"]

    with long_polls.slot("another", limit=1):
        crowded = api.get(f"/jobs/{job_id}", Prefer="wait=10")
    assert ("Preference-Applied" in crowded, naps) == (False, [])

    free = api.get(f"/jobs/{job_id}", Prefer="wait=10")
    assert (free["Preference-Applied"], len(naps)) == ("wait=10", 10)


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_end_of_a_job_wakes_its_long_polls_and_no_others(
    api: Api, clock: SetClock, end: str, django_capture_on_commit_callbacks
) -> None:
    job_id, other_id = (api.create(outcome="stuck")["id"] for _ in range(2))

    with long_polls.slot(job_id, limit=9) as event, long_polls.slot(other_id, limit=9) as other:
        with django_capture_on_commit_callbacks(execute=True):
            if end == "cancel":
                api.post(f"/jobs/{job_id}/cancel")
            else:
                api.delete(f"/jobs/{job_id}")

        assert event is not None
        assert other is not None
        assert (event.is_set(), other.is_set()) == (True, False)


def test_a_jobs_own_rule_that_a_hold_meets_comes_before_the_workspaces(
    api: Api, clock: SetClock, naps: list[float]
) -> None:
    job_id = api.create(scenario="lost", duration=10)["id"]
    api.patch("/simulation/defaults", {"faults": [{"on": "status", "fault": "unknown-status"}]})

    assert api.job(job_id)["status"] == "processing"
    assert api.get(f"/jobs/{job_id}", Prefer="wait=5").status_code == 404


def test_a_held_request_meets_the_faults_of_the_age_at_which_it_is_answered(
    api: Api, clock: SetClock, naps: list[float]
) -> None:
    rules = [
        {"on": "status", "fault": 500, "after": 1},
        {"on": "status", "fault": 503, "between": [6, None]},
    ]
    lost = api.create(scenario="lost", duration=10)["id"]
    unavailable = api.create(duration=20, faults=rules)["id"]
    api.patch("/simulation/defaults", {"rate_limit": "1/s"})

    actual = [
        api.get(f"/jobs/{job_id}", Prefer="wait=5").status_code for job_id in (lost, unavailable)
    ]
    clock.advance(1)
    actual.append(api.get(f"/jobs/{unavailable}").status_code)

    assert actual == [404, 503, 500]
