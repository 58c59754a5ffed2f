"""API keys: which are valid, and which workspace each opens."""

import hashlib

import pytest

from heygen_video_translation.testing import TranslationServer
from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Api-Key": "alice"},
        {"Authorization": "Bearer alice"},
        {"Authorization": "bearer alice"},
    ],
)
def test_key_opens_its_workspace(api: Api, headers: dict[str, str]) -> None:
    job = api.post("/jobs", **{"X-Api-Key": "alice"}).json()

    page = api.get("/jobs", **headers).json()

    assert [each["id"] for each in page["results"]] == [job["id"]]


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "bob"}])
def test_other_keys_open_other_workspaces(api: Api, headers: dict[str, str]) -> None:
    api.post("/jobs", **{"X-Api-Key": "alice"})

    page = api.get("/jobs", **headers).json()

    assert page["results"] == []


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
def test_job_of_another_workspace_is_not_found(api: Api, method: str, path: str) -> None:
    job_id = api.post("/jobs", **{"X-Api-Key": "alice"}).json()["id"]

    responses = [
        getattr(api, method)(path.format(id=each), **{"X-Api-Key": "bob"})
        for each in (job_id, "0" * 32)
    ]

    assert [response.status_code for response in responses] == [404, 404]
    assert Job.objects.count() == 1


def test_ids_of_another_workspace_are_not_found(api: Api) -> None:
    job_id = api.post("/jobs", **{"X-Api-Key": "alice"}).json()["id"]

    page = api.get(f"/jobs?ids={job_id}", **{"X-Api-Key": "bob"}).json()

    assert page == {"results": [], "not_found": [job_id]}


@pytest.mark.parametrize(
    ("headers", "status", "challenge"),
    [
        ({}, 401, "Bearer"),
        ({"X-Api-Key": "wrong"}, 401, "Bearer"),
        ({"Authorization": "Bearer wrong"}, 401, "Bearer"),
        ({"Authorization": "Basic one"}, 401, "Bearer"),
        ({"X-Api-Key": "one"}, 200, None),
        ({"Authorization": "Bearer two"}, 200, None),
    ],
)
def test_only_listed_keys_are_valid(
    api: Api, settings, headers: dict[str, str], status: int, challenge: str | None
) -> None:
    settings.API_KEYS = ["one", "two"]

    response = api.get("/jobs", **headers)

    assert (response.status_code, response.get("WWW-Authenticate")) == (status, challenge)


SECRET = "the secret of a test run"
KEYS = TranslationServer(url="", api_key_secret=SECRET)


@pytest.mark.parametrize("api_key", ["", "-", "alice", "alice-", "alice-0", "älice-ü", SECRET])
def test_key_without_a_mac_is_refused(api: Api, settings, api_key: str) -> None:
    settings.API_KEY_SECRET = SECRET

    response = api.get("/jobs", **{"X-Api-Key": api_key.encode().decode("latin-1")})

    assert response.status_code == 401


def test_key_with_a_mac_is_valid(api: Api, settings) -> None:
    settings.API_KEY_SECRET = SECRET
    key = KEYS.new_api_key()

    assert api.get("/jobs", **{"X-Api-Key": key}).status_code == 200
    assert api.get("/jobs", **{"X-Api-Key": f"other-{key}"}).status_code == 401


def test_listed_key_is_valid_beside_those_with_a_mac(api: Api, settings) -> None:
    settings.API_KEY_SECRET, settings.API_KEYS = SECRET, ["listed"]

    keys = ["listed", KEYS.new_api_key(), "other"]

    statuses = [api.get("/jobs", **{"X-Api-Key": key}).status_code for key in keys]
    assert statuses == [200, 200, 401]


def test_report_counts_refused_requests_since_the_reset(
    api: Api, settings, clock: SetClock
) -> None:
    settings.API_KEY_SECRET = SECRET
    own = {"X-Api-Key": KEYS.new_api_key()}
    clock.advance(100 * 366 * 86_400)  # past the requests of other tests
    api.get("/jobs")
    clock.advance(1)
    api.post("/simulation/reset", **own)
    clock.advance(1)
    for api_key in ("wrong", ""):
        api.get("/jobs", **{"X-Api-Key": api_key})

    report = api.get("/simulation/report", **own).json()

    assert (report["requests_refused"], report["verdict"]["clean"]) == (2, None)


def test_report_says_if_every_key_is_accepted(api: Api) -> None:
    assert api.get("/simulation/report").json()["requests_refused"] is None


@pytest.mark.parametrize("path", ["/health", "/schema", "/docs"])
def test_health_schema_and_docs_need_no_key(api: Api, settings, path: str) -> None:
    settings.API_KEYS = ["one"]

    assert api.statuses(path) == [200]


def test_only_the_digest_of_a_key_is_stored(api: Api) -> None:
    api.post("/jobs", **{"X-Api-Key": "a secret key"})

    workspace = Workspace.objects.get()
    assert workspace.key_digest == hashlib.sha256(b"a secret key").hexdigest()
    assert str(workspace) == f"key {workspace.key_digest[:8]}…"


def test_get_creates_no_workspace(api: Api, clock: SetClock) -> None:
    for path in ("/jobs", "/jobs/x", "/status", "/jobs?ids=x"):
        api.get(path, **{"X-Api-Key": "new"})

    assert Workspace.objects.count() == 0


def test_key_may_have_any_letters(api: Api) -> None:
    in_utf8 = "schlüssel".encode().decode("latin-1")

    api.post("/jobs", **{"X-Api-Key": in_utf8})

    assert Workspace.objects.get().key_digest == hashlib.sha256("schlüssel".encode()).hexdigest()
