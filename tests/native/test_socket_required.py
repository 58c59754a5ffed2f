"""Faults of the connection are refused if the server gives no access to the socket."""

from typing import Any

import pytest

from tests.conftest import Api
from vid_trans_api.models import Job
from vid_trans_api.simulation.faults import Fault, needs_socket


@pytest.mark.parametrize("fault", [fault.value for fault in Fault if needs_socket(fault)])
def test_rule_is_refused_without_a_socket(api: Api, fault: str) -> None:
    rules = [{"on": "status", "fault": fault}]

    responses = [
        api.post("/jobs", {"simulation": {"faults": rules}}),
        api.patch("/simulation/defaults", {"faults": rules}),
    ]

    assert [response.status_code for response in responses] == [400, 400]
    assert ["socket" in response.json()["detail"] for response in responses] == [True, True]
    assert Job.objects.count() == 0


def test_default_scenario_is_refused_without_a_socket(api: Api) -> None:
    response = api.patch("/simulation/defaults", {"scenario": "slowpoke"})

    assert (response.status_code, response.json()["errors"]) == (
        400,
        [
            {
                "field": "scenario",
                "detail": "dribble: these faults need the client's socket, and this server gives"
                " no access to it. Use runserver, or gunicorn by WSGI.",
            }
        ],
    )


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"simulation": {"scenario": "slowpoke"}}, ["simulation"]),
        ({"video_url": "https://sim.test/slowpoke.mp4"}, ["video_url"]),
        ({"video_url": "https://sim.test/ok.mp4", "simulation": {"duration": 2}}, []),
        ({"video_url": "https://sim.test/slowpoke.mp4", "simulation": {"faults": []}}, []),
        ({}, ["defaults"]),
    ],
)
def test_level_that_needs_the_socket_is_named(
    api: Api, document: dict[str, Any], fields: list[str]
) -> None:
    """The defaults were set through another server, which shares the database."""
    Api(has_socket=True).set_defaults(scenario="slowpoke")

    response = api.post("/jobs", document)

    errors = response.json().get("errors", [])
    assert response.status_code == (400 if fields else 202)
    assert [error["field"] for error in errors] == fields
