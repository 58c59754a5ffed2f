"""Whether equal seeds and instants give equal results, and whether polling changes any."""

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.databases import Databases
from tests.prove.scenarios import CREATING
from tests.server_processes import API, Connection, Server, gunicorn
from tests.threads import run_at_once
from vid_trans_api.models import Job, Workspace, digest_of
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.simulation.faults import Fault, Rule, parameters_of
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.snapshots import Operation

JOBS: Final = 1000
SEED: Final = 4
RANDOM_FAULTS: Final = tuple(
    Rule(on=Operation.STATUS, fault=fault, probability=0.2)
    for fault in (503, Fault.STALE, Fault.UNKNOWN_STATUS, Fault.EMPTY)
)
OPTIONS: Final = [
    SimulationOptions(),
    SimulationOptions(faults=RANDOM_FAULTS),
    *(SimulationOptions(scenario=name) for name in CREATING),
]

_ID: Final = re.compile(rb"[0-9a-f]{32}")


@pytest.fixture
def independent_servers(databases: Databases, tmp_path: Path) -> Iterator[list[Server]]:
    """Two servers, each with a database of its own."""
    starting = [
        gunicorn(databases.create(tmp_path, name), tmp_path / f"{name}.log")
        for name in ("one", "two")
    ]
    started: dict[int, Server] = {}
    with ExitStack() as stack:

        def start(number: int) -> None:
            started[number] = stack.enter_context(starting[number])

        run_at_once(len(starting), start)
        yield [started[number] for number in range(len(starting))]


class Transcript:
    """All responses of a server, in which ids are replaced by the order of their appearance."""

    def __init__(self, connection: Connection) -> None:
        self.responses: list[list[Any]] = []
        self._connection = connection
        self._ids: dict[bytes, bytes] = {}

    def request(self, method: str, path: str, document: object = None, **headers: str) -> Any:
        """Return the response's document, if there is one."""
        try:
            response = self._connection.request(method, path, document, headers)
        except (HTTPException, OSError) as error:
            self.responses.append([method, type(error).__name__])
            return None
        compared = sorted((name, text) for name, text in response.headers.items() if name != "Date")
        written = [
            (name, text if name == "ETag" else self._without_ids(text.encode()))
            for name, text in compared
        ]
        self.responses.append([method, response.status, written, self._without_ids(response.body)])
        try:
            return response.document
        except ValueError:
            return None

    def _without_ids(self, text: bytes) -> bytes:
        return _ID.sub(
            lambda match: self._ids.setdefault(match[0], b"id %d" % len(self._ids)), text
        )

    @property
    def ids(self) -> list[str]:
        return [each.decode() for each in self._ids]


def random_fault(on: str, fault: int | Fault) -> dict[str, Any]:
    values = {"seconds": 0.01, "retry_after": 7, "status": 502}
    return {"on": on, "fault": fault, "probability": 0.3} | {
        name: values[name] for name in parameters_of(fault)
    }


def transcript_of(server: Server) -> Transcript:
    with server.connect() as connection:
        transcript = Transcript(connection)
        request = transcript.request
        request("POST", "/simulation/reset", {"seed": 1})
        request("POST", "/simulation/clock", {"freeze": "2026-01-01T00:00:00Z"})
        defaults = {
            "duration": [5, 60],
            "error_probability": 0.4,
            "rate_limit": "400/s",
            "faults": [random_fault(on, 503) for on in ("create", "list", "cancel", "result")],
        }
        request("PATCH", "/simulation/defaults", defaults)
        for simulation in (
            *({} for _ in range(10)),
            *({"scenario": name} for name in CREATING if name != "slowpoke"),
            *({"faults": [random_fault("status", fault)]} for fault in (500, 429, *Fault)),
            {"faults": [random_fault("create", Fault.LOST_RESPONSE)]},
        ):
            request("POST", "/jobs", {"simulation": simulation})
        request("POST", "/jobs", {}, **{"Idempotency-Key": "one"})
        request("POST", "/jobs", {}, **{"Idempotency-Key": "one"})
        ids = transcript.ids
        for number, advance in enumerate([0, 3, "next", 20, "next"]):
            request("POST", "/simulation/clock", {"advance": advance})
            for job_id in ids:
                request("GET", f"/jobs/{job_id}")
            request("GET", f"/jobs?ids={','.join(ids[number:10])}")
            request("GET", "/status")
            request("POST", f"/jobs/{ids[number]}/cancel")
            request("GET", f"/jobs/{ids[-number]}/result")
            request("PATCH", f"/simulation/jobs/{ids[5 + number]}", {"finish": "now"})
            request("GET", f"/simulation/jobs/{ids[10 + number]}")
            page = request("GET", "/jobs?limit=20")
            while page and page.get("next"):
                page = request("GET", page["next"].partition(API)[2])
        request("PATCH", "/simulation/defaults", {"faults": None})
        return transcript


def test_equal_seeds_give_equal_responses(independent_servers: list[Server]) -> None:
    transcripts: dict[int, Transcript] = {}

    def record(number: int) -> None:
        transcripts[number] = transcript_of(independent_servers[number])

    run_at_once(2, record)

    first, second = (transcripts[number].responses for number in range(2))
    assert first == second
    assert {each[1] for each in first} == {
        *(200, 202, 404, 409, 429, 500, 502, 503),
        *("ConnectionResetError", "IncompleteRead", "RemoteDisconnected"),
    }
    assert not {*transcripts[0].ids} & {*transcripts[1].ids}


def workspace_of(key: str) -> Workspace:
    return Workspace.objects.create(key_digest=digest_of(key), seed=SEED, faults=RANDOM_FAULTS)


def create_job(workspace: Workspace, number: int) -> Job:
    request = JobRequest(options={"simulation": OPTIONS[number % len(OPTIONS)]})
    return create_exempt_job(request, key_digest=workspace.key_digest)


def facts_of(workspace: Workspace) -> list[Any]:
    """Return each job's stored facts, and its snapshots at several instants."""
    instants = [NEW_YEAR + timedelta(seconds=seconds) for seconds in (0, 1, 4, 9, 16, 64, 256)]
    return [
        (job.plan, job.finishes_at, job.outcome, job.failure, [job.at(now) for now in instants])
        for job in workspace.jobs.order_by("number")
    ]


def test_polls_change_nothing_about_a_thousand_jobs(api: Api, clock: SetClock) -> None:
    polled, unpolled = workspace_of("polled"), workspace_of("unpolled")
    rng = random.Random(SEED)
    ids: list[str] = []
    has_fault: list[bool] = []

    def poll(query: str) -> None:
        response = api.get(f"/jobs{query}", X_Api_Key="polled")
        has_fault.append(response.has_header("Simulated-Fault"))

    for number in range(JOBS):
        create_job(unpolled, number)
        ids.append(create_job(polled, number).public_id)
        if number % 4 == 0:
            poll(f"/{rng.choice(ids)}")
    for seconds in (2, 6, 30):
        clock.advance(seconds)
        for first in range(0, JOBS, 100):
            poll(f"?ids={','.join(ids[first : first + 100])}")

    facts = facts_of(polled)
    assert facts == facts_of(unpolled)
    assert {outcome for _, _, outcome, _, _ in facts} == {"completed", "error", ""}
    assert len(has_fault) / 4 < sum(has_fault) < len(has_fault)
    assert any(counters for counters in polled.jobs.values_list("counters", flat=True))
