"""The control surface: defaults of a workspace, and jobs that are steered while they run."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job

DEFAULTS = "/simulation/defaults"


def updated_plan(api: Api, job_id: str, **wanted: Any) -> Any:
    return api.patch(f"/simulation/jobs/{job_id}", wanted)


def test_defaults_are_null_until_they_are_set(api: Api) -> None:
    actual = api.get(DEFAULTS).json()

    assert actual == dict.fromkeys(
        [
            "scenario",
            "duration",
            "queued",
            "outcome",
            "error_probability",
            "error",
            "fails_at",
            "estimate",
            "faults",
            "rate_limit",
        ]
    )


def test_defaults_are_changed_one_by_one_and_cleared_by_null(api: Api) -> None:
    api.patch(DEFAULTS, {"duration": [1, 2], "scenario": "fail", "rate_limit": "100/m"})
    api.patch(DEFAULTS, {"scenario": None, "faults": [{"on": "list", "fault": 503, "times": 1}]})

    actual = {name: value for name, value in api.get(DEFAULTS).json().items() if value is not None}
    assert actual == {
        "duration": [1, 2],
        "faults": [{"on": "list", "fault": 503, "times": 1}],
        "rate_limit": "100/m",
    }


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"seed": 3}, "seed"),
        ({"durration": 3}, "durration"),
        ({"durration": None}, "durration"),
        ({"scenario": "flakey"}, "scenario"),
        ({"rate_limit": "five a minute"}, "rate_limit"),
        ({"rate_limit": "0/s"}, "rate_limit"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"faults": [{"on": "poll", "fault": 503}]}, "faults.0.on"),
    ],
)
def test_defaults_that_make_no_sense_are_refused(
    api: Api, wanted: dict[str, Any], field: str
) -> None:
    answer = api.patch(DEFAULTS, wanted)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert set(api.get(DEFAULTS).json().values()) == {None}


def test_a_scenario_that_takes_a_socket_is_refused_where_there_is_none(api: Api) -> None:
    answer = api.patch(DEFAULTS, {"scenario": "slowpoke"})

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "scenario"
    assert error["detail"].startswith("dribble: the server underneath gives no way")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"simulation": {"scenario": "slowpoke"}}, "simulation"),
        ({"video_url": "https://sim.test/slowpoke.mp4"}, "video_url"),
        ({"video_url": "https://sim.test/ok.mp4", "simulation": {"duration": 2}}, None),
        ({"video_url": "https://sim.test/slowpoke.mp4", "simulation": {"faults": []}}, None),
        ({}, "defaults"),
    ],
)
def test_who_asks_for_what_takes_a_socket_is_named_where_there_is_none(
    api: Api, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], field: str | None
) -> None:
    with monkeypatch.context() as patch:  # a store that another server has used before
        patch.setattr("vid_trans_api.native.base.can_inject", lambda environ: True)
        api.patch(DEFAULTS, {"scenario": "slowpoke"})

    answer = api.post("/jobs", wanted)

    actual = [error["field"] for error in answer.json().get("errors", ())]
    assert (answer.status_code, actual) == ((400, [field]) if field else (202, []))


def test_a_job_counts_before_a_magic_url_and_that_before_the_defaults(
    api: Api, clock: SetClock
) -> None:
    api.patch(DEFAULTS, {"duration": 30, "outcome": "error", "error_probability": 1})
    url = "https://sim.test/ok.mp4?duration=20"

    by_default = api.create({})
    by_url = api.create({"video_url": url})
    by_job = api.create({"video_url": url, "simulation": {"duration": 10}})

    plans = [Job.objects.get(public_id=job["id"]).plan for job in (by_default, by_url, by_job)]
    assert [(plan.duration, plan.outcome) for plan in plans] == [
        (30, "error"),
        (20, "completed"),
        (10, "completed"),
    ]


def test_a_running_job_is_made_to_fail(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    actual = updated_plan(api, job_id, outcome="error", error={"code": "no_audio"}).json()
    clock.advance(10)

    assert (actual["status"], actual["plan"]["outcome"]) == ("pending", "error")
    assert api.job(job_id)["error"]["code"] == "no_audio"


def test_a_failure_that_nobody_describes_is_a_plausible_one(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    updated_plan(api, job_id, outcome="error", finish="now")

    job = api.job(job_id)
    assert job["status"] == "error"
    assert job["error"]["message"]
    assert job["finished_at"] == job["created_at"]


def test_a_running_job_is_given_another_duration(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed", estimate="exact")["id"]
    clock.advance(5)

    actual = updated_plan(api, job_id, duration=300).json()

    assert actual["ends_at"] == "2026-01-01T00:05:00.000000Z"
    assert api.job(job_id)["estimated_time_remaining"] == 295


@pytest.mark.parametrize("duration", [20, 1000])
def test_a_lost_job_is_lost_from_the_middle_of_its_new_duration_on(
    api: Api, clock: SetClock, duration: int
) -> None:
    job_id = api.create(scenario="lost", duration=100)["id"]

    actual = updated_plan(api, job_id, duration=duration).json()

    assert actual["plan"]["faults"] == [
        {"on": "any", "fault": 404, "between": [duration / 2, None]}
    ]
    clock.advance(duration / 2 - 1)
    assert api.get(f"/jobs/{job_id}").status_code == 200
    clock.advance(1)
    assert api.get(f"/jobs/{job_id}").status_code == 404


def test_a_job_is_finished_now_with_the_outcome_it_was_dealt(api: Api, clock: SetClock) -> None:
    ids = [
        api.create(duration=10, outcome=outcome)["id"]
        for outcome in ("completed", "error", "stuck")
    ]
    clock.advance(5)

    for job_id in ids:
        assert updated_plan(api, job_id, finish="now").status_code == 200

    assert [api.job(job_id)["status"] for job_id in ids] == ["completed", "error", "completed"]


def test_a_stuck_job_gets_going_again(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]

    refused = updated_plan(api, job_id, outcome="completed")
    updated_plan(api, job_id, outcome="completed", duration=60)
    clock.advance(60)

    assert refused.status_code == 409
    assert api.job(job_id)["status"] == "completed"


def test_a_job_gets_stuck(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10)["id"]

    actual = updated_plan(api, job_id, outcome="stuck").json()
    clock.advance(1000)

    assert actual["ends_at"] is None
    assert api.job(job_id)["status"] == "pending"


def test_a_job_that_got_stuck_estimates_again_once_it_gets_going(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=60, outcome="completed", estimate="exact")["id"]
    updated_plan(api, job_id, outcome="stuck")
    assert api.job(job_id)["estimated_time_remaining"] is None

    updated_plan(api, job_id, outcome="completed", duration=90)

    assert api.job(job_id)["estimated_time_remaining"] == 90


def test_a_job_cannot_be_made_to_have_ended_before_now(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100)["id"]
    clock.advance(50)

    answer = updated_plan(api, job_id, duration=50)

    assert answer.status_code == 409
    assert "too late" in answer.json()["detail"]
    assert api.job(job_id)["status"] == "pending"


def test_a_job_that_has_ended_is_steered_no_more(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=1, outcome="completed")["id"]
    clock.advance(1)

    assert updated_plan(api, job_id, outcome="error").status_code == 409
    assert api.job(job_id)["status"] == "completed"


@pytest.mark.parametrize(
    "wanted", [{"finish": "soon"}, {"outcome": "done"}, {"duration": -1}, {"progress": 1}]
)
def test_steering_that_makes_no_sense_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    job_id = api.create(duration=10)["id"]

    assert updated_plan(api, job_id, **wanted).status_code == 400


def test_a_job_of_another_workspace_can_be_neither_looked_into_nor_steered(api: Api) -> None:
    job_id = api.create(duration=10)["id"]
    path = f"/simulation/jobs/{job_id}"

    assert api.get(path, X_Api_Key="another").status_code == 404
    assert api.patch(path, {"finish": "now"}, X_Api_Key="another").status_code == 404


def test_the_truth_about_a_job_is_told_to_whoever_controls_it(api: Api, clock: SetClock) -> None:
    job_id = api.create(
        scenario="fail-late", duration=100, seed=5, estimate={"noise": 0.5, "bias": 2}
    )["id"]

    actual = api.get(f"/simulation/jobs/{job_id}").json()

    assert actual["ends_at"] == "2026-01-01T00:01:35.000000Z"
    assert {**actual["plan"], "error": None} == {
        "scenario": "fail-late",
        "seed": 5,
        "outcome": "error",
        "duration": 100,
        "queued": 0,
        "fails_at": 0.95,
        "error": None,
        "estimate": {"noise": 0.5, "bias": 2, "profile": "converging"},
        "faults": [],
    }


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"duration": 50, "finish": "now"}, "duration"),
        ({"outcome": "stuck", "duration": 50}, "duration"),
        ({"outcome": "stuck", "finish": "now"}, "finish"),
        ({"outcome": "completed", "error": {"code": "x"}}, "error"),
    ],
)
def test_steering_that_contradicts_itself_is_refused(
    api: Api, wanted: dict[str, Any], field: str
) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    answer = updated_plan(api, job_id, **wanted)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_job_that_is_not_going_to_fail_has_no_error_to_be_given(api: Api) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    assert updated_plan(api, job_id, error={"code": "x"}).status_code == 409


def test_a_failing_job_is_given_another_error(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="fail", duration=300, error={"code": "first"})["id"]

    actual = updated_plan(api, job_id, error={"code": "second"}).json()
    clock.advance(30)

    assert actual["plan"]["error"]["code"] == "second"
    assert api.job(job_id)["error"]["code"] == "second"


def test_a_job_that_was_to_fail_early_runs_as_long_as_it_is_told(api: Api, clock: SetClock) -> None:
    job_id = api.create(scenario="fail", duration=100)["id"]

    assert (
        updated_plan(api, job_id, duration=300).json()["ends_at"] == "2026-01-01T00:05:00.000000Z"
    )


def test_a_stuck_job_that_is_finished_was_to_complete(api: Api, clock: SetClock) -> None:
    job_id = api.create(outcome="stuck")["id"]

    actual = updated_plan(api, job_id, finish="now").json()

    assert (actual["status"], actual["plan"]["outcome"]) == ("completed", "completed")


def test_a_patch_that_changes_nothing_leaves_the_counts_alone(api: Api, clock: SetClock) -> None:
    api.patch(DEFAULTS, {"rate_limit": "1/m"})
    api.get("/jobs")

    api.patch(DEFAULTS, {})

    assert api.get("/jobs").status_code == 429
