"""What clients see of faults and scenarios is what the docs say, under every server."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.servers import ROOT, gunicorn
from tests.survival.conftest import Twins
from tests.survival.seen import faults, rows, table_of_faults, table_of_scenarios

QUICK = {"`reset`", "`truncate`", "`slow`, within the timeout", "`lost-response`"}


def documented() -> list[str]:
    """Return the tables that the docs show of what a client sees."""
    docs = (ROOT / "docs/simulation.md").read_text()
    section = docs.partition("\n## What a client sees\n")[2].partition("\n## ")[0]
    return re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)


@pytest.fixture(scope="module")
def seen(
    twins: Twins, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[object]]]:
    """What is seen at each of the servers, which are all asked at once."""
    words = ["--worker-class=sync", "--threads=1"]
    log = tmp_path_factory.mktemp("sync") / "log"
    quick = [case for case in faults() if case.name in QUICK]
    with gunicorn(twins.store, log, *words) as sync, ThreadPoolExecutor(4) as threads:
        yield {
            "scenarios": threads.submit(table_of_scenarios, twins.production),
            "production": threads.submit(table_of_faults, twins.production),
            "development": threads.submit(table_of_faults, twins.development),
            "sync": threads.submit(rows, sync, quick, at_once=1),
        }
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("name", ["production", "development"])
def test_each_fault_is_seen_as_the_docs_say(name: str, seen: dict[str, Future[object]]) -> None:
    assert seen[name].result() == documented()[0]


def test_each_scenario_is_seen_as_the_docs_say(seen: dict[str, Future[object]]) -> None:
    assert seen["scenarios"].result() == documented()[1]


def test_faults_are_seen_alike_where_a_worker_has_no_threads(
    seen: dict[str, Future[object]],
) -> None:
    lines = [line.strip("| ").split(" | ") for line in documented()[0].splitlines()]

    assert seen["sync"].result() == [cells for cells in lines if cells[0] in QUICK]
