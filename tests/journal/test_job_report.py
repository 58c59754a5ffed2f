"""What the report on one job says about its polls and its client."""

import pytest

from tests.conftest import Api, SetClock
from tests.journal.reports import judged_job, report, verdict_on
from vid_trans_api.control import reports


def test_job_report_has_polls_and_a_verdict(api: Api, clock: SetClock) -> None:
    faults = [{"on": "status", "fault": 503, "times": 1}]
    job_id = api.create(duration=10, outcome="completed", faults=faults)["id"]
    clock.advance(6)
    api.job(job_id)
    clock.advance(0.01)
    api.job(job_id)
    clock.advance(5.5)
    api.job(job_id)

    document = judged_job(api, job_id)

    names = ("status", "reported", "lateness", "fault", "retry", "waited")
    assert [tuple(poll[name] for name in names) for poll in document["polls"]] == [
        (503, None, -4, "503", False, None),
        (200, "pending", -3.99, None, True, None),
        (200, "completed", 1.51, None, False, None),
    ]
    assert document["verdict"] == {
        "polls": 2,
        "retries": 1,
        "noticed_after": 1.51,
        "reference": {"polls": 5, "late": 1.56},
        "violations": [],
        "violation_count": 0,
        "clean": True,
        "complete": True,
        "notes": [],
    }


def test_only_the_newest_polls_and_violations_are_listed(
    api: Api, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_REQUESTS", 2)
    job_id = api.create(duration=0, outcome="completed")["id"]
    for _ in range(4):
        clock.advance(1)
        api.job(job_id)

    document = judged_job(api, job_id)

    verdict, total = document["verdict"], report(api)["verdict"]
    assert [poll["lateness"] for poll in document["polls"]] == [3, 4]
    assert [each["at"][17:19] for each in verdict["violations"]] == ["03", "04"]
    assert (verdict["polls"], verdict["violation_count"]) == (4, 4)
    assert (len(total["violations"]), total["violation_count"]) == (2, 4)


def test_violation_names_its_request(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(2)
    for _ in range(2):
        api.job(job_id)

    of_job, of_workspace = judged_job(api, job_id), report(api)

    polls = [each["number"] for each in of_job["polls"]]
    assert polls == [each["number"] for each in of_workspace["requests"][1:]]
    for document in (of_job, of_workspace):
        (violation,) = document["verdict"]["violations"]
        assert violation["request"] == polls[1]


def test_failed_creation_of_another_job_is_not_held_against_it(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]
    faults = [{"on": "create", "fault": 500, "times": 2}]
    api.patch("/simulation/defaults", {"faults": faults})
    for _ in range(2):
        clock.advance(1)
        api.post("/jobs", {"title": "another"})

    assert verdict_on(api, job_id)["violations"] == []
    kinds = [each["kind"] for each in report(api)["verdict"]["violations"]]
    assert kinds == ["created-twice"]
