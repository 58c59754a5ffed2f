"""What servers do when they are stopped: responses, journal, exit code and log."""

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Final

import pytest

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
    requests: int
    """How many requests with a response it received in the workspace before it was stopped."""
    seconds: float
    """From the signal to the exit."""
    exit_code: int
    log: str
    database: Path


@pytest.fixture(
    scope="module",
    params=[(gunicorn, signal.SIGTERM), (runserver, signal.SIGTERM), (runserver, signal.SIGINT)],
    ids=["gunicorn-SIGTERM", "runserver-SIGTERM", "runserver-SIGINT"],
)
def stopped(
    request: pytest.FixtureRequest,
    migrated_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> StoppedServer:
    run: Run
    run, number = request.param
    folder = tmp_path_factory.mktemp("stopped")
    database = folder / "db.sqlite3"
    database.write_bytes(migrated_database.read_bytes())
    limit = str(LONG_POLLS + len(FAULTS))  # faults with a duration count as long polls
    with (
        run(database, folder / "log", MAX_LONG_POLLS=limit) as server,
        ThreadPoolExecutor() as threads,
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
