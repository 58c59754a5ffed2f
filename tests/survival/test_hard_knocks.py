"""Many who turn, steer, cancel and change defaults at once: what was told stays true."""

import random
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any, Final

from tests.patience import PATIENCE, eventually
from tests.servers import Server, gunicorn
from tests.survival.conftest import Twins
from tests.survival.witness import Witness, all_at_once
from tests.survival.workplace import Workplace

CROWD: Final = 50
THREADS: Final = 16
SECONDS: Final = 1.0
ACTS: Final = 12
"""Those of each of many at once, at the least."""


def at_both(twins: Twins, **clock: Any) -> list[Workplace]:
    """Return one workspace as both servers show it."""
    place = Workplace(twins.production, **clock)
    return [place, place.through(twins.development)]


def turn_at_random(place: Workplace, rng: random.Random) -> Any:
    """Turn the workspace's clock somehow; return what it reads then."""
    turns: list[dict[str, Any]] = [
        {"advance": 0.5},
        {"advance": 0},
        {"freeze": True},
        {"speed": 1000},
        {"speed": 30},
        {"resume": True},
    ]
    return place.turn(**rng.choice(turns))


def test_a_clock_that_many_turn_never_runs_back(twins: Twins) -> None:
    place = Workplace(twins.production, speed=1000)
    seen: list[tuple[float, float, str]] = []

    def look(number: int) -> None:
        rng = random.Random(number)
        deadline, acts = time.monotonic() + SECONDS, 0
        while time.monotonic() < deadline or acts < ACTS:
            acts += 1
            asked_at = time.monotonic()
            match rng.choice(["turn", "read", "read", "create"]):
                case "turn":
                    now = turn_at_random(place, rng)["now"]
                case "read":
                    now = place.ask("GET", "/simulation/clock").document["now"]
                case _:
                    now = place.ask("POST", "/jobs", {}).document["created_at"]
            seen.append((asked_at, time.monotonic(), now))

    all_at_once(THREADS, look)

    assert len(seen) >= ACTS * THREADS
    assert runs_back(seen) == []


def runs_back(seen: list[tuple[float, float, str]]) -> list[tuple[str, str]]:
    """Return what was told in answers to questions that came after a later instant was told."""
    found = []
    for asked_at, _, now in seen:
        latest = max((then for _, told_at, then in seen if told_at < asked_at), default="")
        if now < latest:
            found.append((latest, now))
    return found


class Meddler:
    """Does to a workspace whatever can be done, in an order drawn from `seed`; a witness hears."""

    def __init__(
        self,
        places: list[Workplace],
        ids: list[str],
        witness: Witness,
        statuses: set[int],
        *,
        seed: int,
    ) -> None:
        self.places = places
        self.ids = ids
        self.witness = witness
        self.statuses = statuses
        self.rng = random.Random(seed)

    def act(self) -> None:
        place = self.rng.choice(self.places)
        known = self.rng.sample(self.ids, k=min(8, len(self.ids))) or ["none"]
        asked_at = time.monotonic()
        match self.rng.choice(["turn", "create", "update", "cancel", "one", "hold", *["some"] * 3]):
            case "turn":
                turn_at_random(place, self.rng)
                return
            case "create":
                answer = place.ask("POST", "/jobs", {"simulation": {"duration": [0, 5]}})
                self.ids.append(answer.document["id"])
            case "update":
                how = self.rng.choice([{"finish": "now"}, {"outcome": "error"}, {"duration": 0.01}])
                answer = place.ask("PATCH", f"/simulation/jobs/{known[0]}", how)
            case "cancel":
                answer = place.ask("POST", f"/jobs/{known[0]}/cancel")
            case "some":
                paths = [f"/jobs?ids={','.join(known)}", "/jobs?limit=8"]
                answer = place.ask("GET", self.rng.choice(paths))
            case how:
                prefer = {"Prefer": "wait=1"} if how == "hold" else {}
                answer = place.ask("GET", f"/jobs/{known[0]}", **prefer)
        self.statuses.add(answer.status)
        actual = answer.document
        if answer.status == 409 and "already ended" in actual["detail"]:
            self.witness.hear_that_it_ended(asked_at, known[0])
        self.witness.hear(
            asked_at, actual.get("results", [actual] if "target_language" in actual else [])
        )


def test_nothing_changes_an_ended_job_while_many_turn_and_steer(twins: Twins) -> None:
    place, witness, ids = Workplace(twins.production, speed=1000), Witness(), list[str]()
    usual, statuses = {200, 202, 409}, set[int]()

    def meddle(number: int) -> None:
        meddler = Meddler([place], ids, witness, statuses, seed=number)
        start = time.monotonic()
        while time.monotonic() < start + (SECONDS if statuses >= usual else PATIENCE):
            meddler.act()

    all_at_once(THREADS, meddle)
    place.turn(advance=10)
    for first in range(0, len(ids), 100):
        path = f"/jobs?ids={','.join(ids[first : first + 100])}"
        witness.hear(time.monotonic(), place.ask("GET", path).document["results"])

    assert witness.contradictions() == []
    assert statuses - {400, 404} == usual


def test_a_rule_strikes_no_more_often_than_it_says(twins: Twins) -> None:
    places = at_both(twins)
    rule = {"on": "status", "fault": 503, "times": 10}
    ids = [places[0].create(faults=[rule]), places[0].create()]
    places[0].ask("PATCH", "/simulation/defaults", {"faults": [rule]})

    struck: list[Counter[int]] = []
    for job_id in ids:
        statuses: list[int] = []

        def poll(number: int, job_id: str = job_id, statuses: list[int] = statuses) -> None:
            statuses.append(places[number % 2].ask("GET", f"/jobs/{job_id}").status)

        all_at_once(CROWD, poll)
        struck.append(Counter(statuses))

    # By the rule of the job, then by that of the workspace.
    assert struck == [{503: 20, 200: CROWD - 20}, {200: CROWD}]


def test_a_crowd_gets_no_more_than_the_rate_limit_admits(twins: Twins) -> None:
    places = at_both(twins, freeze=True)
    places[0].ask("PATCH", "/simulation/defaults", {"rate_limit": "5/1s"})
    actual: list[int] = []

    for seconds in (0, 0.9, 0.1):
        places[0].turn(advance=seconds)
        all_at_once(
            CROWD, lambda number: actual.append(places[number % 2].ask("GET", "/jobs").status)
        )

    assert Counter(actual[:CROWD]) == {200: 5, 429: CROWD - 5}
    assert Counter(actual[CROWD : 2 * CROWD]) == {429: CROWD}
    assert Counter(actual[2 * CROWD :]) == {200: 5, 429: CROWD - 5}


def test_defaults_change_as_a_whole_while_jobs_are_started(twins: Twins) -> None:
    places = at_both(twins)
    common = {"estimate": "exact"}  # so that it shows which kind a job is of
    kinds = [
        common | {"duration": 100, "outcome": "completed", "faults": None, "rate_limit": "999/s"},
        common
        | {
            "duration": 200,
            "outcome": "error",
            "faults": [{"on": "list", "fault": 418}],
            "rate_limit": None,
        },
    ]
    statuses, durations = set[int](), set[float]()
    started: list[str] = []
    impatience = time.monotonic() + PATIENCE

    def has_met_both() -> bool:
        return len(durations) > 1 and statuses >= {200, 202, 418}

    def act(number: int) -> None:
        place = places[number % 2]
        turn = 0
        while turn < ACTS or not (has_met_both() or time.monotonic() > impatience):
            turn += 1
            if number < 4:
                answer = place.ask("PATCH", "/simulation/defaults", kinds[(number + turn) % 2])
            elif number < 10:
                answer = place.ask("POST", "/jobs", {})
                started.append(answer.document["id"])
                durations.add(answer.document["estimated_time_remaining"])
            else:
                answer = place.ask("GET", "/jobs?limit=5")
            statuses.add(answer.status)

    places[0].ask("PATCH", "/simulation/defaults", kinds[0])
    all_at_once(THREADS, act)

    plans = [places[0].ask("GET", f"/simulation/jobs/{each}").document["plan"] for each in started]
    assert {(plan["duration"], plan["outcome"]) for plan in plans} == {
        (100, "completed"),
        (200, "error"),
    }
    assert statuses == {200, 202, 418}


def test_hangs_keep_nobody_else_from_being_served(server: Server) -> None:
    place = Workplace(server)
    other = place.create()

    def are_others_served_meanwhile(seconds: float) -> bool:
        """Ask while many requests hang so long; tell whether all answers came before their end."""
        hanging = place.create(faults=[{"on": "status", "fault": "hang", "seconds": seconds}])
        with ThreadPoolExecutor(CROWD) as threads:
            hangs = [threads.submit(place.ask, "GET", f"/jobs/{hanging}") for _ in range(CROWD)]
            time.sleep(seconds / 3)
            assert [place.ask("GET", f"/jobs/{other}").status for _ in range(10)] == [200] * 10
            are_all_hanging = not any(hang.done() for hang in hangs)
            assert all(isinstance(hang.exception(), RemoteDisconnected) for hang in hangs)
        return are_all_hanging

    assert any(are_others_served_meanwhile(seconds) for seconds in (0.7, 2, 6, 18))


def counters(store: Path, job_id: str) -> str:
    """Return what the store has by now of how often the rules of a job met a request."""
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT counters FROM vid_trans_api_job WHERE public_id = ?"
        ((actual,),) = connection.execute(query, [job_id])
        return str(actual)


def test_jobs_and_counts_outlive_a_server_killed_in_a_hang(store: Path, tmp_path: Path) -> None:
    rule = {"on": "status", "fault": "hang", "seconds": 60, "times": 1}
    with (
        gunicorn(store, tmp_path / "log") as server,
        ThreadPoolExecutor() as threads,
    ):
        place = Workplace(server, freeze=True)
        job_id = place.create(duration=100, faults=[rule])
        hang = threads.submit(place.ask, "GET", f"/jobs/{job_id}")
        assert eventually(lambda: counters(store, job_id))
        server.kill()
        assert isinstance(hang.exception(), ConnectionError)

    with gunicorn(store, tmp_path / "log") as restarted:
        place = place.through(restarted)
        place.turn(advance=40)
        actual = place.ask("GET", f"/jobs/{job_id}")
        place.turn(advance="next")
        ended = place.ask("GET", f"/jobs/{job_id}")

    assert (actual.status, actual.document["status"]) == (200, "pending")
    assert ended.document["status"] == "completed"


def test_a_job_that_goes_while_it_is_counted_is_not_found(twins: Twins) -> None:
    places = at_both(twins)
    rule = {"on": "any", "fault": "stale"}
    statuses = set[int]()
    impatience = time.monotonic() + PATIENCE
    rounds, usual = 10, {200, 204, 404}

    while rounds > 0 or not (statuses >= usual or time.monotonic() > impatience):
        rounds -= 1
        ids = [places[0].create(faults=[rule]) for _ in range(4)]

        def act(number: int, ids: list[str] = ids) -> None:
            place = places[number % 2]
            if number < 4:
                answer = place.ask("DELETE", f"/jobs/{ids[number]}")
            elif number == 4:
                answer = place.ask("GET", f"/jobs?ids={','.join(ids)}")
            elif number == 5:
                answer = place.ask("POST", "/simulation/reset")
            else:
                answer = place.ask("GET", f"/jobs/{ids[number % 4]}")
            statuses.add(answer.status)

        all_at_once(THREADS, act)

    assert statuses == usual
