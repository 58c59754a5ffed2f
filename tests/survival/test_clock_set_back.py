"""The machine's clock set back: no step backwards in a process, no failure after a restart."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import NEW_YEAR, Api, SetClock
from vid_trans_api import clock as server_clock


class WallClock(datetime):
    """The machine's own clock, as somebody sets it."""

    instant = NEW_YEAR

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.instant


@pytest.fixture
def started_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The server's clock as it is in a process that has just started at the new year."""
    monkeypatch.setattr("datetime.datetime", WallClock)
    yield importlib.reload(server_clock)
    monkeypatch.undo()
    importlib.reload(server_clock)


def test_the_clock_runs_on_when_the_machine_s_is_set_back(
    started_clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = started_clock.now()
    monkeypatch.setattr(WallClock, "instant", NEW_YEAR - timedelta(days=1))
    after = [started_clock.now() for _ in range(1000)]

    assert NEW_YEAR <= before <= after[0]
    assert after == sorted(after)
    assert after[-1] < NEW_YEAR + timedelta(minutes=1)
    assert after[-1].tzinfo is UTC


@pytest.fixture
def jobs_of_the_future(api: Api, clock: SetClock) -> list[dict[str, Any]]:
    """A job of each kind, and then a restart with the clock an hour back."""
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


def test_no_answer_about_a_job_of_the_future_fails(
    api: Api, jobs_of_the_future: list[dict[str, Any]]
) -> None:
    ids = [job["id"] for job in jobs_of_the_future]
    lists = ["status=pending", "status=completed", "status=error", "target_language=Spanish"]
    paths = [f"/jobs?{query}" for query in [*lists, "limit=2", f"ids={','.join(ids)}"]]
    paths += [path for each in ids for path in (f"/jobs/{each}", f"/status?job_id={each}")]

    answers = {path: api.get(path) for path in [*paths, "/jobs", "/status", "/health"]}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        answers, 200
    )
    newest_first = [job["id"] for job in answers["/jobs"].json()["results"]]
    assert newest_first == ids[::-1]
    for each in ids:
        job = answers[f"/jobs/{each}"].json()
        assert job["status"] == "pending"
        assert answers[f"/jobs/{each}"].headers["Retry-After"].isdigit()


def test_a_job_of_the_future_can_be_canceled(
    api: Api, clock: SetClock, jobs_of_the_future: list[dict[str, Any]]
) -> None:
    answers = [api.post(f"/jobs/{job['id']}/cancel") for job in jobs_of_the_future]

    assert [answer.status_code for answer in answers] == [200] * len(answers)
    for answer in answers:
        canceled = answer.json()
        assert canceled["error"]["code"] == "canceled"
        assert api.job(canceled["id"]) == canceled


def test_a_key_of_the_future_is_replayed(api: Api, clock: SetClock) -> None:
    first = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})
    clock.advance(-3600)

    again = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
