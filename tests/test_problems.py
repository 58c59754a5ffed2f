"""Errors: a problem document each, whatever goes wrong and wherever."""

import json

import pytest
from django.db import OperationalError
from django.test import Client

from tests.conftest import API, Api
from vid_trans_api.http import problems
from vid_trans_api.models import Job, Workspace

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


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
def test_an_error_is_a_problem_document(
    api: Api, settings, debug: bool, method: str, path: str, status: int, slug: str
) -> None:
    settings.DEBUG = debug

    answer = api.client.generic(method, path)

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (problem["type"], problem["status"]) == (f"urn:vid-trans-api:problem:{slug}", status)
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}


def test_a_method_that_is_not_allowed_is_told_which_are(api: Api) -> None:
    answer = api.client.put(f"{API}/jobs/x")

    assert answer["Allow"] == "GET, DELETE, HEAD"


@pytest.mark.parametrize("debug", [True, False])
def test_an_exception_that_nobody_foresaw_shows_no_stack_trace(
    api: Api, settings, monkeypatch, debug: bool
) -> None:
    settings.DEBUG = debug
    api.client.raise_request_exception = False

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Job.objects.__class__, "find", fail)

    answer = api.get("/jobs/x")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["detail"] == "Something went wrong in the server; its log says what."


def test_a_database_that_does_not_answer_is_unavailable(api: Api, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Job.objects.__class__, "find", fail)

    answer = api.get("/jobs/x")

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "locked" not in answer.content.decode()


def test_health_says_so_where_the_database_does_not_answer(api: Api, monkeypatch) -> None:
    def fail() -> None:
        raise OperationalError("disk I/O error")

    well = api.get("/health")
    monkeypatch.setattr(Workspace.objects, "exists", fail)
    ill = api.get("/health")

    assert (well.status_code, well.json()) == (200, {"status": "ok", "version": "0.1.0"})
    assert (ill.status_code, ill.json()["detail"]) == (
        503,
        "The database does not answer; try again.",
    )


def test_a_host_that_is_not_allowed_is_told_so(api: Api) -> None:
    answer = Client(headers={"Host": "evil.example"}).get(f"{API}/jobs")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert "ALLOWED_HOSTS" in answer.json()["detail"]


def test_an_error_that_is_no_views_keeps_what_it_says_to_a_browser(api: Api) -> None:
    answer = api.client.get("/nope", headers={"Accept": BROWSER})

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", ["", "*/*", "application/xml", ";;,", "\x80/é"])
def test_any_accept_gets_json(api: Api, accept: str) -> None:
    job_id = api.create()["id"]

    answers = [
        api.client.get(f"{API}/{path}", headers={"Accept": accept})
        for path in (f"jobs/{job_id}", "status", "nope")
    ]

    assert [json.loads(answer.content) is not None for answer in answers] == [True] * 3


def test_a_detail_with_half_a_character_is_written_all_the_same() -> None:
    answer = problems.problem(400, "\ud800 is no character")

    assert json.loads(answer.content)["detail"] == "? is no character"
