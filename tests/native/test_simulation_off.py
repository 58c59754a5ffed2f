"""What the API accepts and documents if simulation is switched off."""

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.http.errors import flatten
from vid_trans_api.models import Job
from vid_trans_api.native.serializers import JobRequestSerializer


@pytest.fixture(autouse=True)
def _simulation_off(settings) -> None:
    settings.SIMULATION = False


def test_simulation_is_an_unknown_field() -> None:
    serializer = JobRequestSerializer(data={"simulation": {}})

    serializer.is_valid()

    assert list(flatten(serializer.errors)) == [
        {
            "field": "simulation",
            "detail": "Unknown field; known fields: video_url, title, target_language,"
            " callback_url.",
        }
    ]


@pytest.mark.parametrize("url", ["https://sim.test/ok.mp4", "https://sim.test/nothing?x=1"])
def test_magic_urls_are_ordinary_ones(url: str) -> None:
    serializer = JobRequestSerializer(data={"video_url": url})

    serializer.is_valid(raise_exception=True)

    assert serializer.validated_data.options == {}


def test_schema_does_not_mention_simulation(api: Api) -> None:
    schemas = api.get("/schema").json()["components"]["schemas"]

    fields = schemas["JobRequest"]["properties"]
    assert list(fields) == ["video_url", "title", "target_language", "callback_url"]
    assert [name for name in schemas if "Simulation" in name] == []


def test_what_was_set_before_has_no_effect(api: Api, clock: SetClock, settings) -> None:
    settings.SIMULATION = True
    faulty = api.create(duration=10, outcome="completed", faults=[{"on": "status", "fault": 503}])
    faults = [{"on": "list", "fault": 503}]
    api.set_defaults(scenario="stuck", rate_limit="1/h", faults=faults)
    api.set_clock(freeze=True)

    settings.SIMULATION = False
    clock.advance(20)
    created = api.post("/jobs").json()

    assert api.statuses("/jobs", 2) == [200, 200]
    assert api.job(faulty["id"])["status"] == "completed"
    assert Job.objects.get(public_id=created["id"]).plan.scenario is None
