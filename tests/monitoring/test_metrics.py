"""The metrics: what is counted, and who may read them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Api, SetClock
from tests.starting import start
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Job
from vid_trans_api.monitoring import metrics
from vid_trans_api.monitoring.metrics import Sampler
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.snapshots import Status

TOKEN = "a token for tests"
Read = Callable[..., float | None]


@pytest.fixture
def measured(observed: None, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count requests, and count anew what is stored at each reading."""
    settings.METRICS, settings.METRICS_TOKEN = True, TOKEN
    monkeypatch.setattr(metrics, "CACHE_SECONDS", 0)


def read(client: Client) -> Read:
    """Read the metrics; return what finds a sample by its name and labels, or None."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200, response.content
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    return lambda name, **labels: samples.get((name, frozenset(labels.items())))


def requests_of(found: Read, **labels: str) -> float:
    known = {"method": "GET", "route": "vid_trans_api:job", "simulated": "false", **labels}
    return found("vid_trans_requests_total", **known) or 0


def durations_of(found: Read, route: str) -> float:
    return found("vid_trans_request_seconds_count", method="GET", route=route) or 0


def test_requests_are_counted_by_route_and_status(measured: None, api: Api) -> None:
    job = api.create()
    before = read(api.client)

    api.statuses(f"/jobs/{job['id']}", 3)
    api.get("/jobs/unknown")

    after = read(api.client)
    assert requests_of(after, status="200") - requests_of(before, status="200") == 3
    assert requests_of(after, status="404") - requests_of(before, status="404") == 1
    assert durations_of(after, "vid_trans_api:job") - durations_of(before, "vid_trans_api:job") == 4


def test_simulated_faults_are_told_from_errors(measured: None, api: Api) -> None:
    job = api.create(faults=[{"on": "status", "fault": 503}])
    before = read(api.client)

    api.get(f"/jobs/{job['id']}")

    after = read(api.client)
    labels = {"status": "503", "simulated": "true"}
    assert requests_of(after, **labels) - requests_of(before, **labels) == 1
    assert durations_of(after, "vid_trans_api:job") == durations_of(before, "vid_trans_api:job")


def test_long_polls_have_no_duration(measured: None, api: Api, settings) -> None:
    settings.LONG_POLL_LIMIT = 0.01
    job = api.create()
    before = read(api.client)

    response = api.get(f"/jobs/{job['id']}", Prefer="wait=5")

    after = read(api.client)
    assert "Preference-Applied" in response
    assert durations_of(after, "vid_trans_api:job") == durations_of(before, "vid_trans_api:job")


def test_stored_jobs_are_counted_by_status(measured: None, api: Api, clock: SetClock) -> None:
    start(seconds=10)
    start(seconds=10, outcome=Outcome.ERROR)
    start(seconds=100)
    start(outcome=Outcome.STUCK, key="another")
    clock.advance(50)

    found = read(api.client)

    jobs = {status.value: found("vid_trans_jobs", status=status.value) for status in Status}
    assert jobs == {"pending": 2, "completed": 1, "error": 1}
    assert (found("vid_trans_workspaces"), found("vid_trans_database_up")) == (2, 1)


@pytest.mark.parametrize("status", Status)
def test_counting_stops_at_a_limit(api: Api, clock: SetClock, status: Status) -> None:
    for _ in range(3):
        start(outcome=Outcome.STUCK if status is Status.PENDING else Outcome(status.value))

    later = clock.at + timedelta(hours=1)

    assert [Job.objects.count_with_status(status, later, limit=most) for most in (2, 4)] == [2, 3]


def test_stored_counts_are_kept_for_some_seconds(
    measured: None, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CACHE_SECONDS", 10)
    monkeypatch.setattr(metrics.stored, "expires_at", 0)
    read(api.client)
    api.create()

    assert read(api.client)("vid_trans_workspaces") == 0


def test_other_metrics_are_there_without_a_database(
    measured: None, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(metrics, "count_stored", fail)

    found = read(api.client)

    assert (found("vid_trans_database_up"), found("vid_trans_jobs", status="pending")) == (0, None)
    assert found("vid_trans_long_poll_limit") is not None


def test_waiting_requests_and_the_journals_lag_are_sampled(
    measured: None, api: Api, clock: SetClock, settings
) -> None:
    settings.MAX_LONG_POLLS = 16
    api.create()
    clock.advance(7)

    with long_polls.slot(owner="one", limit=16), long_polls.slot(owner="two", limit=16):
        Sampler().sample()
    waiting = read(api.client)
    journal.flush()
    Sampler().sample()
    done = read(api.client)

    names = ("vid_trans_long_polls", "vid_trans_long_poll_limit", "vid_trans_journal_lag_seconds")
    assert [waiting(name) for name in names] == [2, 16, 7]
    assert [done(name) for name in names] == [0, 16, 0]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer \xff"])
def test_metrics_need_the_token(measured: None, client: Client, header: str) -> None:
    response = client.get("/metrics", headers={"Authorization": header})

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_without_a_token_there_are_no_metrics_on_the_main_port(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404
