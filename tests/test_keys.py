"""API keys: which are good, which workspace they open, and that nobody sees another's."""

import hashlib

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace


def test_a_key_opens_its_own_workspace(api: Api) -> None:
    alice = api.post("/jobs", **{"X-Api-Key": "alice"}).json()["id"]
    nobody = api.post("/jobs").json()["id"]

    def seen(**headers: str) -> list[str]:
        return [job["id"] for job in api.get("/jobs", **headers).json()["results"]]

    assert seen(**{"X-Api-Key": "alice"}) == [alice]
    assert seen(Authorization="Bearer alice") == [alice]
    assert seen(Authorization="bearer alice") == [alice]
    assert seen() == [nobody]
    assert seen(**{"X-Api-Key": "bob"}) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/jobs/{id}"),
        ("delete", "/jobs/{id}"),
        ("post", "/jobs/{id}/cancel"),
        ("get", "/jobs/{id}/result"),
        ("get", "/status?job_id={id}"),
    ],
)
def test_a_job_of_another_workspace_does_not_exist(api: Api, method: str, path: str) -> None:
    job_id = api.post("/jobs", **{"X-Api-Key": "alice"}).json()["id"]

    answers = [
        getattr(api, method)(path.format(id=each), **{"X-Api-Key": "bob"})
        for each in (job_id, "0" * 32)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Job.objects.count() == 1


def test_ids_of_another_workspace_are_not_found(api: Api) -> None:
    job_id = api.post("/jobs", **{"X-Api-Key": "alice"}).json()["id"]

    answer = api.get(f"/jobs?ids={job_id}", **{"X-Api-Key": "bob"}).json()

    assert answer == {"results": [], "not_found": [job_id]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Api-Key": "wrong"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic one"}, 401),
        ({"X-Api-Key": "one"}, 200),
        ({"Authorization": "Bearer two"}, 200),
    ],
)
def test_only_known_keys_are_good_where_they_are_listed(
    api: Api, settings, headers: dict[str, str], status: int
) -> None:
    settings.API_KEYS = ["one", "two"]

    answer = api.get("/jobs", **headers)

    assert (answer.status_code, answer.get("WWW-Authenticate")) == (
        status,
        "Bearer" if status == 401 else None,
    )


@pytest.mark.parametrize("path", ["/health", "/schema", "/docs"])
def test_health_schema_and_docs_need_no_key(api: Api, settings, path: str) -> None:
    settings.API_KEYS = ["one"]

    assert api.get(path).status_code == 200


def test_a_key_is_kept_only_as_its_digest(api: Api) -> None:
    api.post("/jobs", **{"X-Api-Key": "a secret key"})

    workspace = Workspace.objects.get()

    assert workspace.key_digest == hashlib.sha256(b"a secret key").hexdigest()
    assert str(workspace) == f"key {workspace.key_digest[:8]}…"


def test_a_get_opens_no_workspace(api: Api, clock: SetClock) -> None:
    for path in ("/jobs", "/jobs/x", "/status", "/jobs?ids=x"):
        api.get(path, **{"X-Api-Key": "new"})

    assert Workspace.objects.count() == 0


def test_a_key_may_have_any_letters(api: Api) -> None:
    in_utf8 = "schlüssel".encode().decode("latin-1")

    api.post("/jobs", **{"X-Api-Key": in_utf8})

    assert Workspace.objects.get().key_digest == hashlib.sha256("schlüssel".encode()).hexdigest()
