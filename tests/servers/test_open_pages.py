"""Open pages, whose requests wait until there is something new to show."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.server_fixtures import ServerPair
from tests.server_processes import HOST, Server

LONG = 25
"""Seconds for which a page may wait, and does not in these tests."""

SOON = 15.0
"""Seconds within which a page shows a change, on a busy machine: it should take one at most."""


def get(server: Server, path: str, headers: Mapping[str, str] = {}) -> requests.Response:
    return requests.get(server.url + path, headers={"Host": HOST, **headers}, timeout=60)


def change_in(etag: str, *, wait: int) -> dict[str, str]:
    """Return the headers with which a page waits for a change."""
    return {"If-None-Match": etag, "Prefer": f"wait={wait}"}


@pytest.fixture
def job_id(server: Server) -> str:
    job: str = server.request("POST", "/jobs", {"simulation": {"duration": 3600}}).document["id"]
    return job


def cancel(server: Server, job_id: str) -> None:
    assert server.request("POST", f"/jobs/{job_id}/cancel", {}).status == 200


def create(server: Server, _: str) -> None:
    assert server.request("POST", "/jobs", {"simulation": {"duration": 3600}}).status == 202


@pytest.mark.parametrize(
    ("path", "change"),
    [("/jobs/{}", cancel), ("/jobs/{}/timeline", cancel), ("/", create)],
    ids=["job", "timeline", "list"],
)
def test_page_shows_what_another_process_changes(
    servers: ServerPair,
    server: Server,
    threads: ThreadPoolExecutor,
    job_id: str,
    path: str,
    change: Callable[[Server, str], None],
) -> None:
    other = servers.production if server is servers.development else servers.development
    path = path.format(job_id)
    waiting = change_in(get(server, path).headers["ETag"], wait=LONG)
    response = threads.submit(get, server, path, waiting)
    time.sleep(1.0)  # or else it might not wait yet

    change(other, job_id)
    changed_at = time.monotonic()

    assert response.result().status_code == 200
    assert time.monotonic() - changed_at < SOON


def test_page_without_changes_waits_as_long_as_it_may(server: Server, job_id: str) -> None:
    path = f"/jobs/{job_id}"
    etag = get(server, path).headers["ETag"]

    response = get(server, path, change_in(etag, wait=1))

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["Preference-Applied"] == "wait=1"
    name, _, milliseconds = response.headers["Server-Timing"].partition(";dur=")
    assert name == "wait"
    assert int(milliseconds) >= 1000
