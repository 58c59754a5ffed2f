"""Deleting a job over HTTP."""

from tests.conftest import Api


def test_deleted_job_is_not_found(api: Api) -> None:
    job_id = api.create()["id"]

    response = api.delete(f"/jobs/{job_id}")

    assert (response.status_code, response.content) == (204, b"")
    assert api.get(f"/jobs/{job_id}").status_code == 404
    assert api.get(f"/jobs?ids={job_id}").json()["not_found"] == [job_id]


def test_deleted_job_cannot_be_deleted_again(api: Api) -> None:
    job_id = api.create()["id"]
    api.delete(f"/jobs/{job_id}")

    response = api.delete(f"/jobs/{job_id}")

    assert response.status_code == 404
