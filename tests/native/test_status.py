"""`GET /status`: the newest job, or one by its id."""

from tests.conftest import Api, SetClock


def test_status_is_the_newest_of_jobs_created_at_one_instant(api: Api, clock: SetClock) -> None:
    api.create()
    newest = api.create()

    document = api.get("/status").json()

    assert document == newest


def test_status_with_an_id_is_that_job(api: Api, clock: SetClock) -> None:
    job = api.create()
    api.create()

    response = api.get(f"/status?job_id={job['id']}")

    assert (response.json(), response["Vary"]) == (job, "Accept")


def test_status_without_any_job_is_not_found(api: Api) -> None:
    response = api.get("/status")

    assert response.status_code == 404
    assert "create one with POST" in response.json()["detail"]


def test_status_with_an_unknown_id_is_not_found(api: Api) -> None:
    api.create()

    assert api.statuses("/status?job_id=") + api.statuses("/status?job_id=nope") == [404, 404]
