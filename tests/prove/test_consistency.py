"""Whether responses contradict each other if many clients use two servers with one database."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

import pytest

from tests.patience import PATIENCE
from tests.prove.clients import DURATION, STATUSES, Client, read_all
from tests.prove.history import History
from tests.server_fixtures import ServerPair
from tests.server_processes import Server
from tests.server_workspaces import ServerWorkspace
from tests.threads import run_at_once
from vid_trans_api.snapshots import Status

THREADS: Final = 16
SECONDS: Final = 1.5
"""How long the clients go on, at least; they stop once each kind of response has occurred."""


def run_clients(servers: Sequence[Server], history: History) -> set[int]:
    """Let many clients use these servers; return the statuses of their responses."""
    statuses: set[int] = set()

    def run_client(number: int) -> None:
        with ExitStack() as stack:
            connections = [stack.enter_context(server.connect()) for server in servers]
            client = Client(connections, history, statuses, seed=number)
            start = time.monotonic()
            while time.monotonic() < start + (SECONDS if statuses >= STATUSES else PATIENCE):
                client.act()

    run_at_once(THREADS, run_client)
    return statuses


@pytest.mark.parametrize("names", [["development"], ["development", "production"]])
def test_responses_to_many_clients_agree(names: list[str], servers: ServerPair) -> None:
    chosen = [getattr(servers, name) for name in names]
    history = History()
    requested_at = time.monotonic()
    for outcome in ("completed", "error", "stuck"):
        options = {"simulation": {"duration": 1, "outcome": outcome}}
        history.add(requested_at, [chosen[0].request("POST", "/jobs", options).document])

    statuses = run_clients(chosen, history)
    time.sleep(DURATION[1])
    missing = read_all(chosen, history)

    assert statuses == STATUSES
    assert missing == []
    assert history.contradictions() == []
    assert history.steps_backwards() == []
    assert {*history.last_statuses().values()} == {*Status.values}


class Race:
    """A cancel, polls and long polls at the moment at which some jobs end."""

    roles = ("cancel", "poll", "poll", "wait", "wait")
    jobs = 3

    def __init__(self, servers: Sequence[Server], history: History) -> None:
        self.servers = servers
        self.history = history
        self.cancels: Counter[int] = Counter()

    def run(self, duration: float) -> None:
        with self.servers[0].connect() as connection:
            created = [
                connection.create(duration=duration, outcome="completed") for _ in range(self.jobs)
            ]
        self.racing = [
            (job["id"], datetime.fromisoformat(job["created_at"]).timestamp() + duration)
            for job in created
        ]
        run_at_once(self.jobs * len(self.roles), self.take_part)

    def take_part(self, number: int) -> None:
        index, role = divmod(number, len(self.roles))
        job_id, end = self.racing[index]
        with self.servers[number % 2].connect() as connection:
            if self.roles[role] == "cancel":
                connection.job(job_id)  # opens the connection
                time.sleep(max(0, end + random.triangular(-0.2, 0.01, 0) - time.time()))
                requested_at = time.monotonic()
                response = connection.request("POST", f"/jobs/{job_id}/cancel")
                self.cancels[response.status] += 1
                if response.status == 200:
                    self.history.add(requested_at, [response.document])
                else:
                    self.history.add_end(requested_at, job_id)
            elif self.roles[role] == "wait":
                requested_at = time.monotonic()
                self.history.add(requested_at, [connection.job(job_id, {"Prefer": "wait=1"})])
            while time.time() < end + 0.03:
                requested_at = time.monotonic()
                self.history.add(requested_at, [connection.job(job_id)])


def test_cancel_at_the_end_of_a_job_has_one_result(servers: ServerPair) -> None:
    both = [servers.development, servers.production]
    history = History()
    race = Race(both, history)
    deadline = time.monotonic() + PATIENCE
    rounds, duration = 0, 0.3

    while rounds < 8 or (len(race.cancels) < 2 and time.monotonic() < deadline):
        rounds += 1
        if rounds > 8:
            duration *= 1.5  # on a slow machine, no cancel came before the end
        race.run(duration)
    missing = read_all(both, history)

    assert missing == []
    assert {*race.cancels} == {200, 409}
    assert history.contradictions() == []


def set_clock_at_random(workspace: ServerWorkspace, rng: random.Random) -> Any:
    """Change the workspace's clock somehow; return the clock's document."""
    clocks: list[dict[str, Any]] = [
        {"advance": 0.5},
        {"advance": 0},
        {"freeze": True},
        {"speed": 1000},
        {"speed": 30},
        {"resume": True},
    ]
    return workspace.set_clock(**rng.choice(clocks))


def test_clock_that_many_clients_set_never_runs_backwards(servers: ServerPair) -> None:
    workspace = ServerWorkspace(servers.production, speed=1000)
    history = History()
    actions = 12

    def look(number: int) -> None:
        rng = random.Random(number)
        deadline, done = time.monotonic() + 1, 0
        while time.monotonic() < deadline or done < actions:
            done += 1
            requested_at = time.monotonic()
            match rng.choice(["set", "read", "read", "create"]):
                case "set":
                    now = set_clock_at_random(workspace, rng)["now"]
                case "read":
                    now = workspace.request("GET", "/simulation/clock").document["now"]
                case _:
                    now = workspace.request("POST", "/jobs", {}).document["created_at"]
            history.add_time(requested_at, now)

    run_at_once(THREADS, look)

    assert history.steps_backwards() == []


class Operator:
    """Does everything that can be done to a workspace's jobs, in an order drawn from `seed`."""

    def __init__(
        self,
        workspace: ServerWorkspace,
        ids: list[str],
        history: History,
        statuses: set[int],
        *,
        seed: int,
    ) -> None:
        self.workspace = workspace
        self.ids = ids
        self.history = history
        self.statuses = statuses
        self.rng = random.Random(seed)

    def act(self) -> None:
        request = self.workspace.request
        known = self.rng.sample(self.ids, k=min(8, len(self.ids))) or ["none"]
        requested_at = time.monotonic()
        match self.rng.choice(
            ["clock", "create", "update", "cancel", "one", "wait", *["some"] * 3]
        ):
            case "clock":
                set_clock_at_random(self.workspace, self.rng)
                return
            case "create":
                response = request("POST", "/jobs", {"simulation": {"duration": [0, 5]}})
                self.ids.append(response.document["id"])
            case "update":
                updates = [{"finish": "now"}, {"outcome": "error"}, {"duration": 0.01}]
                path = f"/simulation/jobs/{known[0]}"
                response = request("PATCH", path, self.rng.choice(updates))
            case "cancel":
                response = request("POST", f"/jobs/{known[0]}/cancel")
            case "some":
                paths = [f"/jobs?ids={','.join(known)}", "/jobs?limit=8"]
                response = request("GET", self.rng.choice(paths))
            case how:
                prefer = {"Prefer": "wait=1"} if how == "wait" else {}
                response = request("GET", f"/jobs/{known[0]}", **prefer)
        self.statuses.add(response.status)
        document = response.document
        if response.status == 409 and "already ended" in document["detail"]:
            self.history.add_end(requested_at, known[0])
        is_job = "target_language" in document
        self.history.add(requested_at, document.get("results", [document] if is_job else []))


def test_nothing_changes_an_ended_job(servers: ServerPair) -> None:
    workspace, history = ServerWorkspace(servers.production, speed=1000), History()
    expected, statuses = {200, 202, 409}, set[int]()
    ids: list[str] = []

    def operate(number: int) -> None:
        operator = Operator(workspace, ids, history, statuses, seed=number)
        start = time.monotonic()
        while time.monotonic() < start + (1 if statuses >= expected else PATIENCE):
            operator.act()

    run_at_once(THREADS, operate)
    workspace.set_clock(advance=10)
    for first in range(0, len(ids), 100):
        path = f"/jobs?ids={','.join(ids[first : first + 100])}"
        history.add(time.monotonic(), workspace.request("GET", path).document["results"])

    assert history.contradictions() == []
    assert statuses - {400, 404} == expected
