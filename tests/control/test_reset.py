"""The reset of a workspace, and the seed it starts with."""

from typing import Any

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace


def test_reset_workspace_is_as_new(api: Api, clock: SetClock) -> None:
    api.post("/jobs", {}, **{"Idempotency-Key": "k"})
    api.set_defaults(scenario="stuck", rate_limit="5/10s", faults=[{"on": "list", "fault": 500}])
    api.set_clock(freeze=True)

    document = api.post("/simulation/reset", {"seed": 7}).json()

    workspace = Workspace.objects.get()
    assert document == {"seed": 7}
    assert Job.objects.count() == 0
    assert api.get("/simulation/clock").json()["state"] == "real"
    assert set(api.get("/simulation/defaults").json().values()) == {None}
    assert (workspace.seed, workspace.plan_count, workspace.counters) == (7, 0, None)


def test_reset_deletes_idempotency_keys(api: Api) -> None:
    api.post("/jobs", {}, **{"Idempotency-Key": "k"})
    api.post("/simulation/reset", {})

    response = api.post("/jobs", {}, **{"Idempotency-Key": "k"})

    assert "Idempotent-Replayed" not in response


def test_reset_without_a_seed_draws_one(api: Api) -> None:
    seeds = {api.post("/simulation/reset").json()["seed"] for _ in range(3)}

    assert len(seeds) == 3


def test_equal_seeds_and_times_give_equal_responses(api: Api, clock: SetClock) -> None:
    def responses(api_key: str) -> list[dict[str, Any]]:
        client = Api(api_key=api_key)
        client.post("/simulation/reset", {"seed": 42})
        client.set_clock(freeze="2026-01-01T00:00:00Z")
        jobs = []
        for _ in range(5):
            jobs.append(client.post("/jobs", {}).json())
            client.set_clock(advance=3)
        jobs += client.get("/jobs").json()["results"]
        return [{**job, "id": None, "result_url": None} for job in jobs]

    first = responses("ada")
    clock.advance(1234)
    second = responses("bob")

    assert second == first
    assert len({job["estimated_time_remaining"] for job in first[:5]}) == 5


def test_polls_change_neither_outcomes_nor_estimates(api: Api, clock: SetClock) -> None:
    def plans(polls: int) -> list[Any]:
        api.post("/simulation/reset", {"seed": 11})
        faults = [{"on": "status", "fault": 503, "probability": 0.5}]
        ids = [api.create(faults=faults)["id"] for _ in range(20)]
        for job_id in ids * polls:
            api.get(f"/jobs/{job_id}")
        return [(job.plan, job.finishes_at) for job in Job.objects.order_by("number")]

    assert plans(polls=0) == plans(polls=5)
