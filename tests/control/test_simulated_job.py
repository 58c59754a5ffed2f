"""The truth about a simulated job, and the list of scenarios."""

from tests.conftest import Api, SetClock
from vid_trans_api.simulation.scenarios import NAMES


def test_simulated_job_reveals_its_plan(api: Api, clock: SetClock) -> None:
    job_id = api.create(
        scenario="fail-late", duration=100, seed=5, estimate={"noise": 0.5, "bias": 2}
    )["id"]

    document = api.get(f"/simulation/jobs/{job_id}").json()

    plan = document["plan"]
    assert document["ends_at"] == "2026-01-01T00:01:35.000000Z"
    assert plan.pop("error")["message"]
    assert plan == {
        "scenario": "fail-late",
        "seed": 5,
        "outcome": "error",
        "duration": 100,
        "queued": 0,
        "fails_at": 0.95,
        "estimate": {"noise": 0.5, "bias": 2, "profile": "converging"},
        "faults": [],
        "webhooks": [],
    }


def test_scenarios_are_listed_with_their_descriptions(api: Api) -> None:
    scenarios = api.get("/simulation/scenarios").json()["results"]

    assert [scenario["name"] for scenario in scenarios] == list(NAMES)
    assert [scenario for scenario in scenarios if not scenario["description"]] == []
