"""A workspace's time: stopped, moved on, sped up, and told so everywhere."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace, consistency
from vid_trans_api.simulation.clocks import SimulatedClock

CLOCK = "/simulation/clock"
SOME_DAY = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)


def turned(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = api.post(CLOCK, wanted)
    assert answer.status_code == 200, answer.content
    actual: dict[str, Any] = answer.json()
    return actual


def test_time_is_the_servers_unless_told_otherwise(api: Api, clock: SetClock) -> None:
    actual = api.get(CLOCK).json()

    assert actual == {"now": "2026-01-01T00:00:00.000000Z", "state": "real", "speed": 1}


def test_frozen_time_stands_still(api: Api, clock: SetClock) -> None:
    job = api.create(duration=10, outcome="completed")
    turned(api, freeze=True)

    clock.advance(1000)

    assert api.job(job["id"]) == job


def test_a_job_in_frozen_time_ends_when_time_is_moved_on(api: Api, clock: SetClock) -> None:
    turned(api, freeze=True)
    job_id = api.create(duration=600, outcome="completed")["id"]

    turned(api, advance=599.9)
    before = api.job(job_id)
    turned(api, advance=0.1)
    after = api.job(job_id)

    assert (before["status"], after["status"]) == ("pending", "completed")
    assert after["finished_at"] == "2026-01-01T00:10:00.000000Z"


def test_time_moves_on_to_the_next_end_and_no_further(api: Api, clock: SetClock) -> None:
    for seconds in (30, 10, 20):
        api.create(duration=seconds, outcome="completed")
    api.create(outcome="stuck")

    ends = [turned(api, advance="next")["now"][-10:-7] for _ in range(3)]
    none_left = api.post(CLOCK, {"advance": "next"})

    assert ends == ["10.", "20.", "30."]
    assert none_left.status_code == 409


def test_time_runs_at_a_speed_and_goes_on_from_there(api: Api, clock: SetClock) -> None:
    turned(api, speed=60)
    clock.advance(2)
    turned(api, speed=1)
    clock.advance(5)
    turned(api, freeze=True)
    clock.advance(7)
    turned(api, resume=True)
    clock.advance(3)

    assert api.get(CLOCK).json() == {
        "now": "2026-01-01T00:02:08.000000Z",
        "state": "running",
        "speed": 1,
    }


def test_moved_time_goes_on_at_the_speed_that_it_had(api: Api, clock: SetClock) -> None:
    turned(api, advance=3600)
    clock.advance(1)

    assert api.get(CLOCK).json()["now"] == "2026-01-01T01:00:01.000000Z"


def test_resuming_real_time_leaves_it_real(api: Api, clock: SetClock) -> None:
    assert turned(api, resume=True)["state"] == "real"


def test_a_workspace_without_a_job_can_be_frozen_in_the_past(api: Api, clock: SetClock) -> None:
    turned(api, freeze="1999-12-31T23:59:59Z")

    assert api.create(duration=5)["created_at"] == "1999-12-31T23:59:59.000000Z"


@pytest.mark.parametrize("is_gone", [False, True])
def test_time_never_runs_back_where_something_has_been_told(
    api: Api, clock: SetClock, *, is_gone: bool
) -> None:
    created = api.create()
    if is_gone:
        api.delete(f"/jobs/{created['id']}")

    answer = api.post(CLOCK, {"freeze": "2025-12-31T23:59:59Z"})

    assert answer.status_code == 409
    assert "only runs forward" in answer.json()["detail"]
    assert api.get(CLOCK).json()["state"] == "real"
    api.post("/simulation/reset", {})
    assert turned(api, freeze="2025-12-31T23:59:59Z")["state"] == "frozen"


@pytest.mark.parametrize(
    "wanted",
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
def test_what_no_clock_can_do_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    assert api.post(CLOCK, wanted).status_code == 400


def test_two_workspaces_go_by_two_clocks(api: Api, clock: SetClock) -> None:
    ids = {
        key: api.post("/jobs", {"simulation": {"duration": 100}}, X_Api_Key=key).json()["id"]
        for key in ("ada", "bob")
    }
    api.post(CLOCK, {"advance": 100}, X_Api_Key="ada")

    statuses = {
        key: api.get(f"/jobs/{job_id}", X_Api_Key=key).json()["status"]
        for key, job_id in ids.items()
    }

    assert statuses["ada"] != "pending"
    assert statuses["bob"] == "pending"


def test_every_way_to_ask_goes_by_the_workspaces_time(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100, outcome="completed")["id"]
    turned(api, advance=100)

    actual = [
        api.get(f"/jobs/{job_id}").json(),
        api.get(f"/status?job_id={job_id}").json(),
        api.get("/status").json(),
        api.get("/jobs").json()["results"][0],
        api.get("/jobs?status=completed").json()["results"][0],
        api.get(f"/jobs?ids={job_id}").json()["results"][0],
    ]

    assert [job["status"] for job in actual] == ["completed"] * 6
    assert api.get("/jobs?status=pending").json()["results"] == []
    assert api.get(f"/jobs/{job_id}/result").status_code == 200
    assert api.post(f"/jobs/{job_id}/cancel").status_code == 409


@pytest.mark.parametrize(
    "path",
    ["/jobs/ID", "/status?job_id=ID", "/status", "/jobs?ids=ID", "/jobs", "/jobs?status=completed"],
)
def test_no_job_is_told_to_have_ended_while_its_time_is_being_stopped(
    api: Api, clock: SetClock, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(9)
    before_the_end = SimulatedClock(at=clock.at, since=clock.at, speed=0)
    clock.advance(2)
    looks_settling = consistency.has_just_ended

    def stop_meanwhile(*args: Any) -> bool:
        """Stop the time as a process does that read the clock before the job's end."""
        Workspace.objects.update(clock=before_the_end)
        return looks_settling(*args)

    monkeypatch.setattr(consistency, "has_just_ended", stop_meanwhile)

    actual = api.get(path.replace("ID", job_id)).json()

    listed = actual.get("results", [actual])
    assert [job["status"] for job in listed] == ([] if "completed" in path else ["pending"])


def test_a_canceled_job_ends_in_the_workspaces_time(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=100)["id"]
    turned(api, advance=40)

    canceled = api.post(f"/jobs/{job_id}/cancel").json()

    assert canceled["finished_at"] == "2026-01-01T00:00:40.000000Z"


def test_an_idempotency_key_is_kept_for_a_day_of_the_workspaces_time(
    api: Api, clock: SetClock
) -> None:
    def create() -> Any:
        return api.post("/jobs", {}, **{"Idempotency-Key": "k"})

    create()
    turned(api, advance=24 * 3600 - 1)
    kept = create().has_header("Idempotent-Replayed")
    turned(api, advance=1)

    assert (kept, create().has_header("Idempotent-Replayed")) == (True, False)


def test_the_seed_and_the_time_make_two_workspaces_answer_alike(api: Api, clock: SetClock) -> None:
    def story(key: str) -> list[Any]:
        headers = {"X-Api-Key": key}
        api.post("/simulation/reset", {"seed": 42}, **headers)
        api.post(CLOCK, {"freeze": "2026-01-01T00:00:00Z"}, **headers)
        actual = []
        for _ in range(5):
            actual.append(api.post("/jobs", {}, **headers).json())
            api.post(CLOCK, {"advance": 3}, **headers)
        actual += api.get("/jobs", **headers).json()["results"]
        return [{**job, "id": None, "result_url": None} for job in actual]

    first = story("ada")
    clock.advance(1234)

    assert story("bob") == first
    assert len({job["estimated_time_remaining"] for job in first[:5]}) == 5


def test_a_reset_workspace_is_as_new(api: Api, clock: SetClock) -> None:
    api.post("/jobs", {}, **{"Idempotency-Key": "k"})
    api.patch(
        "/simulation/defaults",
        {"scenario": "stuck", "rate_limit": "5/10s", "faults": [{"on": "list", "fault": 500}]},
    )
    turned(api, freeze=True)

    actual = api.post("/simulation/reset", {"seed": 7}).json()

    workspace = Workspace.objects.get()
    assert actual == {"seed": 7}
    assert Job.objects.count() == 0
    assert api.get(CLOCK).json()["state"] == "real"
    assert set(api.get("/simulation/defaults").json().values()) == {None}
    assert (workspace.seed, workspace.plan_count, workspace.counters) == (7, 0, None)
    assert not api.post("/jobs", {}, **{"Idempotency-Key": "k"}).has_header("Idempotent-Replayed")


def test_a_reset_without_a_seed_draws_one(api: Api) -> None:
    seeds = {api.post("/simulation/reset").json()["seed"] for _ in range(3)}

    assert len(seeds) == 3


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"freeze": True}, "Time here is frozen at"),
        ({"advance": 3600}, "Time here has been moved, to"),
        ({"speed": 60}, "Time here goes 60 times as fast as usual; it is"),
    ],
)
def test_the_pages_say_what_time_it_is_where_it_is_not_the_servers(
    api: Api, browser: Client, clock: SetClock, wanted: dict[str, Any], sentence: str
) -> None:
    api.create(duration=600)
    turned(api, **wanted)

    pages = [browser.get(path).content.decode() for path in ("/", "/vid_trans_api/status")]

    assert all(sentence in page for page in pages)


def test_the_pages_say_nothing_of_real_time(api: Api, browser: Client) -> None:
    assert 'id="time" data-live hidden' in browser.get("/").content.decode()


@pytest.mark.parametrize(("speed", "refresh"), [(1, "10"), (60, "1"), (0.1, "10"), (None, "2")])
def test_a_page_looks_again_by_the_pace_of_its_time(
    api: Api, browser: Client, clock: SetClock, speed: float | None, refresh: str
) -> None:
    turned(api, **({"freeze": True} if speed is None else {"speed": speed}))
    api.create(duration=60, estimate="exact")

    assert browser.get("/")["Retry-After"] == refresh


@pytest.mark.parametrize("status", ["pending", "completed", "error"])
@pytest.mark.parametrize("age", ["hour", "day", None])
def test_the_admin_finds_jobs_by_the_time_of_their_workspaces(
    api: Api, staff: Client, clock: SetClock, status: str, age: str | None
) -> None:
    User.objects.update(is_superuser=True)
    for key, advance in {"ada": None, "bob": 3601, "eve": 90_000}.items():
        headers = {"X-Api-Key": key}
        for outcome in ("completed", "error"):
            simulation = {"duration": 100, "outcome": outcome}
            document = {"title": f"{key}-{outcome}", "simulation": simulation}
            api.post("/jobs", document, **headers)
        if advance:
            api.post(CLOCK, {"advance": advance}, **headers)
    clock.advance(1)

    query = f"?status={status}" + (f"&age={age}" if age else "")
    page = staff.get(f"/admin/vid_trans_api/job/{query}").content.decode()

    old = {None: {"ada", "bob", "eve"}, "day": {"ada", "bob"}, "hour": {"ada"}}[age]
    ended = {"bob", "eve"} & old
    expected = {
        "pending": {
            f"{key}-{outcome}" for key in old - ended for outcome in ("completed", "error")
        },
        "completed": {f"{key}-completed" for key in ended},
        "error": {f"{key}-error" for key in ended},
    }[status]
    assert set(re.findall(r">(\w+-(?:completed|error))<", page)) == expected


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9000-01-02T00:00:00Z"]
)
def test_time_has_a_beginning_and_an_end(api: Api, clock: SetClock, instant: str) -> None:
    answer = api.post(CLOCK, {"freeze": instant})

    assert answer.status_code == 409
    assert "from 1970-01-01 to 9000-01-01" in answer.json()["detail"]


def test_the_beginning_of_time_breaks_nothing(api: Api, staff: Client, clock: SetClock) -> None:
    User.objects.update(is_superuser=True)
    turned(api, freeze="1970-01-01T00:00:00Z")
    job_id = api.post("/jobs", {"simulation": {"duration": 1}}, **{"Idempotency-Key": "k"}).json()[
        "id"
    ]
    turned(api, speed=100_000)
    clock.advance(1)

    paths = [f"/jobs/{job_id}", "/jobs", "/status"]
    assert [api.get(path).status_code for path in paths] == [200] * 3
    assert staff.get("/admin/vid_trans_api/job/?age=week&status=completed").status_code == 200


def test_time_that_is_set_back_frees_the_rate_limit(api: Api, clock: SetClock) -> None:
    api.patch("/simulation/defaults", {"rate_limit": "1/10s"})
    api.get("/jobs")

    turned(api, freeze="2020-01-01T00:00:00Z")

    assert api.get("/jobs").status_code == 200


def test_moving_time_by_nothing_leaves_it_real(api: Api, clock: SetClock) -> None:
    assert turned(api, advance=0)["state"] == "real"
