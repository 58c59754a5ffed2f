"""Which violations a report names after a client misbehaves over real connections."""

import json
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Final

import pytest

from tests.server_fixtures import ServerPair
from tests.server_processes import API, RESPONSE_TIMEOUT
from tests.server_workspaces import ServerWorkspace

LONG: Final = {"duration": 600, "outcome": "completed"}


def poll_in_a_loop(workspace: ServerWorkspace) -> None:
    job_id = workspace.create(**LONG)
    for _ in range(5):
        workspace.request("GET", f"/jobs/{job_id}")


def ignore_retry_after(workspace: ServerWorkspace) -> None:
    faults = [{"on": "status", "fault": 429, "retry_after": 5, "times": 1}]
    job_id = workspace.create(**LONG, faults=faults)
    for _ in range(2):
        workspace.request("GET", f"/jobs/{job_id}")


def poll_an_ended_job(workspace: ServerWorkspace) -> None:
    job_id = workspace.create(scenario="instant")
    workspace.request("GET", f"/jobs/{job_id}")


def create_again_after_a_lost_response(workspace: ServerWorkspace) -> None:
    for _ in range(2):
        with suppress(OSError, HTTPException):
            workspace.request("POST", "/jobs", {"simulation": {"scenario": "amnesia"}})


def list_in_a_loop(workspace: ServerWorkspace) -> None:
    for _ in range(5):
        workspace.request("GET", "/jobs")


def create_again_after_a_timeout(workspace: ServerWorkspace) -> None:
    faults = [{"on": "create", "fault": "slow", "seconds": 20, "times": 1}]
    body = json.dumps({"simulation": LONG | {"faults": faults}})
    headers = {"X-Api-Key": workspace.key, "Content-Type": "application/json"}
    for timeout in (0.5, RESPONSE_TIMEOUT):
        client = HTTPConnection("127.0.0.1", workspace.server.port, timeout=timeout)
        with closing(client), suppress(TimeoutError):
            client.request("POST", f"{API}/jobs", body, headers)
            assert client.getresponse().status == 202


@pytest.mark.parametrize(
    ("misbehave", "violation"),
    [
        (poll_in_a_loop, "hammered"),
        (ignore_retry_after, "asked-too-soon"),
        (poll_an_ended_job, "asked-after-end"),
        (create_again_after_a_lost_response, "created-twice"),
        (list_in_a_loop, "hammered"),
        (create_again_after_a_timeout, "created-twice"),
    ],
)
def test_misbehavior_is_reported_as_one_violation(
    servers: ServerPair, misbehave: Callable[[ServerWorkspace], None], violation: str
) -> None:
    # In frozen time it does not matter how long a request takes.
    workspace = ServerWorkspace(servers.production)
    workspace.request("POST", "/simulation/reset", {"seed": 7})
    workspace.set_clock(freeze=True)

    misbehave(workspace)

    violations = workspace.report()["verdict"]["violations"]
    assert [each["kind"] for each in violations] == [violation]
