"""What happens after the machine's clock was set back."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import NEW_YEAR, Api, SetClock
from vid_trans_api import clock as server_clock


def set_wall_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Set the machine's clock, as this process sees it."""
    monkeypatch.setattr("time.time_ns", lambda: int(at.timestamp()) * 10**9)


@pytest.fixture
def started_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The server's clock in a process that started at the new year."""
    set_wall_clock(monkeypatch, NEW_YEAR)
    yield importlib.reload(server_clock)
    monkeypatch.undo()
    importlib.reload(server_clock)


def test_running_server_keeps_its_time(
    started_clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = started_clock.now()
    set_wall_clock(monkeypatch, NEW_YEAR - timedelta(days=1))
    after = [started_clock.now() for _ in range(1000)]

    assert NEW_YEAR <= before <= after[0]
    assert after == sorted(after)
    assert after[-1] < NEW_YEAR + timedelta(minutes=1)
    assert after[-1].tzinfo is UTC


@pytest.fixture
def future_jobs(api: Api, clock: SetClock) -> list[dict[str, Any]]:
    """A job of each kind, created an hour from now: the clock was set back before a restart."""
    jobs = [
        api.create(duration=0, outcome="completed"),
        api.create(duration=0, outcome="error"),
        api.create(duration=60, outcome="completed"),
        api.create(duration=60, outcome="completed", estimate="none"),
        api.create(outcome="stuck"),
        api.create(outcome="stuck"),
    ]
    api.post(f"/jobs/{jobs[-1]['id']}/cancel")
    clock.advance(-3600)
    return jobs


def test_responses_about_future_jobs_are_as_usual(
    api: Api, future_jobs: list[dict[str, Any]]
) -> None:
    ids = [job["id"] for job in future_jobs]
    lists = ["status=pending", "status=completed", "status=error", "target_language=Spanish"]
    paths = [f"/jobs?{query}" for query in [*lists, "limit=2", f"ids={','.join(ids)}"]]
    paths += [path for each in ids for path in (f"/jobs/{each}", f"/status?job_id={each}")]

    responses = {path: api.get(path) for path in [*paths, "/jobs", "/status", "/health"]}

    assert {path: response.status_code for path, response in responses.items()} == dict.fromkeys(
        responses, 200
    )
    newest_first = [job["id"] for job in responses["/jobs"].json()["results"]]
    assert newest_first == ids[::-1]
    for each in ids:
        job = responses[f"/jobs/{each}"].json()
        assert job["status"] == "pending"
        assert responses[f"/jobs/{each}"].headers["Retry-After"].isdigit()


def test_future_job_can_be_canceled(
    api: Api, clock: SetClock, future_jobs: list[dict[str, Any]]
) -> None:
    responses = [api.post(f"/jobs/{job['id']}/cancel") for job in future_jobs]

    assert [response.status_code for response in responses] == [200] * len(responses)
    for response in responses:
        canceled = response.json()
        assert canceled["error"]["code"] == "canceled"
        assert api.job(canceled["id"]) == canceled


def test_future_idempotency_key_is_replayed(api: Api, clock: SetClock) -> None:
    first = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})
    clock.advance(-3600)

    again = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
