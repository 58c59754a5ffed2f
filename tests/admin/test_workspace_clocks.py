"""The admin's filters for jobs of workspaces with clocks of their own."""

import pytest

from tests.admin.conftest import JOBS, titles
from tests.conftest import Api, SetClock
from tests.starting import start
from vid_trans_api.simulation.options import Outcome


@pytest.fixture
def _jobs(clock: SetClock, db: None) -> None:
    """Create two jobs of 100 s in each of three workspaces, and advance the clocks of two."""
    for key, advance in {"ada": 0, "bob": 3601, "eve": 90_000}.items():
        start(key=key, title=f"{key}-completed", seconds=100)
        start(key=key, title=f"{key}-error", seconds=100, outcome=Outcome.ERROR)
        Api(api_key=key).set_clock(advance=advance)
    clock.advance(1)


@pytest.mark.usefixtures("_jobs")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=pending", ["ada-error", "ada-completed"]),
        ("status=completed", ["eve-completed", "bob-completed"]),
        ("status=error", ["eve-error", "bob-error"]),
        ("status=pending&age=hour", ["ada-error", "ada-completed"]),
        ("status=completed&age=hour", []),
        ("status=error&age=hour", []),
        ("status=pending&age=day", ["ada-error", "ada-completed"]),
        ("status=completed&age=day", ["bob-completed"]),
        ("status=error&age=day", ["bob-error"]),
    ],
)
def test_filters_follow_the_clocks_of_workspaces(admin, query: str, expected: list[str]) -> None:
    page = admin.get(f"{JOBS}?{query}")

    assert titles(page) == expected
