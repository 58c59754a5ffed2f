"""Whether two processes with one database agree: what one of them counts, the other counts, too."""

from collections.abc import Callable
from typing import Any

from tests.server_fixtures import ServerPair
from tests.server_processes import Response
from tests.server_workspaces import ServerWorkspace
from tests.threads import run_at_once


def workspace_on_both(servers: ServerPair, **clock: Any) -> list[ServerWorkspace]:
    """Return one workspace on both servers."""
    workspace = ServerWorkspace(servers.production, **clock)
    return [workspace, workspace.on(servers.development)]


def send(
    workspace: list[ServerWorkspace],
    request: Callable[[ServerWorkspace], Response],
    *,
    count: int,
    threads: int = 20,
) -> list[Response]:
    """Send so many requests from many threads, in turn to both servers; return the responses."""
    responses: list[Response] = []

    def send_some(number: int) -> None:
        turns = range(number, number + count // threads)
        responses.extend(request(workspace[turn % 2]) for turn in turns)

    run_at_once(threads, send_some)
    return responses


def test_each_of_200_advances_counts(servers: ServerPair) -> None:
    workspace = workspace_on_both(servers, freeze="2030-01-01T00:00:00Z")

    responses = send(
        workspace,
        lambda each: each.request("POST", "/simulation/clock", {"advance": 1}),
        count=200,
        threads=4,  # of 20 writers, SQLite would let one wait almost until all others are done
    )

    now = workspace[0].request("GET", "/simulation/clock").document["now"]
    assert {response.status for response in responses} == {200}
    assert now.startswith("2030-01-01T00:03:20")


def test_20_equal_creations_make_one_job(servers: ServerPair) -> None:
    workspace = workspace_on_both(servers)

    responses = send(
        workspace,
        lambda each: each.request("POST", "/jobs", {"title": "Once"}, Idempotency_Key="once"),
        count=20,
    )

    assert {response.status for response in responses} == {202}
    assert len({response.body for response in responses}) == 1
    assert len(workspace[0].request("GET", "/jobs").document["results"]) == 1


def test_rate_limit_admits_exactly_its_number(servers: ServerPair) -> None:
    workspace = workspace_on_both(servers, freeze=True)
    workspace[0].request("PATCH", "/simulation/defaults", {"rate_limit": "30/h"})

    responses = send(workspace, lambda each: each.request("GET", "/jobs"), count=80)

    statuses = [response.status for response in responses]
    assert (statuses.count(200), statuses.count(429)) == (30, 50)
