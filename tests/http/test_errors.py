"""Errors are problem documents, whatever goes wrong."""

import json

import pytest
from django.db import OperationalError
from django.test import Client

from tests.conftest import API, Api
from vid_trans_api.http.errors import ErrorInfo
from vid_trans_api.http.problems import write_problem
from vid_trans_api.models import JobQuerySet, Workspace

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", f"{API}/jobs/nope", 404, "not-found"),
        ("GET", f"{API}/jobs?page=1", 400, "invalid-request"),
        ("GET", f"{API}/nope", 404, "not-found"),
        ("GET", f"{API}/jobs/", 404, "not-found"),
        ("GET", f"{API}/", 404, "not-found"),
        ("GET", "/nope", 404, "not-found"),
        ("PUT", f"{API}/jobs", 405, "method-not-allowed"),
        ("OPTIONS", f"{API}/jobs", 405, "method-not-allowed"),
        ("TRACE", f"{API}/jobs/x", 405, "method-not-allowed"),
        ("BREW", f"{API}/jobs/x", 405, "method-not-allowed"),
        ("POST", f"{API}/status", 405, "method-not-allowed"),
        ("POST", f"{API}/nope", 404, "not-found"),
    ],
)
@pytest.mark.parametrize("debug", [True, False])
def test_error_is_a_problem_document(
    api: Api, settings, debug: bool, method: str, path: str, status: int, slug: str
) -> None:
    settings.DEBUG = debug

    response = api.client.generic(method, path)

    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    assert (problem["type"], problem["status"]) == (f"urn:vid-trans-api:problem:{slug}", status)
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}


def test_method_not_allowed_lists_those_that_are(api: Api) -> None:
    response = api.client.put(f"{API}/jobs/x")

    assert response["Allow"] == "GET, DELETE, HEAD"


@pytest.mark.parametrize("debug", [True, False])
def test_unexpected_exception_reveals_nothing(
    api: Api, settings, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    settings.DEBUG = debug
    api.client.raise_request_exception = False
    monkeypatch.setattr(JobQuerySet, "find", fail)

    response = api.get("/jobs/x")

    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert response.json()["detail"] == "An unexpected error; the server's log has the details."


def test_database_that_does_not_respond_is_unavailable(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(JobQuerySet, "find", fail)

    response = api.get("/jobs/x")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json()["detail"] == "The database does not respond; try again."


def test_health_is_the_version(api: Api, settings) -> None:
    response = api.get("/health")

    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "version": settings.VERSION},
    )


def test_health_is_unavailable_without_a_database(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(Workspace.objects, "exists", fail)

    response = api.get("/health")

    assert (response.status_code, response.json()["detail"]) == (
        503,
        "The database does not respond; try again.",
    )


def test_unknown_host_names_the_setting(api: Api) -> None:
    response = Client(headers={"Host": "evil.example"}).get(f"{API}/jobs")

    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert "ALLOWED_HOSTS" in response.json()["detail"]


def test_unknown_path_is_a_page_in_a_browser(api: Api, browser: Client) -> None:
    response = browser.get("/nope")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", ["", "*/*", "application/xml", ";;,", "\x80/é"])
def test_any_accept_header_gets_json(api: Api, accept: str) -> None:
    job_id = api.create()["id"]

    responses = [
        api.client.get(f"{API}/{path}", headers={"Accept": accept})
        for path in (f"jobs/{job_id}", "status", "nope")
    ]

    assert [isinstance(response.json(), dict) for response in responses] == [True] * 3


def test_lone_surrogate_in_a_detail_is_replaced() -> None:
    response = write_problem(ErrorInfo(status=400, detail="\ud800 is no character"))

    assert json.loads(response.content)["detail"] == "? is no character"
