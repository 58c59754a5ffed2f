"""Whether limits, counts and settings hold exactly if many requests arrive at once."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from typing import Any, Final

from tests.patience import PATIENCE
from tests.server_fixtures import ServerPair
from tests.server_processes import Response, Server
from tests.server_workspaces import ServerWorkspace
from tests.threads import run_at_once

CROWD: Final = 50
THREADS: Final = 16


def on_both(servers: ServerPair, **clock: Any) -> list[ServerWorkspace]:
    """Return one workspace on both servers."""
    workspace = ServerWorkspace(servers.production, **clock)
    return [workspace, workspace.on(servers.development)]


def test_fault_rule_applies_exactly_as_often_as_it_says(servers: ServerPair) -> None:
    workspaces = on_both(servers)
    rule = {"on": "status", "fault": 503, "times": 10}
    ids = [workspaces[0].create(faults=[rule]), workspaces[0].create()]
    workspaces[0].request("PATCH", "/simulation/defaults", {"faults": [rule]})

    counts: list[Counter[int]] = []
    for job_id in ids:
        statuses: list[int] = []

        def poll(number: int, job_id: str = job_id, statuses: list[int] = statuses) -> None:
            statuses.append(workspaces[number % 2].request("GET", f"/jobs/{job_id}").status)

        run_at_once(CROWD, poll)
        counts.append(Counter(statuses))

    # The first job has its own rule and the workspace's, which is used up for the second.
    assert counts == [{503: 20, 200: CROWD - 20}, {200: CROWD}]


def test_rate_limit_accepts_exactly_as_many_requests(servers: ServerPair) -> None:
    workspaces = on_both(servers, freeze=True)
    workspaces[0].request("PATCH", "/simulation/defaults", {"rate_limit": "5/1s"})
    counts = []

    for seconds in (0, 0.9, 0.1):
        workspaces[0].set_clock(advance=seconds)
        statuses: list[int] = []

        def request(number: int, statuses: list[int] = statuses) -> None:
            statuses.append(workspaces[number % 2].request("GET", "/jobs").status)

        run_at_once(CROWD, request)
        counts.append(Counter(statuses))

    some_accepted = {200: 5, 429: CROWD - 5}
    assert counts == [some_accepted, {429: CROWD}, some_accepted]


def test_one_idempotency_key_creates_one_job(servers: ServerPair) -> None:
    workspaces = on_both(servers)
    document = {"title": "Once", "simulation": {"outcome": "stuck"}}
    responses: list[Response] = []

    def create(number: int) -> None:
        workspace = workspaces[number % 2]
        key = '"only once"'
        responses.append(workspace.request("POST", "/jobs", document, Idempotency_Key=key))

    run_at_once(20, create)

    first = responses[0]
    assert [response.status for response in responses] == [202] * 20
    assert {response.body for response in responses} == {first.body}
    for header in ("Location", "Retry-After", "Content-Type", "Cache-Control"):
        assert {response.headers[header] for response in responses} == {first.headers[header]}
    replayed = Counter(response.headers["Idempotent-Replayed"] for response in responses)
    assert replayed == {"true": 19, None: 1}
    assert len(workspaces[0].request("GET", "/jobs").document["results"]) == 1


def test_defaults_change_as_a_whole_while_jobs_are_created(servers: ServerPair) -> None:
    workspaces = on_both(servers)
    exact = {"estimate": "exact"}  # shows which defaults a job was created with
    completing = {"duration": 100, "outcome": "completed", "faults": None, "rate_limit": "999/s"}
    failing = {
        "duration": 200,
        "outcome": "error",
        "faults": [{"on": "list", "fault": 418}],
        "rate_limit": None,
    }
    defaults = [exact | completing, exact | failing]
    statuses, durations = set[int](), set[float]()
    created: list[str] = []
    deadline = time.monotonic() + PATIENCE

    def has_seen_both() -> bool:
        return len(durations) > 1 and statuses >= {200, 202, 418}

    def act(number: int) -> None:
        request = workspaces[number % 2].request
        done = 0
        while done < 12 or not (has_seen_both() or time.monotonic() > deadline):
            done += 1
            if number < 4:
                response = request("PATCH", "/simulation/defaults", defaults[(number + done) % 2])
            elif number < 10:
                response = request("POST", "/jobs", {})
                created.append(response.document["id"])
                durations.add(response.document["estimated_time_remaining"])
            else:
                response = request("GET", "/jobs?limit=5")
            statuses.add(response.status)

    workspaces[0].request("PATCH", "/simulation/defaults", defaults[0])
    run_at_once(THREADS, act)

    paths = [f"/simulation/jobs/{job_id}" for job_id in created]
    plans = [workspaces[0].request("GET", path).document["plan"] for path in paths]
    assert {(plan["duration"], plan["outcome"]) for plan in plans} == {
        (100, "completed"),
        (200, "error"),
    }
    assert statuses == {200, 202, 418}


def test_hangs_do_not_block_other_requests(server: Server) -> None:
    workspace = ServerWorkspace(server)
    other = workspace.create()
    hanging = workspace.create(faults=[{"on": "status", "fault": "hang", "seconds": 10}])

    with ThreadPoolExecutor(CROWD) as threads:
        hangs = [threads.submit(workspace.request, "GET", f"/jobs/{hanging}") for _ in range(CROWD)]
        time.sleep(0.5)
        statuses = [workspace.request("GET", f"/jobs/{other}").status for _ in range(10)]
        is_one_over = any(hang.done() for hang in hangs)
        errors = [hang.exception() for hang in hangs]

    assert statuses == [200] * 10
    assert not is_one_over
    assert {type(error) for error in errors} == {RemoteDisconnected}


def test_job_deleted_while_requests_are_counted_is_not_found(servers: ServerPair) -> None:
    workspaces = on_both(servers)
    rule = {"on": "any", "fault": "stale"}
    expected, statuses = {200, 204, 404}, set[int]()
    deadline = time.monotonic() + PATIENCE
    rounds = 0

    while rounds < 10 or not (statuses >= expected or time.monotonic() > deadline):
        rounds += 1
        ids = [workspaces[0].create(faults=[rule]) for _ in range(4)]

        def act(number: int, ids: list[str] = ids) -> None:
            request = workspaces[number % 2].request
            if number < 4:
                response = request("DELETE", f"/jobs/{ids[number]}")
            elif number == 4:
                response = request("GET", f"/jobs?ids={','.join(ids)}")
            elif number == 5:
                response = request("POST", "/simulation/reset")
            else:
                response = request("GET", f"/jobs/{ids[number % 4]}")
            statuses.add(response.status)

        run_at_once(THREADS, act)

    assert statuses == expected
