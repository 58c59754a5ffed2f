"""However often anybody asks, nothing about a thousand jobs changes."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from tests.conftest import NEW_YEAR, Api, SetClock
from vid_trans_api.models import Job, Workspace, digest_of
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.scenarios import NAMES
from vid_trans_api.snapshots import Operation

JOBS: Final = 1000
SEED: Final = 4
BY_CHANCE: Final = tuple(
    Rule(on=Operation.STATUS, fault=fault, probability=0.2)
    for fault in (503, Fault.STALE, Fault.UNKNOWN_STATUS, Fault.EMPTY)
)
WISHES: Final = [
    SimulationOptions(),
    SimulationOptions(faults=BY_CHANCE),
    *(SimulationOptions(scenario=name) for name in NAMES),
]


def workspace_of(key: str) -> Workspace:
    return Workspace.objects.create(key_digest=digest_of(key), seed=SEED, faults=BY_CHANCE)


def started(workspace: Workspace, number: int, now: datetime) -> Job:
    options = {"simulation": WISHES[number % len(WISHES)]}
    return create_exempt_job(JobRequest(options=options), key_digest=workspace.key_digest)


def facts_of(workspace: Workspace) -> list[Any]:
    """Return how each job ends, and what it looks like at instants up to then."""
    instants = [NEW_YEAR + timedelta(seconds=seconds) for seconds in (0, 1, 4, 9, 16, 64, 256)]
    return [
        (job.plan, job.finishes_at, job.outcome, job.failure, [job.at(now) for now in instants])
        for job in workspace.jobs.order_by("number")
    ]


def test_polling_changes_nothing_about_a_thousand_jobs(api: Api, clock: SetClock) -> None:
    polled, unpolled = workspace_of("polled"), workspace_of("unpolled")
    rng = random.Random(SEED)
    struck = answered = 0
    ids: list[str] = []

    def poll(query: str) -> None:
        nonlocal struck, answered
        answer = api.get(f"/jobs{query}", X_Api_Key="polled")
        answered += 1
        struck += answer.has_header("Simulated-Fault")

    for number in range(JOBS):
        started(unpolled, number, clock.at)
        ids.append(started(polled, number, clock.at).public_id)
        if number % 4 == 0:
            poll(f"/{rng.choice(ids)}")
    for seconds in (2, 6, 30):
        clock.advance(seconds)
        for first in range(0, JOBS, 100):
            poll(f"?ids={','.join(ids[first : first + 100])}")

    facts = facts_of(polled)
    assert facts == facts_of(unpolled)
    assert {outcome for _, _, outcome, _, _ in facts} == {"completed", "error", ""}
    assert answered / 4 < struck < answered
    assert any(counters for counters in polled.jobs.values_list("counters", flat=True))
