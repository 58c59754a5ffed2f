"""What a workspace's report contains after requests over real connections."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest

from heygen_video_translation.client import TranslationClient
from tests.databases import Database
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import API, Server, gunicorn
from tests.server_workspaces import COUNTING, ServerWorkspace, has_counted
from tests.servers.recording_proxy import recording_proxy

CLOCK_DIFFERENCE: Final = 0.05
"""Seconds by which the clocks of two processes on one machine may differ."""

FAULTS: Final = [
    {"on": "status", "fault": "garbage", "times": 1},
    {"on": "status", "fault": 503, "times": 1, "after": 1, "retry_after": 1},
    {"on": "status", "fault": "truncate", "times": 1, "after": 2},
    {"on": "status", "fault": "reset", "times": 1, "after": 3},
    {"on": "status", "fault": "slow", "seconds": 0.3, "times": 1, "after": 4},
]


def seconds_of(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


@pytest.fixture
def new_server(database: Database, tmp_path: Path) -> Iterator[Server]:
    """A server that has just read PostgreSQL's clock quickly, and prefers this reading for 10 s.

    After that, it accepts a slow reading, whose error is up to half of the time that it took.
    """
    with gunicorn(database, tmp_path / "log") as server:
        for _ in range(10):
            server.request("GET", "/jobs")
        yield server


def test_report_agrees_with_what_a_proxy_recorded(new_server: Server) -> None:
    workspace = ServerWorkspace(new_server)
    simulation = {"duration": 0.5, "outcome": "completed", "faults": FAULTS}

    with (
        recording_proxy(new_server) as proxy,
        TranslationClient(
            f"http://127.0.0.1:{proxy.port}",
            api_key=workspace.key,
            min_polling_interval=0.1,
            random=lambda: 0.05,
            timeout=30,
        ) as client,
    ):
        job = client.wait_for_completion(client.create_job(simulation=simulation))
        client.get_status(job.id)
    reported = workspace.report()["requests"]
    details = workspace.request("GET", f"/simulation/jobs/{job.id}").document

    recorded = proxy.recorded
    operations = {"POST": "create", "GET": "status"}
    assert [
        (each["operation"], each["status"], *(one["status"] for one in each["reported"]))
        for each in reported
    ] == [
        (operations[each.method], each.status, *([each.job_status] if each.job_status else []))
        for each in recorded
    ]
    # The server receives a request after the proxy, and responds before it.
    for request, seen in zip(reported, recorded, strict=True):
        received_at = seconds_of(request["received_at"])
        responded_at = seconds_of(request["responded_at"])
        assert seen.received_at - CLOCK_DIFFERENCE <= received_at <= responded_at
        assert responded_at <= seen.responded_at + CLOCK_DIFFERENCE
    end = seconds_of(details["ends_at"])
    late = [seconds_of(each["responded_at"]) - end for each in reported]
    first_after_the_end = [each.job_status for each in recorded].index("completed")
    verdict = details["verdict"]
    assert [each["lateness"] for each in details["polls"]] == pytest.approx(late[1:], abs=0.001)
    assert verdict["noticed_after"] == pytest.approx(late[first_after_the_end], abs=0.001)
    assert verdict["polls"] + verdict["retries"] == len(recorded) - 1
    assert verdict["retries"] == 4
    assert [each["kind"] for each in verdict["violations"]] == ["asked-after-end"]


def test_response_to_a_disconnected_client_is_not_delivered(
    server: Server, servers: ServerPair
) -> None:
    workspace = ServerWorkspace(server)
    job_id = workspace.create(faults=[{"on": "status", "fault": "dribble", "seconds": 30}])

    with closing(HTTPConnection("127.0.0.1", server.port)) as client:
        client.request("GET", f"{API}/jobs/{job_id}", headers={"X-Api-Key": workspace.key})
        assert eventually(lambda: has_counted(servers.database, job_id))

    assert eventually(lambda: len(workspace.report()["requests"]) == 2)
    _, poll = workspace.report()["requests"]
    assert (poll["fault"], poll["reported"], poll["delivered"]) == ("dribble", [], False)


def test_end_is_not_noticed_by_an_abandoned_long_poll(server: Server, servers: ServerPair) -> None:
    workspace = ServerWorkspace(server, freeze=True)
    job_id = workspace.create(duration=600, faults=[COUNTING])

    with closing(HTTPConnection("127.0.0.1", server.port)) as client:
        headers = {"X-Api-Key": workspace.key, "Prefer": "wait=30"}
        client.request("GET", f"{API}/jobs/{job_id}", headers=headers)
        assert eventually(lambda: has_counted(servers.database, job_id))
    workspace.set_clock(advance=601)
    assert eventually(lambda: len(workspace.report()["requests"]) == 2)
    workspace.request("GET", f"/jobs/{job_id}")

    report = workspace.report()
    assert [each["delivered"] for each in report["requests"]] == [True, False, True]
    assert report["verdict"]["clean"]
    assert report["verdict"]["noticed_after"]["worst"] == 1


def test_request_in_progress_during_a_reset_is_not_reported(
    server: Server, servers: ServerPair, threads: ThreadPoolExecutor
) -> None:
    workspace = ServerWorkspace(server)
    faults = [{"on": "status", "fault": "slow", "seconds": 60, "times": 1}]
    job_id = workspace.create(faults=faults)

    in_progress = threads.submit(workspace.request, "GET", f"/jobs/{job_id}")
    assert eventually(lambda: has_counted(servers.database, job_id))
    workspace.request("POST", "/simulation/reset", {})
    response = in_progress.result()
    workspace.request("GET", "/jobs")

    assert response.headers["Simulated-Fault"] == "slow"
    assert [each["operation"] for each in workspace.report()["requests"]] == ["list"]
