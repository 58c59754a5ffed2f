"""Faults over HTTP, as far as no socket is needed; those on the wire have tests of their own."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace
from vid_trans_api.simulation.faults import Fault, needs_socket

HEADER = "Simulated-Fault"


def codes(api: Api, path: str, count: int) -> list[int]:
    return [api.get(path).status_code for _ in range(count)]


def test_a_job_fails_its_polls_as_often_as_its_rule_says(api: Api, clock: SetClock) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": 503, "times": 2}])["id"]

    assert codes(api, f"/jobs/{job_id}", 4) == [503, 503, 200, 200]


def test_a_fault_says_in_a_header_that_it_is_one(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": 429, "retry_after": 5, "times": 1}])["id"]

    faulty, fine = (api.get(f"/jobs/{job_id}") for _ in range(2))

    assert (faulty[HEADER], faulty["Retry-After"]) == ("429", "5")
    assert faulty["Content-Type"] == "application/problem+json"
    assert not fine.has_header(HEADER)


@pytest.mark.parametrize("status", [400, 418, 499, 500, 599])
def test_any_error_can_be_asked_for(api: Api, status: int) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": status}])["id"]

    answer = api.get(f"/jobs/{job_id}")

    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_fault_between_two_ages_strikes_only_then(api: Api, clock: SetClock) -> None:
    rule = {"on": "status", "fault": 500, "between": [10, 20]}
    job_id = api.create(duration=100, faults=[rule])["id"]

    actual = []
    for seconds in (9.9, 0.1, 10, 0.1):
        clock.advance(seconds)
        actual += codes(api, f"/jobs/{job_id}", 1)

    assert actual == [200, 500, 500, 200]


@pytest.mark.parametrize("status", [200, 502])
def test_a_gateways_page_comes_in_place_of_the_answer(api: Api, status: int) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": "html", "status": status}])["id"]

    answer = api.get(f"/jobs/{job_id}")

    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert b"<h1>" in answer.content


def test_garbage_is_called_json_and_is_none(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": "garbage"}])["id"]

    answer = api.get(f"/jobs/{job_id}")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="utf-8"):
        answer.json()


def test_an_empty_answer_has_no_body(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": "empty"}])["id"]

    answer = api.get(f"/jobs/{job_id}")

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_stale_answer_is_from_half_the_jobs_age(api: Api, clock: SetClock) -> None:
    job_id = api.create(
        duration=10,
        outcome="completed",
        estimate="exact",
        faults=[{"on": "status", "fault": "stale", "after": 1}],
    )["id"]
    clock.advance(12)

    fresh, stale = (api.get(f"/jobs/{job_id}") for _ in range(2))

    assert (fresh.json()["status"], stale.json()["status"]) == ("completed", "pending")
    assert stale.json()["estimated_time_remaining"] == 4
    assert stale[HEADER] == "stale"


def test_an_unknown_status_is_a_word_of_no_list(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": "unknown-status"}])["id"]

    assert api.job(job_id)["status"] == "processing"


def test_a_cancel_that_meets_a_fault_changes_nothing(api: Api) -> None:
    job_id = api.create(faults=[{"on": "cancel", "fault": 500, "times": 1}])["id"]

    first = api.post(f"/jobs/{job_id}/cancel").status_code
    between = api.job(job_id)["status"]
    second = api.post(f"/jobs/{job_id}/cancel").status_code

    assert (first, between, second) == (500, "pending", 200)


def test_a_lost_job_is_gone_from_its_middle_on(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="lost", duration=10)["id"]
    clock.advance(4.9)
    before = codes(api, f"/jobs/{job_id}", 1)
    clock.advance(0.1)

    assert before + codes(api, f"/jobs/{job_id}", 1) == [200, 404]
    assert api.get(f"/jobs?ids={job_id}").json() == {"results": [], "not_found": [job_id]}
    assert api.post(f"/jobs/{job_id}/cancel").status_code == 404


def test_a_rule_of_one_job_leaves_the_others_alone(api: Api, clock: SetClock) -> None:
    rules = [{"on": "status", "fault": "unknown-status"}]
    odd, even = api.create(faults=rules)["id"], api.create(duration=10)["id"]

    actual = api.get(f"/jobs?ids={odd},{even}")

    assert [job["status"] for job in actual.json()["results"]] == ["processing", "pending"]
    assert actual[HEADER] == "unknown-status"


def test_one_job_of_many_fails_the_poll_for_all(api: Api) -> None:
    failing = api.create(faults=[{"on": "status", "fault": 503, "times": 1}])["id"]
    other = api.create()["id"]

    assert codes(api, f"/jobs?ids={other},{failing}", 2) == [503, 200]


def test_the_rules_of_a_workspace_hold_for_all_of_its_requests(api: Api) -> None:
    job_id = api.create()["id"]
    api.patch("/simulation/defaults", {"faults": [{"on": "any", "fault": 500, "after": 1}]})

    actual = [
        *codes(api, f"/jobs/{job_id}", 2),
        *codes(api, "/jobs", 1),
        *codes(api, "/jobs/nope", 1),
        api.post("/jobs").status_code,
        api.delete(f"/jobs/{job_id}").status_code,
        api.get(f"/jobs/{job_id}", X_Api_Key="another").status_code,
        *codes(api, "/health", 1),
        *codes(api, "/simulation/clock", 1),
    ]

    assert actual == [200, 500, 500, 500, 500, 500, 404, 200, 200]


def test_a_rule_is_not_used_up_where_a_rule_before_it_strikes(api: Api) -> None:
    def once(on: str, fault: int) -> dict[str, Any]:
        return {"on": on, "fault": fault, "times": 1}

    rules = [once("create", 500), once("status", 500)]
    api.patch("/simulation/defaults", {"faults": rules})
    document = {"simulation": {"faults": [once("create", 503), once("status", 503)]}}

    created = [api.post("/jobs", document) for _ in range(3)]
    job_id = created[2].json()["id"]

    assert [answer.status_code for answer in created] == [503, 500, 202]
    assert codes(api, f"/jobs/{job_id}", 3) == [503, 500, 200]


def test_a_rule_of_one_job_of_several_hides_no_rule_of_all(api: Api) -> None:
    api.patch("/simulation/defaults", {"faults": [{"on": "status", "fault": 500, "times": 1}]})
    odd = api.create(faults=[{"on": "status", "fault": "unknown-status"}])["id"]

    assert codes(api, f"/jobs?ids={odd}", 2) == [500, 200]


def test_a_job_that_is_deleted_while_it_is_counted_is_told_as_it_was(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = api.create(outcome="stuck", faults=[{"on": "any", "fault": 503}])
    count_request = Job.count_request

    def delete_first(self: Job, *args: Any, **kwargs: Any) -> Any:
        Job.objects.all().delete()
        return count_request(self, *args, **kwargs)

    monkeypatch.setattr(Job, "count_request", delete_first)

    assert codes(api, f"/jobs/{job['id']}", 2) == [200, 404]


def test_new_rules_are_counted_from_the_start(api: Api) -> None:
    rules = {"faults": [{"on": "list", "fault": 500, "times": 1}]}

    actual = []
    for _ in range(2):
        api.patch("/simulation/defaults", rules)
        actual += codes(api, "/jobs", 2)

    assert actual == [500, 200, 500, 200]


def test_a_rule_by_chance_strikes_alike_with_the_same_seed(api: Api, clock: SetClock) -> None:
    def actual(seed: int) -> list[int]:
        api.post("/simulation/reset", {"seed": seed})
        api.patch(
            "/simulation/defaults", {"faults": [{"on": "list", "fault": 500, "probability": 0.5}]}
        )
        return codes(api, "/jobs", 20)

    first, again, other = actual(1), actual(1), actual(2)

    assert first == again
    assert first != other
    assert 3 < first.count(500) < 17


def test_a_workspace_admits_no_more_requests_than_its_limit(api: Api, clock: SetClock) -> None:
    job_id = api.create()["id"]
    api.patch("/simulation/defaults", {"rate_limit": "3/10s"})

    actual = []
    for _ in range(2):
        actual += codes(api, f"/jobs/{job_id}", 1)
        clock.advance(2)
    actual += codes(api, "/jobs", 2)
    limited = api.get("/jobs")
    clock.advance(5.9)
    actual += codes(api, "/jobs", 1)
    clock.advance(0.1)
    actual += codes(api, "/jobs", 2)

    assert actual == [200, 200, 200, 429, 429, 200, 429]
    assert limited["Retry-After"] == "6"
    assert limited.json()["type"].endswith("rate-limited")


def test_a_rate_limit_holds_on_while_other_defaults_change(api: Api, clock: SetClock) -> None:
    api.patch("/simulation/defaults", {"rate_limit": "1/10s"})
    actual = codes(api, "/jobs", 2)

    api.patch("/simulation/defaults", {"scenario": "ok", "faults": []})
    actual += codes(api, "/jobs", 1)
    api.patch("/simulation/defaults", {"rate_limit": "1/10s"})

    assert actual + codes(api, "/jobs", 1) == [200, 429, 429, 200]


def test_rules_count_on_while_other_defaults_change(api: Api, clock: SetClock) -> None:
    rules = [{"on": "list", "fault": 503, "times": 1}]
    api.patch("/simulation/defaults", {"faults": rules})
    actual = codes(api, "/jobs", 1)

    api.patch("/simulation/defaults", {"scenario": "ok", "rate_limit": "99/s"})
    actual += codes(api, "/jobs", 1)
    api.patch("/simulation/defaults", {"faults": rules})

    assert actual + codes(api, "/jobs", 1) == [503, 200, 503]


@pytest.mark.parametrize("fault", [503, 404, "html"])
def test_a_fault_is_logged_as_the_simulated_one_that_it_is(
    api: Api, caplog: pytest.LogCaptureFixture, fault: int | str
) -> None:
    api.patch("/simulation/defaults", {"faults": [{"on": "list", "fault": fault}]})

    with caplog.at_level("INFO", logger="django.request"):
        api.get("/jobs")

    logged = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert logged == [("INFO", f"Simulated fault {fault}: GET /vid_trans_api/jobs")]


def test_a_rate_limit_goes_by_the_workspaces_time(api: Api, clock: SetClock) -> None:
    api.post("/simulation/clock", {"freeze": True})
    api.patch("/simulation/defaults", {"rate_limit": "1/10s"})
    first = codes(api, "/jobs", 2)
    clock.advance(1000)
    second = codes(api, "/jobs", 1)
    api.post("/simulation/clock", {"advance": 10})

    assert first + second + codes(api, "/jobs", 1) == [200, 429, 429, 200]


@pytest.mark.parametrize("fault", [fault.value for fault in Fault if needs_socket(fault)])
def test_a_wire_fault_is_refused_where_there_is_no_way_to_the_socket(api: Api, fault: str) -> None:
    rules = [{"on": "status", "fault": fault}]

    answers = [
        api.post("/jobs", {"simulation": {"faults": rules}}),
        api.patch("/simulation/defaults", {"faults": rules}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all("socket" in answer.json()["detail"] for answer in answers)
    assert Job.objects.count() == 0


def test_polling_changes_neither_an_outcome_nor_an_estimate(api: Api, clock: SetClock) -> None:
    def actual(polls: int) -> list[Any]:
        api.post("/simulation/reset", {"seed": 11})
        faults = [{"on": "status", "fault": 503, "probability": 0.5}]
        ids = [api.create(faults=faults)["id"] for _ in range(20)]
        for job_id in ids * polls:
            api.get(f"/jobs/{job_id}")
        workspace = Workspace.objects.get()
        return [
            {
                **job.plan.to_json(),
                "ends": job.finishes_at and (job.finishes_at - job.created_at).total_seconds(),
            }
            for job in workspace.jobs.order_by("number")
        ]

    assert actual(0) == actual(5)


def test_nothing_follows_an_answer_that_has_no_body(api: Api) -> None:
    job_id = api.create()["id"]
    api.patch("/simulation/defaults", {"faults": [{"on": "any", "fault": "garbage"}]})

    answer = api.delete(f"/jobs/{job_id}")

    assert (answer.status_code, answer.content, answer.has_header(HEADER)) == (204, b"", False)


def test_an_answer_that_a_fault_leaves_as_it_is_has_no_header(api: Api) -> None:
    api.patch("/simulation/defaults", {"faults": [{"on": "any", "fault": "unknown-status"}]})

    answers = [api.get("/jobs/nope"), api.get("/jobs?ids=nope"), api.get("/status")]

    assert [answer.has_header(HEADER) for answer in answers] == [False] * 3


def test_a_workspaces_rule_between_two_ages_is_about_any_of_many_jobs(
    api: Api, clock: SetClock
) -> None:
    rules = [{"on": "status", "fault": 503, "between": [10, 20]}]
    api.patch("/simulation/defaults", {"faults": rules})
    old = api.create(duration=100)["id"]
    clock.advance(15)
    young = api.create(duration=100)["id"]

    assert codes(api, f"/jobs/{young}", 1) == [200]
    assert codes(api, f"/jobs?ids={young},{old}", 1) == [503]


def test_a_simulated_401_says_how_to_give_a_key(api: Api) -> None:
    job_id = api.create(faults=[{"on": "status", "fault": 401}])["id"]

    assert api.get(f"/jobs/{job_id}")["WWW-Authenticate"] == "Bearer"


def test_a_rate_limit_lets_go_after_exactly_as_long_as_it_says(api: Api, clock: SetClock) -> None:
    api.patch("/simulation/defaults", {"rate_limit": "1/s"})
    api.get("/jobs")

    limited = api.get("/jobs")
    clock.advance(1)

    assert limited["Retry-After"] == "1"
    assert codes(api, "/jobs", 1) == [200]


def test_what_was_set_has_no_effect_once_the_simulation_is_off(
    api: Api, clock: SetClock, settings: Any
) -> None:
    old = api.create(duration=10, outcome="completed", faults=[{"on": "status", "fault": 503}])
    faults = [{"on": "list", "fault": 503}]
    api.patch("/simulation/defaults", {"scenario": "stuck", "rate_limit": "1/h", "faults": faults})
    api.post("/simulation/clock", {"freeze": True})

    settings.SIMULATION = False
    clock.advance(20)

    assert codes(api, "/jobs", 2) == [200, 200]
    assert api.job(old["id"])["status"] == "completed"
    assert Job.objects.get(public_id=api.post("/jobs").json()["id"]).plan.scenario is None


def test_of_jobs_asked_for_together_one_that_strikes_the_answer_leaves_the_others_their_turns(
    api: Api, clock: SetClock
) -> None:
    rules = ({"on": "status", "fault": 503, "times": 1}, {"on": "status", "fault": 429, "times": 2})
    ids = ",".join(api.create(faults=[rule])["id"] for rule in rules)

    assert sorted(codes(api, f"/jobs?ids={ids}", 4)) == [200, 429, 429, 503]


def test_time_that_is_set_back_while_a_request_comes_in_does_not_use_up_the_rate_limit(
    api: Api, clock: SetClock
) -> None:
    api.patch("/simulation/defaults", {"rate_limit": "1/s"})
    workspace = Workspace.objects.get()
    workspace.counters = {"admitted": [(clock() + timedelta(hours=1)).isoformat()]}
    workspace.save()

    assert codes(api, "/jobs", 2) == [200, 429]
