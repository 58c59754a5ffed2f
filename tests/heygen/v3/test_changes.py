"""Renaming and deleting translations, the languages, keys, and the ids of requests."""

from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import TRANSLATIONS, V3, error_of, simulated, video
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.models import Job


def rename(v3: V3, job_id: str, document: Any) -> Any:
    return v3.client.patch(f"{TRANSLATIONS}/{job_id}", document, content_type="application/json")


def test_renamed_translation_is_the_response(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(video(title="Old"))

    response = rename(v3, job_id, {"title": "New", "mode": "ignored"})

    assert (response.status_code, response.json()["data"]["title"]) == (200, "New")
    assert response.json()["data"] == v3.data(f"{TRANSLATIONS}/{job_id}")


def test_translation_that_has_ended_can_be_renamed(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="instant"))

    assert rename(v3, job_id, {"title": "New"}).json()["data"]["status"] == "completed"


@pytest.mark.parametrize("document", [{}, {"title": None}, {"title": ""}, {"title": "x" * 201}])
def test_wrong_title_is_named(v3: V3, document: dict[str, Any]) -> None:
    job_id = v3.create(video(title="Old"))

    assert error_of(rename(v3, job_id, document)) == (400, "invalid_parameter", "title")
    assert Job.objects.get().title == "Old"


def test_deleted_translation_is_gone(v3: V3, v3_api: Api) -> None:
    job_id = v3.create(video())

    response = v3.delete(f"{TRANSLATIONS}/{job_id[:32]}")

    assert (response.status_code, response.json()) == (200, {"data": {"id": job_id}})
    assert error_of(v3.get(f"{TRANSLATIONS}/{job_id}")) == (404, "not_found", None)
    assert error_of(v3.delete(f"{TRANSLATIONS}/{job_id}")) == (404, "not_found", None)
    assert v3_api.get(f"/jobs/{job_id}").status_code == 404


def test_unknown_translation_is_not_found(v3: V3) -> None:
    assert error_of(rename(v3, "x", {"title": "New"})) == (404, "not_found", None)
    assert error_of(v3.delete(f"{TRANSLATIONS}/x")) == (404, "not_found", None)


def test_languages_are_exact_names(v3: V3) -> None:
    assert v3.data(f"{TRANSLATIONS}/languages") == {"languages": list(LANGUAGES)}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", TRANSLATIONS),
        ("POST", TRANSLATIONS),
        ("GET", f"{TRANSLATIONS}/x"),
        ("PATCH", f"{TRANSLATIONS}/x"),
        ("DELETE", f"{TRANSLATIONS}/x"),
        ("GET", f"{TRANSLATIONS}/languages"),
    ],
)
@pytest.mark.parametrize("key", [None, "wrong"])
def test_missing_and_wrong_keys_get_the_same_response(
    db: None, settings, method: str, path: str, key: str | None
) -> None:
    settings.API_KEYS = [] if key is None else ["right"]
    headers = {} if key is None else {"X-Api-Key": key}

    response = Client(headers=headers).generic(method, path)

    assert (response.status_code, response.json()) == (
        401,
        {
            "error": {
                "code": "unauthorized",
                "message": "Unauthorized",
                "doc_url": "https://developers.heygen.com/docs/error-codes#unauthorized",
            }
        },
    )
    assert "X-Request-Id" in response
    assert "WWW-Authenticate" not in response


@pytest.mark.parametrize(
    "headers", [{"X-Api-Key": "test"}, {"Authorization": "Bearer test"}], ids=str
)
def test_key_comes_in_either_header(v3: V3, headers: dict[str, str]) -> None:
    job_id = v3.create(video())

    response = Client(headers=headers).get(f"{TRANSLATIONS}/{job_id}")

    assert response.json()["data"]["id"] == job_id


def test_every_response_has_a_request_id_of_its_own(v3: V3) -> None:
    paths = [TRANSLATIONS, TRANSLATIONS, f"{TRANSLATIONS}/x", "/v3/x", f"{TRANSLATIONS}/languages"]

    ids = [v3.get(path)["X-Request-Id"] for path in paths]

    assert len(set(ids)) == len(paths)
