"""`Prefer: wait`: responses that wait for the end of a job. No test really waits."""

import threading

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job
from vid_trans_api.serving.long_polls import long_polls


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> list[float]:
    """Advance the clock instead of waiting; return the seconds of each wait."""
    seconds: list[float] = []
    start = clock.at

    def wait(self: threading.Event, timeout: float | None = None) -> bool:
        assert timeout is not None
        seconds.append(timeout)
        clock.advance(timeout)
        return False

    def monotonic() -> float:
        return (clock.at - start).total_seconds()

    monkeypatch.setattr(threading.Event, "wait", wait)
    monkeypatch.setattr("vid_trans_api.serving.long_polls.time.monotonic", monotonic)
    return seconds


def test_long_poll_ends_with_its_job(api: Api, waits: list[float]) -> None:
    job_id = api.create(duration=2.5, outcome="completed")["id"]

    response = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert (response.json()["status"], response["Preference-Applied"]) == ("completed", "wait=10")
    assert (response["Vary"], "Retry-After" in response) == ("Prefer", False)
    assert waits == pytest.approx([2.501])


def test_long_poll_ends_after_the_time_it_prefers(api: Api, waits: list[float]) -> None:
    job_id = api.create(duration=60)["id"]

    response = api.get(f"/jobs/{job_id}", Prefer="wait=3")

    assert (response.json()["status"], sum(waits)) == ("pending", 3)
    assert "Retry-After" in response


def test_long_poll_waits_no_longer_than_the_limit(api: Api, waits: list[float], settings) -> None:
    settings.LONG_POLL_LIMIT = 2.5
    job_id = api.create(duration=60)["id"]

    response = api.get(f"/jobs/{job_id}", Prefer="wait=100")

    assert (response["Preference-Applied"], sum(waits)) == ("wait=2.5", 2.5)


def test_long_poll_reads_its_job_only_when_something_happens(
    api: Api, waits: list[float], django_assert_max_num_queries
) -> None:
    job_id = api.create(outcome="stuck")["id"]

    with django_assert_max_num_queries(3):
        api.get(f"/jobs/{job_id}", Prefer="wait=10")


def test_long_poll_for_an_ended_job_does_not_wait(
    api: Api, clock: SetClock, waits: list[float]
) -> None:
    job_id = api.create(duration=1)["id"]
    clock.advance(1)

    response = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert (response["Preference-Applied"], waits) == ("wait=10", [])


def test_long_poll_for_a_deleted_job_is_not_found(
    api: Api, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = api.create(outcome="stuck")["id"]
    wait = threading.Event.wait

    def delete_and_wait(self: threading.Event, timeout: float | None = None) -> bool:
        Job.objects.all().delete()
        return wait(self, timeout)

    monkeypatch.setattr(threading.Event, "wait", delete_and_wait)

    response = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert response.status_code == 404


def test_request_beyond_the_limit_of_long_polls_does_not_wait(
    api: Api, waits: list[float], settings
) -> None:
    settings.MAX_LONG_POLLS = 1
    job_id = api.create(outcome="stuck")["id"]

    with long_polls.slot("another", owner="w", limit=1):
        response = api.get(f"/jobs/{job_id}", Prefer="wait=10")

    assert ("Preference-Applied" in response, waits) == (False, [])


def test_slot_is_free_after_a_long_poll(api: Api, waits: list[float], settings) -> None:
    settings.MAX_LONG_POLLS = 1
    job_id = api.create(outcome="stuck")["id"]

    responses = [api.get(f"/jobs/{job_id}", Prefer="wait=10") for _ in range(2)]

    assert [response["Preference-Applied"] for response in responses] == ["wait=10"] * 2


def test_job_rule_at_the_end_of_a_long_poll_comes_first(api: Api, waits: list[float]) -> None:
    """The workspace's rule applied when the request arrived."""
    job_id = api.create(scenario="lost", duration=10)["id"]
    api.set_defaults(faults=[{"on": "status", "fault": "unknown-status"}])

    assert api.job(job_id)["status"] == "reviewing"
    assert api.get(f"/jobs/{job_id}", Prefer="wait=5").status_code == 404


@pytest.mark.parametrize("end", ["fault", "deletion"])
def test_long_poll_that_ends_in_an_error_is_recorded_as_one(
    api: Api, waits: list[float], monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    scenario = "lost" if end == "fault" else "stuck"
    job_id = api.create(scenario=scenario, duration=4)["id"]
    wait = threading.Event.wait

    def delete_and_wait(self: threading.Event, timeout: float | None = None) -> bool:
        if end == "deletion":
            Job.objects.all().delete()
        return wait(self, timeout)

    monkeypatch.setattr(threading.Event, "wait", delete_and_wait)

    response = api.get(f"/jobs/{job_id}", Prefer="wait=3")

    request = api.get("/simulation/report").json()["requests"][-1]
    assert (response.status_code, request["status"], request["wait"]) == (404, 404, 3)
    assert request["waited"] == sum(waits)


def test_rules_match_the_age_at_the_end_of_a_long_poll(
    api: Api, clock: SetClock, waits: list[float]
) -> None:
    rules = [
        {"on": "status", "fault": 500, "after": 1},
        {"on": "status", "fault": 503, "between": [6, None]},
    ]
    lost = api.create(scenario="lost", duration=10)["id"]
    unavailable = api.create(duration=20, faults=rules)["id"]
    api.set_defaults(rate_limit="1/s")

    statuses = [
        api.get(f"/jobs/{job_id}", Prefer="wait=5").status_code for job_id in (lost, unavailable)
    ]
    clock.advance(1)
    statuses += api.statuses(f"/jobs/{unavailable}")

    assert statuses == [404, 503, 500]
