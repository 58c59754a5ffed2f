"""The endpoint of a workspace's clock: freeze, advance, resume and speed."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock


def test_clock_is_the_servers_until_it_is_changed(api: Api, clock: SetClock) -> None:
    document = api.get("/simulation/clock").json()

    assert document == {"now": "2026-01-01T00:00:00.000000Z", "state": "real", "speed": 1}


def test_frozen_clock_stands_still(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed")
    document = api.set_clock(freeze=True)

    clock.advance(1000)

    assert document == {"now": "2026-01-01T00:00:00.000000Z", "state": "frozen", "speed": 0}
    assert api.get("/simulation/clock").json() == document
    assert api.job(job["id"]) == job


def test_frozen_clock_can_be_advanced(api: Api, clock: SetClock) -> None:
    api.set_clock(freeze=True)
    job_id = api.create(duration=600, outcome="completed")["id"]

    api.set_clock(advance=599.9)
    before = api.job(job_id)
    api.set_clock(advance=0.1)
    after = api.job(job_id)

    assert (before["status"], after["status"]) == ("pending", "completed")
    assert after["finished_at"] == "2026-01-01T00:10:00.000000Z"


def test_advanced_clock_keeps_its_speed(api: Api, clock: SetClock) -> None:
    api.set_clock(advance=3600)
    clock.advance(1)

    document = api.get("/simulation/clock").json()

    assert document == {"now": "2026-01-01T01:00:01.000000Z", "state": "running", "speed": 1}


def test_clock_advances_to_the_next_end(api: Api, clock: SetClock) -> None:
    for seconds in (30, 10, 20):
        api.create(duration=seconds, outcome="completed")
    api.create(outcome="stuck")

    ends = [api.set_clock(advance="next")["now"] for _ in range(3)]

    assert ends == [f"2026-01-01T00:00:{seconds}.000000Z" for seconds in (10, 20, 30)]


def test_clock_without_a_next_end_stays(api: Api, clock: SetClock) -> None:
    api.create(outcome="stuck")

    response = api.post("/simulation/clock", {"advance": "next"})

    assert response.status_code == 409
    assert api.get("/simulation/clock").json()["state"] == "real"


def test_clock_continues_from_each_change(api: Api, clock: SetClock) -> None:
    api.set_clock(speed=60)
    clock.advance(2)
    api.set_clock(speed=1)
    clock.advance(5)
    api.set_clock(freeze=True)
    clock.advance(7)
    api.set_clock(resume=True)
    clock.advance(3)

    document = api.get("/simulation/clock").json()

    assert document == {"now": "2026-01-01T00:02:08.000000Z", "state": "running", "speed": 1}


@pytest.mark.parametrize("change", [{"resume": True}, {"speed": 1}, {"advance": 0}])
def test_change_without_effect_leaves_the_servers_clock(
    api: Api, clock: SetClock, change: dict[str, Any]
) -> None:
    document = api.set_clock(**change)

    assert document["state"] == "real"


def test_empty_workspace_can_be_frozen_in_the_past(api: Api, clock: SetClock) -> None:
    api.set_clock(freeze="1999-12-31T23:59:59Z")

    assert api.create(duration=5)["created_at"] == "1999-12-31T23:59:59.000000Z"


@pytest.mark.parametrize("is_deleted", [False, True])
def test_clock_never_goes_back_once_a_job_was_created(
    api: Api, clock: SetClock, *, is_deleted: bool
) -> None:
    job = api.create()
    if is_deleted:
        api.delete(f"/jobs/{job['id']}")

    response = api.post("/simulation/clock", {"freeze": "2025-12-31T23:59:59Z"})

    assert response.status_code == 409
    assert "only runs forward" in response.json()["detail"]
    assert "Only before its first job can a workspace" in response.json()["detail"]
    assert api.get("/simulation/clock").json()["state"] == "real"


def test_clock_can_go_back_after_a_reset(api: Api, clock: SetClock) -> None:
    api.create()
    api.post("/simulation/reset", {})

    document = api.set_clock(freeze="2025-12-31T23:59:59Z")

    assert document["state"] == "frozen"


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9000-01-02T00:00:00Z"]
)
def test_clock_refuses_times_before_1970_and_after_9000(
    api: Api, clock: SetClock, instant: str
) -> None:
    response = api.post("/simulation/clock", {"freeze": instant})

    assert response.status_code == 409
    assert "from 1970-01-01 to 9000-01-01" in response.json()["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"advance": 1, "freeze": True},
        {"advance": -1},
        {"advance": "soon"},
        {"advance": None},
        {"freeze": False},
        {"freeze": "2026-01-01T00:00:00"},
        {"freeze": "tomorrow"},
        {"freeze": 5},
        {"freeze": "0001-01-01T00:00:00+14:00"},
        {"resume": False},
        {"speed": 0},
        {"speed": "60"},
        {"stop": True},
    ],
)
def test_invalid_change_is_refused(api: Api, change: dict[str, Any]) -> None:
    response = api.post("/simulation/clock", change)

    assert response.status_code == 400


def test_workspaces_have_clocks_of_their_own(api: Api, clock: SetClock) -> None:
    ada, bob = Api(api_key="ada"), Api(api_key="bob")
    ada_job, bob_job = (each.create(duration=100, outcome="completed")["id"] for each in (ada, bob))

    ada.set_clock(advance=100)

    assert ada.job(ada_job)["status"] == "completed"
    assert bob.job(bob_job)["status"] == "pending"
