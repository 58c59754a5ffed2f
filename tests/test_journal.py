"""The journal: what it remembers of requests, what of them it tells, and what it never does."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from tests.conftest import NEW_YEAR, Api, SetClock
from vid_trans_api import journal as journaling
from vid_trans_api.journal import Entry, journal
from vid_trans_api.models import Call, CallQuerySet, Workspace
from vid_trans_api.reporting import (
    JudgedJobSerializer,
    PollSerializer,
    ReportSerializer,
    RequestSerializer,
)
from vid_trans_api.simulation.faults import Operation

REPORT = "/simulation/report"


def report(api: Api, **headers: str) -> Any:
    return api.get(REPORT, **headers).json()


def seen(api: Api, *names: str) -> list[Any]:
    """Return what the report says of each request: the values of these names."""
    return [tuple(each[name] for name in names) for each in report(api)["requests"]]


def entry(**facts: Any) -> Entry:
    usual: dict[str, Any] = {"key_digest": "", "operation": Operation.LIST, "arrived": NEW_YEAR}
    return Entry(**usual | {"user_agent": ""} | facts)


def test_a_workspace_that_nobody_used_has_a_report_without_requests(api: Api) -> None:
    told = report(api)

    assert (told["requests"], told["jobs"], told["scenarios"]) == ([], 0, [])
    assert told["verdict"] == {
        "polls": 0,
        "retries": 0,
        "noticed_after": None,
        "remarks": [],
        "clean": True,
    }


def test_every_request_of_a_client_is_remembered_in_order(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for path in (f"/jobs/{job_id}", f"/jobs?ids={job_id}", f"/status?job_id={job_id}", "/status"):
        api.get(path)
    api.get("/jobs")
    api.get(f"/jobs/{job_id}/result")
    api.post(f"/jobs/{job_id}/cancel")
    api.delete(f"/jobs/{job_id}")

    assert seen(api, "operation", "status", "jobs") == [
        ("create", 202, [job_id]),
        *[("status", 200, [job_id])] * 4,
        ("list", 200, [job_id]),
        ("result", 200, [job_id]),
        ("cancel", 409, [job_id]),
        ("delete", 204, [job_id]),
    ]


def test_what_was_told_of_a_job_is_remembered(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed", estimate="exact")
    clock.advance(4)
    api.job(job["id"])
    clock.advance(7)
    api.job(job["id"])

    told = [
        (each[0]["status"], each[0]["estimated_time_remaining"]) for (each,) in seen(api, "told")
    ]
    assert told == [("pending", 10), ("pending", 6), ("completed", None)]
    assert seen(api, "retry_after") == [(10,), (6,), (None,)]


@pytest.mark.parametrize(
    ("method", "path", "document", "expected"),
    [
        ("get", "/jobs/none", None, ("status", 404, ["none"])),
        ("get", f"/jobs/{'x' * 33}", None, ("status", 404, [])),
        ("get", "/jobs/none?wait=1", None, ("status", 400, ["none"])),
        ("get", "/status", None, ("status", 404, [])),
        ("get", "/jobs?limit=x", None, ("list", 400, [])),
        ("get", "/jobs?ids=a,b", None, ("status", 200, ["a", "b"])),
        ("post", "/jobs", {"titel": ""}, ("create", 400, [])),
    ],
)
def test_requests_that_are_refused_are_remembered(
    api: Api, method: str, path: str, document: Any, expected: tuple[Any, ...]
) -> None:
    Workspace.objects.stored("")

    getattr(api, method)(path, *([] if document is None else [document]))

    assert seen(api, "operation", "status", "jobs") == [expected]


def test_what_is_no_clients_business_is_not_remembered(api: Api, settings: Any) -> None:
    Workspace.objects.stored("")
    for path in ("/health", "/schema", "/docs", "/simulation/clock", REPORT, "/nowhere"):
        api.get(path)
    api.patch("/jobs", {})
    settings.API_KEYS = ["good"]
    api.get("/jobs")
    api.get("/jobs", **{"X-Api-Key": "bad"})
    settings.API_KEYS = []

    assert seen(api, "operation") == []


def test_a_workspace_sees_only_its_own_requests(api: Api) -> None:
    api.create()
    api.post("/jobs", {}, **{"X-Api-Key": "another"})
    api.get("/jobs", **{"X-Api-Key": "another"})

    told = [report(api), report(api, **{"X-Api-Key": "another"})]
    assert [[each["operation"] for each in one["requests"]] for one in told] == [
        ["create"],
        ["create", "list"],
    ]


@pytest.mark.parametrize(
    ("fault", "status"), [("garbage", 200), ("empty", 200), ("html", 502), (404, 404), (503, 503)]
)
def test_a_fault_that_spoils_an_answer_leaves_nothing_told(
    api: Api, fault: Any, status: int
) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": fault}])["id"]
    api.get(f"/jobs/{job_id}")

    told = seen(api, "operation", "jobs", "status", "told", "fault")
    assert told[1] == ("status", [job_id], status, [], str(fault))


def test_a_fault_that_lies_is_remembered_with_its_lie(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": fault, "times": 1} for fault in ("stale", "unknown-status")]
    job_id = api.create(duration=10, outcome="completed", faults=faults)["id"]
    clock.advance(12)
    api.job(job_id)
    api.job(job_id)

    told = [(fault, said[0]["status"]) for fault, said in seen(api, "fault", "told")[1:]]
    assert told == [("stale", "pending"), ("unknown-status", "processing")]


def test_the_answer_that_a_key_gets_again_tells_what_it_told(api: Api) -> None:
    first = api.post("/jobs", {}, **{"Idempotency-Key": "one"}).json()
    api.post("/jobs", {}, **{"Idempotency-Key": "one"})

    assert seen(api, "jobs", "status") == [([first["id"]], 202)] * 2


def test_a_key_that_is_refused_another_body_is_told_nothing(api: Api) -> None:
    for title in ("one", "other"):
        api.post("/jobs", {"title": title}, **{"Idempotency-Key": "one"})

    assert [(status, len(told)) for status, told in seen(api, "status", "told")] == [
        (202, 1),
        (422, 0),
    ]


def test_a_job_tells_of_its_polls_and_the_verdict(api: Api, clock: SetClock) -> None:
    job_id = api.create(
        duration=10, outcome="completed", faults=[{"on": "status", "fault": 503, "times": 1}]
    )["id"]
    clock.advance(6)
    api.job(job_id)
    clock.advance(0.01)
    api.job(job_id)
    clock.advance(5.5)
    api.job(job_id)

    told = api.get(f"/simulation/jobs/{job_id}").json()

    shown = ("status", "told", "lateness", "fault", "retry", "held")
    assert [tuple(poll[name] for name in shown) for poll in told["polls"]] == [
        (503, None, -4, "503", False, None),
        (200, "pending", -3.99, None, True, None),
        (200, "completed", 1.51, None, False, None),
    ]
    assert told["verdict"] == {
        "polls": 2,
        "retries": 1,
        "noticed_after": 1.51,
        "remarks": [],
        "clean": True,
    }


def test_a_held_request_says_how_long_it_asked_to_be_and_was(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=0, outcome="completed")["id"]
    api.get(f"/jobs/{job_id}", Prefer="wait=7")
    api.get(f"/jobs/{job_id}")

    assert seen(api, "asked_wait", "held") == [(None, None), (7, 0), (None, None)]


def test_the_verdict_of_all_is_that_of_each_job_together(api: Api, clock: SetClock) -> None:
    jobs = [api.create(duration=seconds, scenario=name)["id"] for seconds, name in JOBS]
    clock.advance(10)
    api.get(f"/jobs?ids={','.join(jobs)}")
    api.delete(f"/jobs/{jobs[1]}")
    clock.advance(1)
    api.job(jobs[0])

    told = report(api)

    assert (told["jobs"], told["scenarios"]) == (3, ["ok", "frozen"])
    assert told["verdict"]["noticed_after"] == {"mean": 5, "worst": 8}
    assert (told["verdict"]["polls"], told["verdict"]["clean"]) == (2, False)
    assert [(each["kind"], each["job"]) for each in told["verdict"]["remarks"]] == [
        ("asked-after-end", jobs[0])
    ]


JOBS = [(5, "ok"), (8, "frozen"), (2, "ok")]


def test_times_are_those_of_the_workspace(api: Api, clock: SetClock) -> None:
    api.post("/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"})
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(500)
    api.post("/simulation/clock", {"advance": 11})
    api.job(job_id)

    assert seen(api, "at") == [
        ("2030-01-01T00:00:00.000000Z",),
        ("2030-01-01T00:00:11.000000Z",),
    ]
    assert report(api)["verdict"]["noticed_after"] == {"mean": 1, "worst": 1}
    assert report(api)["clock"] == api.get("/simulation/clock").json()


def test_a_report_lists_the_newest_requests_and_says_how_many_there_are(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vid_trans_api.reporting.MOST_REQUESTS", 2)
    api.create()
    for limit in (1, 2, 3):
        api.get(f"/jobs?limit={limit}")

    told = report(api)

    assert [each["operation"] for each in told["requests"]] == ["list", "list"]
    assert told["requests_in_all"] == 4


def test_a_journal_forgets_the_oldest_past_its_length(api: Api, settings: Any) -> None:
    settings.JOURNAL_LENGTH = 3
    api.create()
    for _ in range(2):
        for path in ("/jobs", "/status", "/jobs?ids=x"):
            api.get(path)
        journal.flush()

    assert Call.objects.count() == 3
    assert seen(api, "operation") == [("list",), ("status",), ("status",)]


@pytest.mark.parametrize(("name", "value"), [("JOURNAL_LENGTH", 0), ("SIMULATION", False)])
def test_without_a_journal_nothing_is_remembered(
    api: Api, settings: Any, name: str, value: Any
) -> None:
    setattr(settings, name, value)
    job = api.post("/jobs").json()
    api.job(job["id"])

    assert (len(journal._waiting), report(api)["requests"]) == (0, [])
    assert api.get(f"/simulation/jobs/{job['id']}").json()["polls"] == []


def test_emptying_a_workspace_empties_its_journal(api: Api) -> None:
    api.create()
    journal.flush()
    api.get("/jobs")

    api.post("/simulation/reset", {"seed": 1})

    assert seen(api, "operation") == []
    api.get("/jobs")
    assert seen(api, "operation") == [("list",)]


def test_a_request_from_before_a_workspace_was_emptied_is_forgotten(
    api: Api, clock: SetClock
) -> None:
    clock.advance(1)
    api.post("/simulation/reset")

    journal.note(entry(arrived=NEW_YEAR), is_delivered=True)
    journal.note(entry(arrived=NEW_YEAR + timedelta(seconds=2)), is_delivered=True)

    assert len(seen(api)) == 1


def test_a_workspace_that_was_never_stored_has_no_journal(api: Api) -> None:
    api.get("/jobs")

    assert seen(api) == []
    assert not Workspace.objects.exists()
    assert len(journal._waiting) == 0


def test_deleting_a_workspace_takes_its_journal_along(api: Api) -> None:
    api.create()
    journal.flush()

    Workspace.objects.get().delete()

    assert not Call.objects.exists()


def test_pruning_forgets_old_requests(api: Api, clock: SetClock, capsys: Any) -> None:
    api.create(outcome="stuck")
    clock.advance(86_400)
    api.get("/jobs")
    journal.flush()
    clock.advance(86_400)

    call_command("prune", days=1.5)

    assert "1 requests of journals" in capsys.readouterr().out
    assert seen(api, "operation") == [("list",)]


def test_what_the_store_does_not_take_is_written_later(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create()

    def refuse(*_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as locked:
        locked.setattr(CallQuerySet, "write", refuse)
        journal.flush()
        answer = api.get("/jobs")

    assert answer.status_code == 200
    assert seen(api, "operation") == [("create",), ("list",)]


def test_what_can_never_be_written_is_dropped_and_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "dropped", 0)
    api.create()
    journal.note(entry(jobs=(None,)), is_delivered=True)

    assert seen(api, "operation") == []
    api.get("/jobs")
    assert (seen(api, "operation"), journal.dropped) == ([("list",)], 2)


def test_what_there_is_no_room_for_is_dropped_and_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "_MOST", 2)
    monkeypatch.setattr(journal, "dropped", 0)
    api.create()
    for _ in range(4):
        assert api.get("/jobs").status_code == 200

    told = report(api)
    assert ([each["operation"] for each in told["requests"]], told["requests_lost"]) == (
        ["create", "list"],
        3,
    )


def test_reports_are_written_as_their_schema_says(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = api.create(duration=1, outcome="completed", faults=faults)["id"]
    for _ in range(3):
        api.job(job_id)
        clock.advance(2)

    documents: dict[Any, Any] = {
        ReportSerializer: report(api),
        JudgedJobSerializer: api.get(f"/simulation/jobs/{job_id}").json(),
    }

    for kind, document in documents.items():
        assert list(document) == list(kind().fields)
        assert list(document["verdict"]) == list(kind().fields["verdict"].fields)
        assert kind(data=document).is_valid(), document
    assert list(report(api)["requests"][0]) == list(RequestSerializer().fields)
    assert list(documents[JudgedJobSerializer]["polls"][0]) == list(PollSerializer().fields)


def test_a_request_is_noted_once(api: Api) -> None:
    Workspace.objects.stored("")
    noted = entry()

    journal.note(noted, is_delivered=True)
    journal.note(noted, is_delivered=False)

    assert seen(api, "delivered") == [(True,)]
