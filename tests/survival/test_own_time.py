"""Workspaces on clocks of their own, side by side: holds wait real seconds, and wake in time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import RemoteDisconnected
from typing import Any, Final

import pytest

from tests.patience import soonest
from tests.servers import Server
from tests.survival.conftest import PROMPT, SETTLE, Twins
from tests.survival.workplace import Workplace

SOON: Final = 10.0
"""Seconds within which even a busy machine has answered what nothing holds any longer."""

LONG: Final = 30
"""Seconds for which requests ask to be held: more than any of these holds takes."""


def until_told(
    place: Workplace, end: Callable[[str], float], threads: ThreadPoolExecutor, **simulation: Any
) -> float:
    """Return how long a hold lasts after its job has ended.

    `end` is given the job's id, and returns the instant at which its end was brought about.
    """
    job_id = place.create(**simulation)
    holding = threads.submit(place.hold, job_id, LONG)
    time.sleep(SETTLE)
    ended_at = end(job_id)
    status, at = holding.result()
    assert status == "completed"
    return at - ended_at


def test_two_workspaces_hold_by_two_clocks(server: Server, threads: ThreadPoolExecutor) -> None:
    frozen, fast = Workplace(server, freeze=True), Workplace(server, speed=600)
    started_at = time.monotonic()
    unmoved, moved, later = (frozen.create(duration=seconds) for seconds in (900, 600, 601))
    minutes = fast.create(duration=600)
    unmoved_hold = threads.submit(frozen.hold, unmoved, 1)
    moved_holds = [threads.submit(frozen.hold, moved, LONG) for _ in range(20)]
    later_hold = threads.submit(frozen.hold, later, 1)
    fast_hold = threads.submit(fast.hold, minutes, LONG)
    time.sleep(SETTLE)

    frozen.turn(advance=600)
    moved_at = time.monotonic()

    for hold in moved_holds:
        status, at = hold.result()
        assert status == "completed"
        assert at - moved_at < SOON
    assert_held(unmoved_hold.result(), "pending", started_at, 1)
    assert_held(later_hold.result(), "pending", started_at, 1)
    assert_held(fast_hold.result(), "completed", started_at, 1)


def assert_held(held: tuple[str, float], status: str, since: float, seconds: float) -> None:
    """Check what a hold told, and that it lasted so many real seconds."""
    assert held[0] == status
    assert seconds <= held[1] - since < seconds + SOON


def test_a_hold_ends_at_once_when_the_time_is_moved(
    server: Server, threads: ThreadPoolExecutor
) -> None:
    place = Workplace(server, freeze=True)

    def move(_: str) -> float:
        place.turn(advance=600)
        return time.monotonic()

    assert soonest(lambda: until_told(place, move, threads, duration=600), enough=PROMPT) < PROMPT


def test_a_hold_ends_soon_when_another_process_moves_the_time(
    twins: Twins, threads: ThreadPoolExecutor
) -> None:
    here = Workplace(twins.production, freeze=True)
    there = here.through(twins.development)
    job_id, stuck = here.create(duration=600), here.create(outcome="stuck")
    long_polls = [threads.submit(here.hold, each, LONG) for each in (job_id, stuck)]
    time.sleep(SETTLE)

    there.turn(speed=1)
    there.turn(advance="next")
    moved_at = time.monotonic()
    there.ask("PATCH", f"/simulation/jobs/{stuck}", {"outcome": "completed", "finish": "now"})

    for hold in long_polls:
        status, at = hold.result()
        assert status == "completed"
        assert at - moved_at < SOON


@pytest.mark.parametrize("how", [{"finish": "now"}, {"duration": 0.4}])
def test_a_hold_ends_when_its_job_is_steered_to_its_end(
    twins: Twins, how: dict[str, Any], threads: ThreadPoolExecutor
) -> None:
    place = Workplace(twins.production)

    def update(job_id: str) -> float:
        steered = place.ask("PATCH", f"/simulation/jobs/{job_id}", how).document
        left = datetime.fromisoformat(steered["ends_at"]).timestamp() - time.time()
        return time.monotonic() + max(0, left)

    assert soonest(lambda: until_told(place, update, threads, duration=600), enough=PROMPT) < PROMPT


def test_a_hold_ends_when_its_workspace_is_emptied(
    twins: Twins, threads: ThreadPoolExecutor
) -> None:
    def until_told() -> float:
        place = Workplace(twins.production, freeze=True)
        hold = threads.submit(place.ask, "GET", f"/jobs/{place.create()}", Prefer=f"wait={LONG}")
        time.sleep(SETTLE)
        place.ask("POST", "/simulation/reset", {})
        reset_at = time.monotonic()
        assert hold.result().status == 404
        return time.monotonic() - reset_at

    assert soonest(until_told, enough=PROMPT) < PROMPT


@pytest.mark.parametrize("through", ["the same process", "another process"])
def test_what_takes_a_while_ends_when_its_workspace_is_emptied(
    twins: Twins, server: Server, threads: ThreadPoolExecutor, through: str
) -> None:
    twin = twins.development if server is twins.production else twins.production
    place = Workplace(server)
    jobs = {
        fault: place.create(faults=[{"on": "status", "fault": fault, "seconds": LONG}])
        for fault in ("hang", "slow", "dribble")
    }
    asked = {fault: threads.submit(place.ask, "GET", f"/jobs/{job}") for fault, job in jobs.items()}
    time.sleep(SETTLE)
    assert not any(answer.done() for answer in asked.values())

    reset_at = time.monotonic()
    place.through(server if through == "the same process" else twin).ask(
        "POST", "/simulation/reset", {}
    )

    assert isinstance(asked["hang"].exception(), RemoteDisconnected)
    assert asked["slow"].result().document["id"] == jobs["slow"]
    assert asked["dribble"].result().document["id"] == jobs["dribble"]
    assert time.monotonic() - reset_at < LONG / 2
