"""The translated video of a job."""

from tests.conftest import Api, SetClock


def test_completed_job_has_a_video(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]
    clock.advance(10)

    response = api.client.get(api.job(job_id)["result_url"])

    assert (response.status_code, response["Content-Type"]) == (200, "video/mp4")
    assert response.content[4:8] == b"ftyp"


def test_pending_job_has_no_result(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="completed")["id"]

    response = api.get(f"/jobs/{job_id}/result")

    assert (response.status_code, response.json()["title"]) == (409, "Conflict")


def test_failed_job_has_no_result(api: Api, clock: SetClock) -> None:
    job_id = api.create(duration=10, outcome="error")["id"]
    clock.advance(10)

    response = api.get(f"/jobs/{job_id}/result")

    assert response.status_code == 409
