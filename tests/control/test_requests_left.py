"""How many more requests a workspace serves."""

import pytest

from tests.conftest import Api


def test_requests_are_gone_once_none_are_left(api: Api) -> None:
    job = api.create()
    api.set_defaults(requests_left=2)

    statuses = api.statuses(f"/jobs/{job['id']}", 4)

    assert statuses == [200, 200, 410, 410]
    document = api.get("/jobs").json()
    assert document["type"] == "urn:vid-trans-api:problem:gone"
    assert document["detail"].startswith("This workspace has no requests left")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/jobs"),
        ("get", "/jobs"),
        ("get", "/jobs?ids={id}"),
        ("get", "/jobs?limit=x"),
        ("get", "/jobs/{id}"),
        ("get", "/jobs/missing"),
        ("get", "/jobs/{id}/result"),
        ("post", "/jobs/{id}/cancel"),
        ("delete", "/jobs/{id}"),
        ("get", "/status"),
    ],
)
def test_every_request_about_jobs_is_gone(api: Api, method: str, path: str) -> None:
    job = api.create(duration=60)
    api.set_defaults(requests_left=0)

    response = getattr(api, method)(path.format(id=job["id"]))

    assert response.status_code == 410
    api.set_defaults(requests_left=None)
    assert [(each["id"], each["status"]) for each in api.get("/jobs").json()["results"]] == [
        (job["id"], "pending")
    ]


def test_requests_are_counted_whatever_their_response(api: Api) -> None:
    api.set_defaults(requests_left=4, faults=[{"on": "list", "fault": 503}])

    statuses = [
        *api.statuses("/jobs"),
        *api.statuses("/jobs?limit=x"),
        *api.statuses("/jobs/missing"),
        api.post("/jobs", {"title": 1}).status_code,
        *api.statuses("/status"),
    ]

    assert statuses == [503, 400, 404, 400, 410]


def test_defaults_show_how_many_are_left(api: Api) -> None:
    api.set_defaults(requests_left=5)

    api.statuses("/jobs", 2)

    assert api.get("/simulation/defaults").json()["requests_left"] == 3


def test_control_endpoints_work_except_advancing_the_clock(api: Api) -> None:
    api.set_defaults(requests_left=0)

    assert api.statuses("/simulation/report") == [200]
    assert api.post("/simulation/clock", {"freeze": True}).status_code == 200
    assert api.post("/simulation/clock", {"advance": 1}).status_code == 410
    assert api.post("/simulation/reset").status_code == 200
    assert api.statuses("/jobs") == [200]


def test_report_says_that_the_program_never_gave_up(api: Api) -> None:
    api.set_defaults(requests_left=1)
    assert not api.get("/simulation/report").json()["never_gave_up"]

    api.statuses("/jobs", 3)

    report = api.get("/simulation/report").json()
    assert (report["never_gave_up"], report["request_count"]) == (True, 1)


def test_other_workspaces_are_not_limited(api: Api) -> None:
    api.set_defaults(requests_left=0)

    assert api.get("/jobs", **{"X-Api-Key": "other"}).status_code == 200


def test_limit_has_no_effect_without_the_simulation(api: Api, settings) -> None:
    api.set_defaults(requests_left=0)

    settings.SIMULATION = False

    assert api.statuses("/jobs") == [200]
    assert api.post("/jobs").status_code == 202
