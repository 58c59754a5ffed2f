"""Many threads, two processes, one store: nothing fails, nothing is lost, nothing contradicts."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.client import HTTPException
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final

import pytest

from tests.patience import PATIENCE, eventually
from tests.servers import Answer, Caller, Server, gunicorn, runserver
from tests.survival.conftest import Twins
from tests.survival.witness import Witness, all_at_once
from vid_trans_api.simulation.options import EstimateQuality, SimulationDefaults, SimulationOptions
from vid_trans_api.simulation.plans import draw_plan
from vid_trans_api.snapshots import Status

THREADS: Final = 16
SECONDS: Final = 1.5
DURATION: Final = (0.0, 1.5)
ANSWERS: Final = {200, 202, 404, 409}
NO_ODDS: Final = SimulationDefaults(duration=(0, 0), error_probability=0, noise=0)


class Crowd:
    """Does what clients do, in an order drawn from `seed`, and lets a witness hear the answers."""

    def __init__(
        self, callers: Sequence[Caller], witness: Witness, statuses: set[int], *, seed: int
    ) -> None:
        self.callers = callers
        self.witness = witness
        self.statuses = statuses
        self.rng = random.Random(seed)
        self.ids: list[str] = []

    def act(self) -> None:
        caller = self.rng.choice(self.callers)
        known = self.rng.sample(self.ids, k=min(5, len(self.ids)))
        one = known[0] if known else "none"
        asked_at = time.monotonic()
        match self.rng.choice(["create", "one", "one", "some", "list", "newest", "cancel", "hold"]):
            case "create":
                answer = self.tell(caller.ask("POST", "/jobs", self.options()))
                self.ids.append(answer.document["id"])
                jobs = [answer.document]
            case "some":
                answer = self.tell(caller.ask("GET", f"/jobs?ids={','.join([*known, one])}"))
                assert answer.document["not_found"] == ([] if known else ["none"])
                jobs = answer.document["results"]
            case "list":
                status = self.rng.choice([*Status.values, ""])
                query = f"status={status}&limit=20" if status else "limit=20"
                jobs = self.tell(caller.ask("GET", f"/jobs?{query}")).document["results"]
                assert {job["status"] for job in jobs} <= ({status} if status else {*Status.values})
            case "cancel":
                answer = self.tell(caller.ask("POST", f"/jobs/{one}/cancel"))
                if answer.status == 409:
                    self.witness.hear_that_it_ended(asked_at, one)
                jobs = [answer.document] if answer.status == 200 else []
            case how:
                path = "/status" if how == "newest" else f"/jobs/{one}"
                prefer = {"Prefer": "wait=1"} if how == "hold" else {}
                answer = self.tell(caller.ask("GET", path, headers=prefer))
                jobs = [answer.document] if answer.status == 200 else []
        self.witness.hear(asked_at, jobs)

    def tell(self, answer: Answer) -> Answer:
        self.statuses.add(answer.status)
        return answer

    def options(self) -> dict[str, Any]:
        outcome = self.rng.choice(["completed", "error", "stuck"])
        return {"simulation": {"duration": DURATION, "outcome": outcome}}


def let_a_crowd_in(servers: Sequence[Server], seconds: float) -> tuple[Witness, set[int]]:
    """Have many threads ask these servers for a while; returns what they heard.

    They go on, within reason, until they have met each kind of answer between them.
    """
    witness = Witness()
    statuses: set[int] = set()

    def ask(number: int) -> None:
        with ExitStack() as stack:
            callers = [stack.enter_context(server.caller()) for server in servers]
            crowd = Crowd(callers, witness, statuses, seed=number)
            start = time.monotonic()
            while time.monotonic() < start + (seconds if statuses >= ANSWERS else PATIENCE):
                crowd.act()

    all_at_once(THREADS, ask)
    return witness, statuses


def read_all(servers: Sequence[Server], witness: Witness) -> list[str]:
    """Read every job again, from each server, singly and from the list; returns those not found."""
    lost = []
    for server in servers:
        with server.caller() as caller:
            ids = witness.job_ids
            for first in range(0, len(ids), 100):
                asked_at = time.monotonic()
                some = ",".join(ids[first : first + 100])
                answer = caller.ask("GET", f"/jobs?ids={some}").document
                lost += answer["not_found"]
                witness.hear(asked_at, answer["results"])
            asked_at, page = time.monotonic(), caller.ask("GET", "/jobs?limit=100").document
            listed = page["results"]
            while page["next"]:
                query = page["next"].partition("?")[2]
                page = caller.ask("GET", f"/jobs?{query}").document
                listed += page["results"]
            lost += {*ids} - {job["id"] for job in listed}
            witness.hear(asked_at, listed)
    return lost


@pytest.mark.parametrize("names", [["development"], ["development", "production"]])
def test_answers_to_a_crowd_never_fail_and_never_contradict(names: list[str], twins: Twins) -> None:
    servers = [getattr(twins, name) for name in names]
    asked_at = time.monotonic()
    one_of_each = [
        servers[0].ask("POST", "/jobs", {"simulation": {"duration": 1, "outcome": outcome}})
        for outcome in ("completed", "error", "stuck")
    ]

    witness, statuses = let_a_crowd_in(servers, SECONDS)
    witness.hear(asked_at, [answer.document for answer in one_of_each])
    time.sleep(DURATION[1])
    lost = read_all(servers, witness)

    assert statuses == ANSWERS
    assert lost == []
    assert witness.contradictions() == []
    assert {*witness.last_words().values()} == {*Status.values}


def test_jobs_outlive_a_server_that_is_killed(store: Path, tmp_path: Path) -> None:
    asked: dict[str, tuple[SimulationOptions, Any]] = {}

    def create(servers: Sequence[Server], number: int) -> None:
        seed = number * 1_000_000
        with servers[number % 2].caller() as caller:
            while True:
                seed += 1
                options = SimulationOptions(
                    duration=(0.1, 1.5),
                    error_probability=0.5,
                    estimate=EstimateQuality(noise=0),
                    seed=seed,
                )
                try:
                    job = caller.create(
                        duration=[0.1, 1.5], error_probability=0.5, estimate="exact", seed=seed
                    )
                except (OSError, HTTPException, JSONDecodeError):
                    return  # killed before it had server_responded_at, or in the middle of that
                asked[job["id"]] = options, job

    with (
        runserver(store, tmp_path / "first.log") as one,
        gunicorn(store, tmp_path / "2.log") as two,
    ):
        servers = [one, two]

        def create_or_kill(number: int) -> None:
            if number < THREADS:
                create(servers, number)
            else:
                time.sleep(1)
                eventually(lambda: len(asked) > 2 * THREADS)
                for server in servers:
                    os.killpg(server.process.pid, signal.SIGKILL)

        all_at_once(THREADS + 1, create_or_kill)
    time.sleep(1.5)  # until all have ended
    with runserver(store, tmp_path / "second.log") as restarted, restarted.caller() as caller:
        ended = {job_id: caller.job(job_id) for job_id in asked}

    assert len(asked) > 2 * THREADS
    for job_id, (options, job) in asked.items():
        plan = draw_plan(options, NO_ODDS, seed=0)
        assert plan.duration is not None
        end = datetime.fromisoformat(job["created_at"]) + timedelta(seconds=plan.duration)
        assert job["status"] == "pending"
        assert job["estimated_time_remaining"] == round(plan.duration, 3)
        assert ended[job_id]["status"] == plan.outcome.value
        assert datetime.fromisoformat(ended[job_id]["finished_at"]) == end
        assert ended[job_id]["error"] == (plan.failure and plan.failure.to_json())


def test_one_idempotency_key_starts_one_job_however_often_it_comes(twins: Twins) -> None:
    servers = [twins.development, twins.production]
    before = len(read_listed(servers[0]))
    answers: list[Answer] = []
    document = {"title": "Once", "simulation": {"outcome": "stuck"}}

    all_at_once(
        20,
        lambda number: answers.append(
            servers[number % 2].ask("POST", "/jobs", document, Idempotency_Key='"only once"')
        ),
    )

    first = answers[0]
    assert [answer.status for answer in answers] == [202] * 20
    assert {answer.body for answer in answers} == {first.body}
    for header in ("Location", "Retry-After", "Content-Type", "Cache-Control"):
        assert {answer.headers[header] for answer in answers} == {first.headers[header]}
    replayed = Counter(answer.headers["Idempotent-Replayed"] for answer in answers)
    assert replayed == {"true": 19, None: 1}
    assert len(read_listed(servers[0])) == before + 1


def read_listed(server: Server) -> list[Any]:
    witness = Witness()
    read_all([server], witness)
    return witness.job_ids


def test_a_cancel_that_races_the_end_is_told_one_way_only(twins: Twins) -> None:
    servers = [twins.development, twins.production]
    witness = Witness()
    cancels: Counter[int] = Counter()
    duration, jobs_at_once, rounds = 0.3, 3, 8
    impatience = time.monotonic() + PATIENCE
    roles = ["cancel", "poll", "poll", "hold", "hold"]

    def race(number: int) -> None:
        index, role = divmod(number, len(roles))
        job_id, end = racing[index]
        with servers[number % 2].caller() as caller:
            if roles[role] == "cancel":
                caller.job(job_id)  # so that the cancel finds a connection
                time.sleep(max(0, end + random.triangular(-0.2, 0.01, 0) - time.time()))
                asked_at = time.monotonic()
                answer = caller.ask("POST", f"/jobs/{job_id}/cancel")
                cancels[answer.status] += 1
                if answer.status == 200:
                    witness.hear(asked_at, [answer.document])
                else:
                    witness.hear_that_it_ended(asked_at, job_id)
            elif roles[role] == "hold":
                asked_at = time.monotonic()
                witness.hear(asked_at, [caller.job(job_id, {"Prefer": "wait=1"})])
            while time.time() < end + 0.03:
                asked_at = time.monotonic()
                witness.hear(asked_at, [caller.job(job_id)])

    while rounds > 0 or (len(cancels) < 2 and time.monotonic() < impatience):
        rounds -= 1
        if rounds < 0:
            duration *= 1.5  # on so slow a machine, no cancel came before the end
        with servers[0].caller() as caller:
            created = [
                caller.create(duration=duration, outcome="completed") for _ in range(jobs_at_once)
            ]
        racing = [
            (job["id"], datetime.fromisoformat(job["created_at"]).timestamp() + duration)
            for job in created
        ]
        all_at_once(jobs_at_once * len(roles), race)
    lost = read_all(servers, witness)

    assert lost == []
    assert {*cancels} == {200, 409}
    assert witness.contradictions() == []
