"""How a request's simulation options and its magic URL become levels of options."""

from typing import Any

import pytest

from tests.conftest import Api
from vid_trans_api.http.errors import flatten
from vid_trans_api.models import Job
from vid_trans_api.native.serializers import JobRequestSerializer
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.scenarios import SCENARIOS

URL = "https://sim.test/slow.mp4?duration=30&seed=4"


def levels(document: dict[str, Any]) -> dict[str, SimulationOptions]:
    serializer = JobRequestSerializer(data=document)
    serializer.is_valid(raise_exception=True)
    found: dict[str, SimulationOptions] = serializer.validated_data.options
    return found


def errors_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    serializer = JobRequestSerializer(data=document)
    serializer.is_valid()
    return [(error["field"], error["detail"]) for error in flatten(serializer.errors)]


def test_request_without_options_has_no_levels() -> None:
    assert levels({}) == {}
    assert levels({"video_url": "https://example.com/ok.mp4"}) == {}


def test_options_of_a_request_are_the_highest_level() -> None:
    assert list(levels({"video_url": URL, "simulation": {}}).items()) == [
        ("simulation", SimulationOptions()),
        ("video_url", SimulationOptions(scenario="slow", duration=(30, 30), seed=4)),
    ]


def test_options_of_a_job_come_before_those_of_its_url(api: Api) -> None:
    job = api.create({"video_url": URL, "simulation": {"scenario": "fail", "seed": 5}})

    plan = Job.objects.get().plan
    assert (plan.scenario, plan.seed, plan.duration, plan.ends_after) == ("fail", 5, 30, 3)
    assert job["video_url"] == URL


@pytest.mark.parametrize("name", [each.name for each in SCENARIOS if each.options.refusal is None])
def test_scenario_is_started_by_name_and_by_url(db: None, name: str) -> None:
    api = Api(has_socket=True)

    api.create({"simulation": {"scenario": name}})
    api.create({"video_url": f"http://sim.test/{name}.mp4"})

    assert [job.plan.scenario for job in Job.objects.all()] == [name, name]


def test_errors_of_options_name_their_path() -> None:
    document = {"simulation": {"estimate": {"noise": "x"}, "faults": [{"on": "status"}]}}

    assert errors_of(document) == [
        ("simulation.estimate.noise", "'x' is not a number."),
        ("simulation.faults.0.fault", "This field is required."),
    ]


def test_errors_of_a_magic_url_are_listed_with_those_of_other_fields() -> None:
    assert errors_of({"video_url": f"{URL[:25]}?seed=x&duration=y", "title": 5}) == [
        ("video_url", "duration: 'y' is not a number."),
        ("video_url", "seed: 'x' is not a whole number."),
        ("title", "5 is not a string."),
    ]


def test_job_leaves_the_queue_after_its_share_of_the_duration(api: Api) -> None:
    api.create(duration=40, queued=0.25, outcome="completed")

    job = Job.objects.get()
    assert job.started_at is not None
    assert (job.started_at - job.created_at).total_seconds() == 10


def test_queue_can_be_a_default_of_the_workspace(api: Api) -> None:
    api.patch("/simulation/defaults", {"queued": 0.5})

    job_id = api.create(duration=40)["id"]

    assert api.get(f"/simulation/jobs/{job_id}").json()["plan"]["queued"] == 0.5
