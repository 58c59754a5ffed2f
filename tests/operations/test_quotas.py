"""The most jobs and workspaces that the settings allow."""

from tests.conftest import Api


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
