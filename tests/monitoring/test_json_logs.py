"""Logs as JSON: what the entry of a request has, and what no entry may have."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Api
from vid_trans_api.logs import JsonFormatter, redacted
from vid_trans_api.models import digest_of

Entries = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def entries(observed: None, settings, caplog: pytest.LogCaptureFixture) -> Entries:
    """Log requests as JSON; return what reads their entries."""
    settings.LOG_FORMAT = "json"
    caplog.handler.setFormatter(JsonFormatter())
    caplog.set_level(logging.INFO, "vid_trans_api.requests")
    return lambda: [
        entry
        for line in caplog.text.splitlines()
        if (entry := json.loads(line))["logger"] == "vid_trans_api.requests"
    ]


def test_request_has_its_id_workspace_route_status_and_time(db: None, entries: Entries) -> None:
    response = Api(api_key="secret").get("/jobs/unknown?limit=1")

    (entry,) = entries()
    assert 0 < entry.pop("milliseconds") < 10_000
    assert {name: entry[name] for name in entry if name not in {"time", "process"}} == {
        "level": "info",
        "logger": "vid_trans_api.requests",
        "message": f"GET vid_trans_api:job {response.status_code}",
        "request_id": response["X-Request-Id"],
        "method": "GET",
        "route": "vid_trans_api:job",
        "status": response.status_code,
        "workspace": digest_of("secret")[:8],
        "simulated_fault": "",
    }


@pytest.mark.parametrize(
    ("path", "route", "workspace"),
    [
        ("/", "jobs", "default"),
        ("/vid_trans_api/jobs", "vid_trans_api:jobs", "default"),
        ("/v3/users/me", "heygen_v3:user", ""),
        ("/v3/secret", "v3/", ""),
        ("/secret", "none", ""),
    ],
)
def test_route_is_the_name_of_a_pattern_and_never_a_path(
    api: Api, entries: Entries, path: str, route: str, workspace: str
) -> None:
    api.client.get(path)

    (entry,) = entries()
    assert (entry["route"], entry["workspace"]) == (route, workspace)


def test_method_that_a_client_invents_is_not_logged(api: Api, entries: Entries) -> None:
    api.client.generic("SECRET", "/vid_trans_api/jobs")

    assert entries()[0]["method"] == "OTHER"


def test_simulated_fault_is_named(api: Api, entries: Entries) -> None:
    job = api.create(faults=[{"on": "status", "fault": 503}])

    api.get(f"/jobs/{job['id']}")

    assert (entries()[-1]["status"], entries()[-1]["simulated_fault"]) == (503, "503")


def test_health_checks_are_not_logged(api: Api, entries: Entries) -> None:
    api.client.get("/health")

    assert entries() == []


def test_exception_is_one_line() -> None:
    error = ValueError("one\ntwo")
    record = logging.makeLogRecord({"msg": "Failed", "exc_info": (ValueError, error, None)})

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert json.loads(line)["exception"] == "ValueError: one\ntwo"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /vid_trans_api/files/TOKEN/a.mp4 failed", "GET /vid_trans_api/files/…/a.mp4 failed"),
        ("at /status?id=1&key=2 now", "at /status?… now"),
        ("Is it? Yes.", "Is it? Yes."),
    ],
)
def test_tokens_and_queries_are_redacted(text: str, shown: str) -> None:
    assert redacted(text) == shown
