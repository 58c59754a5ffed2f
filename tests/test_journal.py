"""The journal: what it remembers of requests, what of them it tells, and what it never does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError

from tests.conftest import API, NEW_YEAR, Api, SetClock
from vid_trans_api.control.reports import (
    JobReportSerializer,
    LoggedRequestSerializer,
    PollSerializer,
    ReportSerializer,
)
from vid_trans_api.journal import recorder as journaling
from vid_trans_api.journal.recorder import Recording, journal
from vid_trans_api.models import LoggedRequest, LoggedRequestQuerySet, Workspace
from vid_trans_api.native.serializers import instant
from vid_trans_api.serving.long_polls import wait_for_end
from vid_trans_api.snapshots import Operation

REPORT = "/simulation/report"


def report(api: Api, **headers: str) -> Any:
    return api.get(REPORT, **headers).json()


def seen(api: Api, *names: str) -> list[Any]:
    """Return what the report says of each request: the values of these names."""
    return [tuple(each[name] for name in names) for each in report(api)["requests"]]


def entry(**facts: Any) -> Recording:
    usual: dict[str, Any] = {
        "key_digest": "",
        "operation": Operation.LIST,
        "server_received_at": NEW_YEAR,
    }
    return Recording(**usual | {"user_agent": ""} | facts)


def test_a_workspace_that_nobody_used_has_a_report_without_requests(api: Api) -> None:
    actual = report(api)

    assert (actual["requests"], actual["jobs"], actual["scenarios"]) == ([], 0, [])
    assert actual["verdict"] == {
        "polls": 0,
        "retries": 0,
        "noticed_after": None,
        "violations": [],
        "violation_count": 0,
        "clean": True,
        "complete": True,
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

    actual = [
        (each[0]["status"], each[0]["estimated_time_remaining"])
        for (each,) in seen(api, "reported")
    ]
    assert actual == [("pending", 10), ("pending", 6), ("completed", None)]
    assert seen(api, "retry_after") == [(10,), (6,), (None,)]


@pytest.mark.parametrize(
    ("method", "path", "document", "expected"),
    [
        ("get", "/jobs/none", None, ("status", 404, ["none"])),
        ("get", f"/jobs/{'x' * 33}", None, ("status", 404, ["xxxxxxxx…11ba55a3a7c1ee0f8eb8867"])),
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

    actual = [report(api), report(api, **{"X-Api-Key": "another"})]
    assert [[each["operation"] for each in one["requests"]] for one in actual] == [
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

    actual = seen(api, "operation", "jobs", "status", "reported", "fault")
    assert actual[1] == ("status", [job_id], status, [], str(fault))


def test_a_fault_that_lies_is_remembered_with_its_lie(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": fault, "times": 1} for fault in ("stale", "unknown-status")]
    job_id = api.create(duration=10, outcome="completed", faults=faults)["id"]
    clock.advance(12)
    api.job(job_id)
    api.job(job_id)

    actual = [(fault, said[0]["status"]) for fault, said in seen(api, "fault", "reported")[1:]]
    assert actual == [("stale", "pending"), ("unknown-status", "unknown")]


def test_the_answer_that_a_key_gets_again_tells_what_it_told(api: Api) -> None:
    first = api.post("/jobs", {}, **{"Idempotency-Key": "one"}).json()
    api.post("/jobs", {}, **{"Idempotency-Key": "one"})

    assert seen(api, "jobs", "status") == [([first["id"]], 202)] * 2


def test_a_key_that_is_refused_another_body_is_told_nothing(api: Api) -> None:
    for title in ("one", "other"):
        api.post("/jobs", {"title": title}, **{"Idempotency-Key": "one"})

    assert [(status, len(actual)) for status, actual in seen(api, "status", "reported")] == [
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

    actual = api.get(f"/simulation/jobs/{job_id}").json()

    shown = ("status", "reported", "lateness", "fault", "retry", "waited")
    assert [tuple(poll[name] for name in shown) for poll in actual["polls"]] == [
        (503, None, -4, "503", False, None),
        (200, "pending", -3.99, None, True, None),
        (200, "completed", 1.51, None, False, None),
    ]
    assert actual["verdict"] == {
        "polls": 2,
        "retries": 1,
        "noticed_after": 1.51,
        "violations": [],
        "violation_count": 0,
        "clean": True,
        "complete": True,
    }


def test_a_request_that_had_nothing_to_wait_for_was_not_held(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=0, outcome="completed")["id"]
    api.get(f"/jobs/{job_id}", Prefer="wait=7")
    api.get(f"/jobs/{job_id}")

    assert seen(api, "wait", "waited") == [(None, None), (7, None), (None, None)]


def test_requests_for_what_is_too_long_for_an_id_are_told_apart(api: Api, clock: SetClock) -> None:
    api.create()
    for _ in range(5):
        api.get(f"/jobs/{uuid4()}")

    actual = api.get("/simulation/report").json()

    assert (actual["verdict"]["polls"], actual["verdict"]["violations"]) == (5, [])


def test_a_held_request_came_when_it_came_wherever_time_was_moved_meanwhile(
    api: Api, clock: SetClock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LONG_POLL_LIMIT = 0.01
    api.post("/simulation/clock", {"freeze": True})
    rules = [{"on": "status", "fault": 503, "between": [50, None]}]
    job_id = api.create(duration=60, faults=rules)["id"]

    def move_on_and_look(*arguments: Any, **options: Any) -> Any:
        api.post("/simulation/clock", {"advance": 100})
        return wait_for_end(*arguments, **options)

    monkeypatch.setattr("vid_trans_api.native.views.wait_for_end", move_on_and_look)
    api.get(f"/jobs/{job_id}", Prefer="wait=9")

    assert seen(api, "received_at", "status")[-1] == (instant(clock()), 503)


def test_the_verdict_of_all_is_that_of_each_job_together(api: Api, clock: SetClock) -> None:
    jobs = [api.create(duration=seconds, scenario=name)["id"] for seconds, name in JOBS]
    clock.advance(10)
    api.get(f"/jobs?ids={','.join(jobs)}")
    api.delete(f"/jobs/{jobs[1]}")
    clock.advance(1)
    api.job(jobs[0])

    actual = report(api)

    assert (actual["jobs"], actual["scenarios"]) == (3, ["ok", "frozen"])
    assert actual["verdict"]["noticed_after"] == {"mean": 5, "worst": 8}
    assert (actual["verdict"]["polls"], actual["verdict"]["clean"]) == (2, False)
    assert [(each["kind"], each["job"]) for each in actual["verdict"]["violations"]] == [
        ("asked-after-end", jobs[0])
    ]


JOBS = [(5, "ok"), (8, "frozen"), (2, "ok")]


def test_times_are_those_of_the_workspace(api: Api, clock: SetClock) -> None:
    api.post("/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"})
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(500)
    api.post("/simulation/clock", {"advance": 11})
    api.job(job_id)

    assert seen(api, "received_at") == [
        ("2030-01-01T00:00:00.000000Z",),
        ("2030-01-01T00:00:11.000000Z",),
    ]
    assert report(api)["verdict"]["noticed_after"] == {"mean": 1, "worst": 1}
    assert report(api)["clock"] == api.get("/simulation/clock").json()


def test_a_request_that_is_refused_at_once_came_before_the_time_was_moved_on(
    api: Api, clock: SetClock
) -> None:
    api.post("/simulation/clock", {"freeze": "2030-01-01T00:00:00Z"})
    api.get("/jobs?limit=x")
    api.post("/simulation/clock", {"advance": 60})
    api.get("/jobs?limit=x")

    assert [each[17:19] for (each,) in seen(api, "received_at")] == ["00", "00"]
    assert [each[14:16] for (each,) in seen(api, "received_at")] == ["00", "01"]


def test_a_report_lists_the_newest_requests_and_says_how_many_there_are(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vid_trans_api.control.reports.MOST_REQUESTS", 2)
    api.create()
    for limit in (1, 2, 3):
        api.get(f"/jobs?limit={limit}")

    actual = report(api)

    assert [each["operation"] for each in actual["requests"]] == ["list", "list"]
    assert actual["request_count"] == 4


def test_a_report_lists_fewer_requests_where_each_is_about_many_jobs(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vid_trans_api.control.reports.MOST_JOBS", 5)
    Workspace.objects.stored("")
    for ids in ("a,b", "a,b", "a,b", "a"):
        api.get(f"/jobs?ids={ids}")

    assert seen(api, "jobs") == [(["a", "b"],), (["a", "b"],), (["a"],)]
    api.get("/jobs?ids=a,b,c,d,e,f")
    assert (len(seen(api, "jobs")), report(api)["request_count"]) == (1, 5)
    assert report(api)["verdict"]["polls"] == 5


def test_a_job_lists_its_newest_polls_and_remarks_and_counts_all(
    api: Api, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vid_trans_api.control.reports.MOST_REQUESTS", 2)
    job_id = api.create(duration=0, outcome="completed")["id"]
    for _ in range(4):
        clock.advance(1)
        api.job(job_id)

    actual = api.get(f"/simulation/jobs/{job_id}").json()

    assert [poll["lateness"] for poll in actual["polls"]] == [3, 4]
    assert [each["at"][17:19] for each in actual["verdict"]["violations"]] == ["03", "04"]
    assert (actual["verdict"]["polls"], actual["verdict"]["violation_count"]) == (4, 4)
    in_all = report(api)["verdict"]
    assert (len(in_all["violations"]), in_all["violation_count"]) == (2, 4)


def test_a_remark_names_the_request_that_earned_it(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for _ in range(2):
        api.job(job_id)

    actual, of_all = api.get(f"/simulation/jobs/{job_id}").json(), report(api)

    (number,) = {each["verdict"]["violations"][0]["request"] for each in (actual, of_all)}
    assert number == actual["polls"][1]["number"] == of_all["requests"][2]["number"]
    assert [each["number"] for each in actual["polls"]] == [
        each["number"] for each in of_all["requests"][1:]
    ]


def test_a_request_with_no_body_in_its_answer_tells_of_no_job(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for path in (f"/jobs/{job_id}", "/jobs"):
        api.client.head(API + path)
        clock.advance(1)
    api.job(job_id)

    assert seen(api, "operation", "reported")[1:3] == [("status", []), ("list", [])]
    assert verdict(api, job_id)["violations"] == []


def test_polls_of_many_jobs_are_about_each_by_its_exact_name(api: Api, clock: SetClock) -> None:
    first, second = (api.create(duration=10, outcome="completed")["id"] for _ in range(2))
    clock.advance(4)
    api.get(f"/jobs?ids={first},{second}")
    clock.advance(4)
    api.get(f"/jobs?ids={first.upper()},{second}")
    clock.advance(4)
    faults = [{"on": "status", "fault": "garbage", "times": 1}]
    api.patch("/simulation/defaults", {"faults": faults})
    api.get(f"/jobs?ids={second},{first}")
    api.get(f"/jobs?ids={second},{first}")

    actual = [
        [(poll["reported"], poll["retry"]) for poll in each["polls"]]
        for each in (api.get(f"/simulation/jobs/{job_id}").json() for job_id in (first, second))
    ]
    struck = [(None, False), ("completed", True)]
    assert actual == [
        [("pending", False), *struck],
        [("pending", False), ("pending", False), *struck],
    ]
    assert verdict(api, first)["noticed_after"] == 2


def test_a_creation_that_made_no_job_is_about_none(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    faults = [{"on": "create", "fault": 500, "times": 2}]
    api.patch("/simulation/defaults", {"faults": faults})
    for _ in range(2):
        clock.advance(1)
        api.post("/jobs", {"title": "another"})

    assert verdict(api, job_id)["violations"] == []
    assert [each["kind"] for each in report(api)["verdict"]["violations"]] == ["created-twice"]


def test_hammering_the_list_is_told_from_paging_through_it(api: Api) -> None:
    for _ in range(5):
        api.create()
    for _ in range(2):
        path = "/jobs?limit=1"
        while path:
            following = api.get(path).json()["next"]
            path = following and following.partition(API)[2]
    assert report(api)["verdict"]["clean"]

    for _ in range(4):
        api.get("/jobs")
    assert [each["kind"] for each in report(api)["verdict"]["violations"]] == ["hammered"]


def test_a_journal_forgets_the_oldest_past_its_length(api: Api, settings: Any) -> None:
    settings.JOURNAL_LENGTH = 3
    api.create()
    for _ in range(2):
        for path in ("/jobs", "/status", "/jobs?ids=x"):
            api.get(path)
        journal.flush()

    assert LoggedRequest.objects.count() == 3
    assert seen(api, "operation") == [("list",), ("status",), ("status",)]


def verdict(api: Api, job_id: str) -> Any:
    return api.get(f"/simulation/jobs/{job_id}").json()["verdict"]


def known(actual: Any) -> tuple[bool | None, bool]:
    return actual["clean"], actual["complete"]


@pytest.fixture
def forgetful(api: Api, clock: SetClock, settings: Any) -> tuple[str, str]:
    """Have a journal forget the first requests for one of two jobs; return the ids of both."""
    settings.JOURNAL_LENGTH = 4
    jobs = []
    for seconds in (10, 20):
        clock.advance(1)
        jobs.append(api.create(duration=seconds, outcome="completed")["id"])
    first, second = jobs
    for job_id, age in ((first, 1), (first, 12), (second, 18), (second, 25)):
        clock.at = NEW_YEAR + timedelta(seconds=age)
        api.job(job_id)
    journal.flush()
    return first, second


def test_a_verdict_says_that_requests_have_been_forgotten(
    api: Api, forgetful: tuple[str, str]
) -> None:
    first, second = forgetful

    assert [known(verdict(api, each)) for each in forgetful] == [(None, False)] * 2
    assert known(report(api)["verdict"]) == (None, False)
    assert [verdict(api, each)["noticed_after"] for each in forgetful] == [1, 3]
    for _ in range(2):
        api.get("/jobs")
    assert [verdict(api, each)["noticed_after"] for each in (first, second)] == [None, 3]
    assert report(api)["verdict"]["noticed_after"] == {"mean": 3, "worst": 3}


def test_what_a_client_is_blamed_for_stays_so_when_requests_are_forgotten(
    api: Api, forgetful: tuple[str, str]
) -> None:
    api.job(forgetful[1])

    assert known(verdict(api, forgetful[1])) == (False, False)
    assert known(report(api)["verdict"]) == (False, False)


def test_a_job_from_after_what_was_forgotten_is_judged_as_ever(
    api: Api, clock: SetClock, forgetful: tuple[str, str]
) -> None:
    clock.advance(1)
    job_id = api.create(outcome="stuck")["id"]

    assert known(verdict(api, job_id)) == (True, True)


def test_a_workspace_that_is_emptied_has_forgotten_nothing(
    api: Api, forgetful: tuple[str, str]
) -> None:
    api.post("/simulation/reset")

    assert known(report(api)["verdict"]) == (True, True)
    assert known(verdict(api, api.create()["id"])) == (True, True)


def test_a_workspace_is_not_told_what_another_has_forgotten(
    api: Api, forgetful: tuple[str, str]
) -> None:
    another = {"X-Api-Key": "another"}
    api.post("/jobs", {}, **another)
    api.get("/jobs")

    assert known(report(api)["verdict"]) == (None, False)
    assert known(report(api, **another)["verdict"]) == (True, True)


def test_a_journal_that_is_not_long_enough_remembers_until_when_it_forgot(
    forgetful: tuple[str, str],
) -> None:
    workspace = Workspace.objects.get()
    assert workspace.evicted_until == NEW_YEAR + timedelta(seconds=2)

    Workspace.objects.all().mark_evicted(NEW_YEAR)

    workspace.refresh_from_db()
    assert workspace.evicted_until == NEW_YEAR + timedelta(seconds=2)


@pytest.mark.parametrize(("name", "value"), [("JOURNAL_LENGTH", 0), ("SIMULATION", False)])
def test_without_a_journal_nothing_is_remembered(
    api: Api, settings: Any, name: str, value: Any
) -> None:
    setattr(settings, name, value)
    job = api.post("/jobs").json()
    api.job(job["id"])

    assert (len(journal._buffer), report(api)["requests"]) == (0, [])
    assert api.get(f"/simulation/jobs/{job['id']}").json()["polls"] == []
    if name == "JOURNAL_LENGTH":
        assert known(verdict(api, job["id"])) == known(report(api)["verdict"]) == (None, False)


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

    journal.record(entry(server_received_at=NEW_YEAR), is_delivered=True)
    journal.record(entry(server_received_at=NEW_YEAR + timedelta(seconds=2)), is_delivered=True)

    assert len(seen(api)) == 1


def test_a_workspace_that_was_never_stored_has_no_journal(api: Api) -> None:
    api.get("/jobs")

    assert seen(api) == []
    assert not Workspace.objects.exists()
    assert len(journal._buffer) == 0


def test_deleting_a_workspace_takes_its_journal_along(api: Api) -> None:
    api.create()
    journal.flush()

    Workspace.objects.get().delete()

    assert not LoggedRequest.objects.exists()


def test_pruning_forgets_old_requests(api: Api, clock: SetClock, capsys: Any) -> None:
    api.create(outcome="stuck")
    clock.advance(86_400)
    api.get("/jobs")
    journal.flush()
    clock.advance(86_400)

    call_command("prune", days=1.5)

    assert "1 logged requests" in capsys.readouterr().out
    assert seen(api, "operation") == [("list",)]
    assert known(report(api)["verdict"]) == (None, False)


def test_pruning_that_finds_nothing_old_forgets_nothing(api: Api, clock: SetClock) -> None:
    api.create()
    journal.flush()

    call_command("prune", days=1)

    assert known(report(api)["verdict"]) == (True, True)


def test_what_the_store_does_not_take_is_written_later(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create()

    def refuse(*_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as locked:
        locked.setattr(LoggedRequestQuerySet, "write", refuse)
        journal.flush()
        answer = api.get("/jobs")
        assert known(report(api)["verdict"]) == (None, False)

    assert answer.status_code == 200
    assert seen(api, "operation") == [("create",), ("list",)]
    assert known(report(api)["verdict"]) == (True, True)


def test_what_can_never_be_written_is_dropped_and_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "dropped", 0)
    api.create()
    journal.record(entry(job_ids=(None,)), is_delivered=True)

    assert seen(api, "operation") == []
    api.get("/jobs")
    assert (seen(api, "operation"), journal.dropped) == ([("list",)], 2)
    assert known(report(api)["verdict"]) == (None, False)


def test_what_there_is_no_room_for_is_dropped_and_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "CAPACITY", 2)
    monkeypatch.setattr(journal, "dropped", 0)
    api.create()
    for _ in range(4):
        assert api.get("/jobs").status_code == 200

    actual = report(api)
    assert ([each["operation"] for each in actual["requests"]], actual["requests_dropped"]) == (
        ["create", "list"],
        3,
    )
    assert known(actual["verdict"]) == (None, False)
    for _ in range(4):
        api.get("/jobs")
    api.post("/simulation/reset")
    assert journal._last_dropped == {}
    assert known(report(api)["verdict"]) == (True, True)


def test_reports_are_written_as_their_schema_says(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = api.create(duration=1, outcome="completed", faults=faults)["id"]
    for _ in range(3):
        api.job(job_id)
        clock.advance(2)

    documents: dict[Any, Any] = {
        ReportSerializer: report(api),
        JobReportSerializer: api.get(f"/simulation/jobs/{job_id}").json(),
    }

    for kind, document in documents.items():
        assert list(document) == list(kind().fields)
        assert list(document["verdict"]) == list(kind().fields["verdict"].fields)
        assert kind(data=document).is_valid(), document
    assert list(report(api)["requests"][0]) == list(LoggedRequestSerializer().fields)
    assert list(documents[JobReportSerializer]["polls"][0]) == list(PollSerializer().fields)


def test_a_request_is_noted_once(api: Api) -> None:
    Workspace.objects.stored("")
    noted = entry()

    journal.record(noted, is_delivered=True)
    journal.record(noted, is_delivered=False)

    assert seen(api, "delivered") == [(True,)]
