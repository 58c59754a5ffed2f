"""What is still there after servers were killed."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPException
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final

from tests.databases import Database
from tests.patience import eventually, shortest_of
from tests.server_processes import Server, gunicorn, runserver
from tests.server_workspaces import ServerWorkspace, has_counted
from tests.threads import run_at_once
from vid_trans_api.simulation.options import (
    EstimateQuality,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import draw_plan

THREADS: Final = 16
DEFAULTS: Final = SimulationDefaults(duration=(0, 0), error_probability=0, noise=0)
JOURNAL_PAUSE: Final = 0.25
"""Seconds between two writes of a journal."""


def test_created_jobs_survive_killed_servers(database: Database, tmp_path: Path) -> None:
    created: dict[str, tuple[SimulationOptions, Any]] = {}

    def create(servers: Sequence[Server], number: int) -> None:
        seed = number * 1_000_000
        with servers[number % 2].connect() as connection:
            while True:
                seed += 1
                options = SimulationOptions(
                    duration=(0.1, 1.5),
                    error_probability=0.5,
                    estimate=EstimateQuality(noise=0),
                    seed=seed,
                )
                try:
                    job = connection.create(
                        duration=[0.1, 1.5], error_probability=0.5, estimate="exact", seed=seed
                    )
                except (OSError, HTTPException, JSONDecodeError):
                    return  # the server was killed
                created[job["id"]] = options, job

    with (
        runserver(database, tmp_path / "runserver.log") as one,
        gunicorn(database, tmp_path / "gunicorn.log") as two,
    ):

        def create_or_kill(number: int) -> None:
            if number < THREADS:
                create([one, two], number)
            else:
                time.sleep(1)
                eventually(lambda: len(created) > 2 * THREADS)
                one.kill()
                two.kill()

        run_at_once(THREADS + 1, create_or_kill)
    time.sleep(1.5)  # until all have ended
    with runserver(database, tmp_path / "restarted.log") as server, server.connect() as connection:
        ended = {job_id: connection.job(job_id) for job_id in created}

    assert len(created) > 2 * THREADS
    for job_id, (options, job) in created.items():
        plan = draw_plan(options, DEFAULTS, seed=0)
        assert plan.duration is not None
        end = datetime.fromisoformat(job["created_at"]) + timedelta(seconds=plan.duration)
        assert job["status"] == "pending"
        assert job["estimated_time_remaining"] == round(plan.duration, 3)
        assert ended[job_id]["status"] == plan.outcome.value
        assert datetime.fromisoformat(ended[job_id]["finished_at"]) == end
        assert ended[job_id]["error"] == (plan.failure and plan.failure.to_json())


def test_clock_and_counts_survive_a_killed_server(database: Database, tmp_path: Path) -> None:
    rule = {"on": "status", "fault": "hang", "seconds": 60, "times": 1}
    with gunicorn(database, tmp_path / "log") as server, ThreadPoolExecutor() as threads:
        workspace = ServerWorkspace(server, freeze=True)
        job_id = workspace.create(duration=100, faults=[rule])
        hang = threads.submit(workspace.request, "GET", f"/jobs/{job_id}")
        assert eventually(lambda: has_counted(database, job_id))
        server.kill()
        assert isinstance(hang.exception(), ConnectionError)

    with gunicorn(database, tmp_path / "log") as restarted:
        workspace = workspace.on(restarted)
        workspace.set_clock(advance=40)
        pending = workspace.request("GET", f"/jobs/{job_id}")
        workspace.set_clock(advance="next")
        ended = workspace.request("GET", f"/jobs/{job_id}")

    assert (pending.status, pending.document["status"]) == (200, "pending")
    assert ended.document["status"] == "completed"


def logged(database: Database) -> int:
    """Return how many requests are in the journal's table."""
    ((count,),) = database.read("SELECT count(*) FROM vid_trans_api_loggedrequest")
    return int(count)


def test_killed_server_loses_a_quarter_of_a_second_of_its_journal(
    database: Database, tmp_path: Path
) -> None:
    with gunicorn(database, tmp_path / "log", "--workers=2") as server:
        workspace = ServerWorkspace(server)
        workspace.create()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: workspace.request("GET", "/jobs"), range(40)))
        requests = 41
        assert eventually(lambda: logged(database) == requests)

        def seconds_until_written() -> float:
            nonlocal requests
            workspace.request("GET", "/jobs")
            responded_at = time.monotonic()
            requests += 1
            assert eventually(lambda: logged(database) == requests)
            return time.monotonic() - responded_at

        seconds = shortest_of(5, seconds_until_written)
        count_by_one_of_two_workers = workspace.report()["request_count"]
        workspace.request("GET", "/jobs")
        server.kill()

    assert seconds < 2 * JOURNAL_PAUSE  # the pause, and the write
    assert count_by_one_of_two_workers == requests
    assert requests <= logged(database) <= requests + 1
