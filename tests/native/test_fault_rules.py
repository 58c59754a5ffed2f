"""Which requests the fault rules of jobs and workspaces apply to, over HTTP."""

from typing import Any

from tests.conftest import Api, SetClock


def once(on: str, fault: int) -> dict[str, Any]:
    """Return a rule that applies once."""
    return {"on": on, "fault": fault, "times": 1}


def test_rule_of_a_job_applies_as_often_as_it_says(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": 503, "times": 2}])["id"]

    assert api.statuses(f"/jobs/{job_id}", 4) == [503, 503, 200, 200]


def test_rule_applies_between_two_ages_of_its_job(api: Api, clock: SetClock) -> None:
    rule = {"on": "status", "fault": 500, "between": [10, 20]}
    job_id = api.create(duration=100, faults=[rule])["id"]

    statuses = []
    for seconds in (9.9, 0.1, 10, 0.1):
        clock.advance(seconds)
        statuses += api.statuses(f"/jobs/{job_id}")

    assert statuses == [200, 500, 500, 200]


def test_lost_job_is_not_found_from_its_middle(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="lost", duration=10)["id"]
    clock.advance(4.9)
    before = api.statuses(f"/jobs/{job_id}")
    clock.advance(0.1)
    after = api.statuses(f"/jobs/{job_id}")

    assert before + after == [200, 404]
    assert api.get(f"/jobs?ids={job_id}").json() == {"results": [], "not_found": [job_id]}
    assert api.post(f"/jobs/{job_id}/cancel").status_code == 404


def test_rule_of_a_workspace_applies_to_all_its_requests(api: Api) -> None:
    job_id = api.create()["id"]
    api.set_defaults(faults=[{"on": "any", "fault": 500, "after": 1}])

    statuses = [
        *api.statuses(f"/jobs/{job_id}", 2),
        *api.statuses("/jobs"),
        *api.statuses("/jobs/nope"),
        api.post("/jobs").status_code,
        api.delete(f"/jobs/{job_id}").status_code,
    ]

    assert statuses == [200, 500, 500, 500, 500, 500]


def test_rule_of_a_workspace_applies_to_nothing_else(api: Api) -> None:
    job_id = api.create()["id"]
    api.set_defaults(faults=[{"on": "any", "fault": 500}])

    statuses = [
        api.get(f"/jobs/{job_id}", X_Api_Key="another").status_code,
        *api.statuses("/health"),
        *api.statuses("/simulation/clock"),
    ]

    assert statuses == [404, 200, 200]


def test_rule_of_a_job_does_not_use_up_a_later_one(api: Api) -> None:
    api.set_defaults(faults=[once("status", 500)])
    job_id = api.create(faults=[once("status", 503)])["id"]

    assert api.statuses(f"/jobs/{job_id}", 3) == [503, 500, 200]


def test_workspace_rule_between_ages_matches_any_job_of_a_batch(api: Api, clock: SetClock) -> None:
    api.set_defaults(faults=[{"on": "status", "fault": 503, "between": [10, 20]}])
    old = api.create(duration=100)["id"]
    clock.advance(15)
    young = api.create(duration=100)["id"]

    assert api.statuses(f"/jobs/{young}") == [200]
    assert api.statuses(f"/jobs?ids={young},{old}") == [503]


def test_fault_of_one_job_leaves_the_others_of_a_batch_alone(api: Api) -> None:
    rules = [{"on": "status", "fault": "unknown-status"}]
    odd, usual = api.create(faults=rules)["id"], api.create(duration=10)["id"]

    response = api.get(f"/jobs?ids={odd},{usual}")

    assert [job["status"] for job in response.json()["results"]] == ["reviewing", "pending"]
    assert response["Simulated-Fault"] == "unknown-status"


def test_failure_for_one_job_fails_the_batch(api: Api) -> None:
    failing = api.create(faults=[once("status", 503)])["id"]
    other = api.create()["id"]

    assert api.statuses(f"/jobs?ids={other},{failing}", 2) == [503, 200]


def test_jobs_of_a_batch_take_turns_in_failing_it(api: Api) -> None:
    rules = (once("status", 503), {"on": "status", "fault": 429, "times": 2})
    ids = ",".join(api.create(faults=[rule])["id"] for rule in rules)

    assert sorted(api.statuses(f"/jobs?ids={ids}", 4)) == [200, 429, 429, 503]


def test_fault_of_one_job_of_a_batch_hides_no_workspace_rule(api: Api) -> None:
    api.set_defaults(faults=[once("status", 500)])
    job_id = api.create(faults=[{"on": "status", "fault": "unknown-status"}])["id"]

    assert api.statuses(f"/jobs?ids={job_id}", 2) == [500, 200]


def test_probability_is_drawn_from_the_workspaces_seed(api: Api) -> None:
    def statuses(seed: int) -> list[int]:
        api.post("/simulation/reset", {"seed": seed})
        api.set_defaults(faults=[{"on": "list", "fault": 500, "probability": 0.5}])
        return api.statuses("/jobs", 20)

    first, again, other = statuses(1), statuses(1), statuses(2)

    assert first == again
    assert first != other
    assert 3 < first.count(500) < 17
