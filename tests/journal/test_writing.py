"""What happens to buffered requests that cannot be written, or for which there is no room."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from tests.conftest import Api
from tests.journal.reports import clean_and_complete, logged_values, recording, report
from vid_trans_api.journal import recorder
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import LoggedRequestQuerySet


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


def test_requests_that_can_never_be_written_are_dropped(api: Api) -> None:
    api.create()
    journal.record(recording(job_ids=(None,)), is_delivered=True)
    journal.flush()
    api.get("/jobs")

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["list"]
    assert document["requests_dropped"] == 2
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_requests_without_room_are_dropped(api: Api, with_room_for_two: None) -> None:
    api.create()
    for _ in range(4):
        assert api.get("/jobs").status_code == 200

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["create", "list"]
    assert document["requests_dropped"] == 3
    assert clean_and_complete(document["verdict"]) == (None, False)


def test_verdict_is_complete_again_if_a_reset_follows_a_drop(
    api: Api, with_room_for_two: None
) -> None:
    api.create()
    for _ in range(4):
        api.get("/jobs")

    api.post("/simulation/reset")

    assert clean_and_complete(report(api)["verdict"]) == (None, True)
