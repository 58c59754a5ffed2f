"""What happens to buffered requests that cannot be written, or for which there is no room."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from tests.conftest import Api, SetClock
from tests.journal.reports import clean_and_complete, logged_values, recording, report
from tests.patience import eventually
from vid_trans_api.journal import recorder
from vid_trans_api.journal.recorder import Journal, Row, journal
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import LoggedRequestQuerySet, Workspace


@contextmanager
def locked_database() -> Iterator[None]:
    """Have the database refuse what the journal writes."""

    def refuse(*_: object) -> None:
        raise OperationalError("database is locked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LoggedRequestQuerySet, "write", refuse)
        yield


@pytest.fixture
def with_room_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "CAPACITY", 2)


def test_requests_succeed_while_the_database_is_locked(api: Api) -> None:
    api.create()
    with locked_database():
        journal.flush()
        response = api.get("/jobs")
        verdict = report(api)["verdict"]

    assert response.status_code == 200
    assert clean_and_complete(verdict) == (None, False)


def test_requests_are_written_once_the_database_is_unlocked(api: Api) -> None:
    api.create()
    with locked_database():
        journal.flush()
    api.get("/jobs")

    assert logged_values(api, "operation") == [("create",), ("list",)]
    assert clean_and_complete(report(api)["verdict"]) == (True, True)


def test_request_that_can_never_be_written_is_dropped(api: Api) -> None:
    api.create()
    journal.record(recording(job_ids=(None,)), is_delivered=True)
    api.get("/jobs")

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["create", "list"]
    assert document["requests_dropped"] == 1
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_requests_are_dropped_if_writing_them_fails_by_mistake(api: Api) -> None:
    api.create()
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(LoggedRequestQuerySet, "evict_past")
        journal.flush()
    api.get("/jobs")

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["list"]
    assert document["requests_dropped"] == 1
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_requests_without_room_are_dropped(api: Api, with_room_for_two: None) -> None:
    api.create()
    for _ in range(4):
        assert api.get("/jobs").status_code == 200

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["create", "list"]
    assert document["requests_dropped"] == 3
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_requests_are_dropped_if_they_take_too_much_memory(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create()
    journal.flush()
    monkeypatch.setattr(recorder, "CAPACITY_BYTES", 10_000)
    path = f"/jobs?ids={','.join(f'{number:032}' for number in range(100))}"
    for _ in range(3):
        assert api.get(path).status_code == 200

    document = report(api)

    assert (document["request_count"], document["requests_dropped"]) == (2, 2)
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_room_for_requests_is_free_again_once_they_are_written(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CAPACITY_BYTES", 10_000)
    api.create()
    for _ in range(9):
        with locked_database():
            journal.flush()
        journal.flush()
        api.get("/jobs")

    document = report(api)

    assert (document["request_count"], document["requests_dropped"]) == (10, 0)


def test_requests_of_many_jobs_wait_in_little_memory(db: None) -> None:
    jobs = {f"{number:032}": Reported(status="pending", estimate=1.5) for number in range(100)}
    tracemalloc.start()
    for _ in range(200):
        workspace = Workspace(key_digest="", counters={"admitted": [*range(300)]})
        copies = {"".join(job): Reported(*reported) for job, reported in jobs.items()}
        journal.record(recording(workspace=workspace, reported=copies), is_delivered=True)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 200 * 10_000


def test_drops_of_very_many_keys_make_all_verdicts_incomplete(
    api: Api, with_room_for_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MOST_MARKED", 1)
    api.create()
    journal.flush()
    for key in ("one", "two", "three", "four"):
        api.get("/jobs", **{"X-Api-Key": key})

    document = report(api)

    assert document["requests_dropped"] == 2
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_verdict_is_complete_again_if_a_reset_follows_a_drop(
    api: Api, with_room_for_two: None
) -> None:
    api.create()
    for _ in range(4):
        api.get("/jobs")

    api.post("/simulation/reset")

    assert clean_and_complete(report(api)["verdict"]) == (None, True)


@pytest.mark.parametrize("most_marked", [0, 1])
def test_drop_before_a_reset_by_another_process_does_not_concern_the_new_verdict(
    api: Api,
    clock: SetClock,
    with_room_for_two: None,
    monkeypatch: pytest.MonkeyPatch,
    most_marked: int,
) -> None:
    monkeypatch.setattr(recorder, "MOST_MARKED", most_marked)
    api.create()
    for _ in range(4):
        api.get("/jobs")
    clock.advance(1)
    Workspace.objects.get().reset(seed=None)

    assert clean_and_complete(report(api)["verdict"]) == (None, True)


def test_drop_after_a_reset_makes_the_verdict_incomplete(
    api: Api, clock: SetClock, with_room_for_two: None
) -> None:
    api.create()
    api.post("/simulation/reset")
    clock.advance(1)
    for _ in range(4):
        api.get("/jobs")

    assert clean_and_complete(report(api)["verdict"]) == (None, False)


def test_thread_writes_what_it_could_not_during_the_long_write_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "_LONGEST_WAIT", 0.01)
    monkeypatch.setattr(recorder, "_PAUSE", 0.01)
    written: list[Row] = []
    monkeypatch.setattr(Journal, "_write", lambda _, rows: written.extend(rows))
    own_journal = Journal()

    with own_journal._writing:
        own_journal.record(recording(), is_delivered=True)
        time.sleep(0.3)  # the thread gives up meanwhile
    eventually(lambda: written, patience=10)

    assert len(written) == 1
