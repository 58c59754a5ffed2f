"""The most jobs and workspaces that the settings allow."""

from tests.conftest import Api
from vid_trans_api.models import Workspace


def test_job_above_the_cap_of_its_workspace_is_refused(api: Api, settings) -> None:
    settings.MAX_JOBS = 2
    responses = [api.post("/jobs") for _ in range(3)]
    other = api.post("/jobs", None, **{"X-Api-Key": "another"})

    assert [response.status_code for response in responses] == [202, 202, 403]
    assert "MAX_JOBS" in responses[2].json()["detail"]
    assert other.status_code == 202


def test_workspace_above_the_cap_is_refused(api: Api, settings) -> None:
    settings.MAX_WORKSPACES = 2
    keys = ["a", "b", "c", "a"]
    responses = [api.post("/jobs", None, **{"X-Api-Key": key}) for key in keys]

    assert [response.status_code for response in responses] == [202, 202, 403, 202]
    assert "MAX_WORKSPACES" in responses[2].json()["detail"]


def test_replay_is_not_refused_above_the_cap(api: Api, settings) -> None:
    settings.MAX_JOBS = 1
    responses = [api.post("/jobs", None, **{"Idempotency-Key": "k"}) for _ in range(2)]

    assert [response.status_code for response in responses] == [202, 202]


def test_clock_and_defaults_of_a_workspace_above_the_cap_are_refused(api: Api, settings) -> None:
    api.post("/jobs")
    settings.MAX_WORKSPACES = 1
    another = {"X-Api-Key": "another"}
    rule = {"fault": 503, "on": "create"}

    responses = [
        api.post("/simulation/clock", {"freeze": True}, **another),
        api.patch("/simulation/defaults", {"rate_limit": "1/1s"}, **another),
        api.post("/simulation/reset", None, **another),
        api.post("/jobs", {"simulation": {"faults": [rule]}}, **another),
    ]

    assert [response.status_code for response in responses] == [403] * 4
    assert Workspace.objects.count() == 1


def test_refused_creations_count_for_the_rate_limit(api: Api, settings) -> None:
    settings.MAX_JOBS = 1
    api.post("/simulation/clock", {"freeze": True})
    api.patch("/simulation/defaults", {"rate_limit": "3/10s"})

    first = api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})
    reused = api.post("/jobs", {"title": "b"}, **{"Idempotency-Key": "k"})
    full = api.post("/jobs")
    limited = api.post("/jobs")

    statuses = [response.status_code for response in (first, reused, full, limited)]
    assert statuses == [202, 422, 403, 429]


def test_refused_creation_counts_for_fault_rules(api: Api) -> None:
    api.post("/jobs", {"title": "a"}, **{"Idempotency-Key": "k"})
    api.patch(
        "/simulation/defaults", {"faults": [{"fault": "garbage", "on": "create", "times": 1}]}
    )

    reused = [api.post("/jobs", {"title": "b"}, **{"Idempotency-Key": "k"}) for _ in range(2)]

    faults = [response.get("Simulated-Fault") for response in reused]
    assert faults == ["garbage", None]
