"""What the report on a workspace says about all of its requests and jobs."""

import pytest

from tests.conftest import API, Api, SetClock
from tests.journal.reports import logged_values, report
from vid_trans_api.journal import reports
from vid_trans_api.models import Workspace


def test_unused_workspace_has_an_empty_report(api: Api) -> None:
    document = report(api)

    assert (document["requests"], document["jobs"], document["scenarios"]) == ([], 0, [])
    assert document["verdict"] == {
        "polls": 0,
        "retries": 0,
        "noticed_after": None,
        "violations": [],
        "violation_count": 0,
        "clean": None,
        "complete": True,
        "notes": [],
    }


def test_total_verdict_sums_up_the_jobs(api: Api, clock: SetClock) -> None:
    jobs = [
        api.create(duration=seconds, scenario=scenario)["id"]
        for seconds, scenario in ((5, "ok"), (8, "frozen"), (2, "ok"))
    ]
    clock.advance(10)
    api.get(f"/jobs?ids={','.join(jobs)}")
    api.delete(f"/jobs/{jobs[1]}")
    clock.advance(1)
    api.job(jobs[0])

    document = report(api)

    verdict = document["verdict"]
    assert (document["jobs"], document["scenarios"]) == (3, ["ok", "frozen"])
    assert verdict["noticed_after"] == {"mean": 5, "worst": 8}
    assert (verdict["polls"], verdict["clean"]) == (2, False)
    assert [(each["kind"], each["job"]) for each in verdict["violations"]] == [
        ("asked-after-end", jobs[0])
    ]


def test_only_the_newest_requests_are_listed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_REQUESTS", 2)
    api.create()
    for limit in (1, 2, 3):
        api.get(f"/jobs?limit={limit}")

    document = report(api)

    assert [each["operation"] for each in document["requests"]] == ["list", "list"]
    assert document["request_count"] == 4


def test_fewer_requests_are_listed_if_they_are_about_many_jobs(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_JOBS", 5)
    Workspace.objects.stored("")
    for ids in ("a,b", "a,b", "a,b", "a"):
        api.get(f"/jobs?ids={ids}")

    assert logged_values(api, "jobs") == [(["a", "b"],), (["a", "b"],), (["a"],)]


def test_newest_request_is_listed_whatever_its_size(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_JOBS", 5)
    Workspace.objects.stored("")
    for ids in ("a,b", "a,b,c,d,e,f"):
        api.get(f"/jobs?ids={ids}")

    document = report(api)

    assert (len(document["requests"]), document["request_count"]) == (1, 2)
    assert document["verdict"]["polls"] == 2


def test_pages_of_a_list_are_different_lists(api: Api) -> None:
    for _ in range(5):
        api.create()
    for _ in range(2):
        path = "/jobs?limit=1"
        while path:
            following = api.get(path).json()["next"]
            path = following and following.partition(API)[2]

    assert report(api)["verdict"]["violations"] == []


def test_hammering_a_list_is_flagged(api: Api, clock: SetClock) -> None:
    api.create()
    for _ in range(4):
        api.get("/jobs")

    assert [each["kind"] for each in report(api)["verdict"]["violations"]] == ["hammered"]
