"""No response reports an end that a later response could contradict."""

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Workspace, consistency
from vid_trans_api.simulation.clocks import SimulatedClock


def test_recent_end_is_read_again_under_the_lock(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(10)

    with django_assert_num_queries(5) as queries:
        api.job(job_id)

    assert [query["sql"].split()[0] for query in queries.captured_queries] == [
        "SELECT",
        "SAVEPOINT",  # a transaction, within that of the test
        "SELECT",  # the lock
        "SELECT",
        "RELEASE",
    ]


def test_end_is_read_once_after_five_seconds(
    api: Api, clock: SetClock, django_assert_num_queries
) -> None:
    job_id = api.create(duration=10)["id"]
    clock.advance(15)

    with django_assert_num_queries(1):
        api.job(job_id)


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/jobs/ID", ["pending"]),
        ("/status?job_id=ID", ["pending"]),
        ("/status", ["pending"]),
        ("/jobs?ids=ID", ["pending"]),
        ("/jobs", ["pending"]),
        ("/jobs?status=completed", []),
    ],
)
def test_job_is_pending_if_its_clock_was_frozen_meanwhile(
    api: Api,
    clock: SetClock,
    path: str,
    statuses: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process freezes the clock: it read the time before the job's end."""
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(9)
    before_the_end = SimulatedClock(at=clock.at, since=clock.at, speed=0)
    clock.advance(2)
    has_just_ended = consistency.has_just_ended

    def freeze_meanwhile(*args: object) -> bool:
        Workspace.objects.update(clock=before_the_end)
        return has_just_ended(*args)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(consistency, "has_just_ended", freeze_meanwhile)

    document = api.get(path.replace("ID", job_id)).json()

    jobs = document.get("results", [document])
    assert [job["status"] for job in jobs] == statuses
