"""What servers do when they are stopped: responses, journal, exit code and log."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import Final

import pytest

from tests.databases import Database, Databases
from tests.patience import PATIENCE, eventually
from tests.server_processes import Response, Server, gunicorn, runserver
from tests.server_workspaces import ServerWorkspace, has_counted
from tests.servers.occupying import occupy

LONG_POLLS: Final = 8
FAULTS: Final = ("hang", "slow", "dribble")
LONG: Final = 60
"""Seconds that the faults take; their ends are not waited for."""

SOON: Final = 20.0
"""Seconds within which a server has stopped, on a busy machine."""

Run = Callable[..., AbstractContextManager[Server]]


@dataclass(frozen=True, kw_only=True)
class StoppedServer:
    """A server that was stopped while it had long polls and faults to finish."""

    long_polls: list[Response]
    faults: dict[str, Response | BaseException]
    seconds: float
    """From the signal to the exit."""
    exit_code: int
    log: str
    database: Database


@pytest.fixture(
    scope="module",
    params=[
        *((gunicorn, number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)),
        *((runserver, number) for number in (signal.SIGTERM, signal.SIGINT)),
    ],
    ids=lambda param: f"{param[0].__name__}-{param[1].name}",
)
def stopped(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> StoppedServer:
    run: Run
    run, number = request.param
    folder = tmp_path_factory.mktemp("stopped")
    database = databases.create(folder)
    # Faults with a duration count as long polls. One slot of twelve is kept for other workspaces.
    limit = str(LONG_POLLS + len(FAULTS) + 1)
    with (
        run(database, folder / "log", MAX_LONG_POLLS=limit) as server,
        ThreadPoolExecutor(32) as threads,
    ):
        workspace = ServerWorkspace(server)
        jobs = {
            fault: workspace.create(
                faults=[{"on": "status", "fault": fault, "seconds": LONG, "times": 1}]
            )
            for fault in FAULTS
        }
        faults = {
            fault: threads.submit(workspace.request, "GET", f"/jobs/{job_id}")
            for fault, job_id in jobs.items()
        }
        assert eventually(lambda: all(has_counted(database, each) for each in jobs.values()))
        stuck = workspace.create(outcome="stuck")
        long_polls = occupy(workspace, stuck, threads, count=LONG_POLLS, seconds=LONG)

        stopped_at = time.monotonic()
        server.process.send_signal(number)
        responses = [each.result()[0] for each in long_polls]
        ended = {fault: each.exception() or each.result() for fault, each in faults.items()}
        exit_code = server.process.wait(PATIENCE)
        seconds = time.monotonic() - stopped_at
    return StoppedServer(
        long_polls=responses,
        faults=ended,
        seconds=seconds,
        exit_code=exit_code,
        log=server.log.read_text(),
        database=database,
    )


def test_stopping_server_responds_to_its_long_polls(stopped: StoppedServer) -> None:
    responses = [(each.status, each.document["status"]) for each in stopped.long_polls]

    assert responses == [(200, "pending")] * LONG_POLLS


def test_stopping_server_ends_its_faults(stopped: StoppedServer) -> None:
    hang, slow, dribble = (stopped.faults[fault] for fault in FAULTS)

    assert isinstance(hang, RemoteDisconnected)
    assert isinstance(slow, Response)
    assert isinstance(dribble, Response)
    assert (slow.document["status"], dribble.document["status"]) == ("pending", "pending")


def test_stopping_server_writes_its_journal(stopped: StoppedServer) -> None:
    rows = stopped.database.read(
        f"SELECT is_long_poll AND wait = {LONG}, fault FROM vid_trans_api_loggedrequest"
    )

    assert sum(bool(is_long_poll) for is_long_poll, _ in rows) == LONG_POLLS
    assert sorted(fault for _, fault in rows if fault) == sorted(FAULTS)


def test_stopping_server_exits_soon_and_without_errors(stopped: StoppedServer) -> None:
    assert stopped.seconds < SOON
    assert stopped.exit_code == 0
    assert "Traceback" not in stopped.log
