"""What clients see of faults and scenarios is what the docs say, under every server."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest

from tests.servers import ROOT, gunicorn
from tests.survival.conftest import Twins
from tests.survival.seen import faults, rows, table_of_faults, table_of_scenarios

QUICK = {"`reset`", "`truncate`", "`slow`, within the timeout", "`lost-response`"}
AGAIN: Final = 3
"""So often is looked again, before what is seen is taken for what clients see."""


def documented() -> list[str]:
    """Return the tables that the docs show of what a client sees."""
    docs = (ROOT / "docs/reference-simulation.md").read_text()
    section = docs.partition("\n## What client libraries see\n")[2].partition("\n## ")[0]
    return re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)


class Seen:
    """What is seen at a server: measured beside all else, and once more where that went wrong."""

    def __init__(self, measure: Callable[[], object], threads: ThreadPoolExecutor) -> None:
        self._measure = measure
        self._first = threads.submit(measure)

    def expect(self, expected: object) -> None:
        """Check that it is this, if need be when a busy machine has got round to all the rest.

        What a client sees of an answer that is late depends on how late it is.
        """
        seen = self._first.result()
        for _ in range(AGAIN):
            if seen == expected:
                break
            seen = self._measure()
        assert seen == expected


@pytest.fixture(scope="module")
def seen(twins: Twins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """What is seen at each of the servers, which are all asked at once."""
    words = ["--worker-class=sync", "--threads=1"]
    log = tmp_path_factory.mktemp("sync") / "log"
    quick = [case for case in faults() if case.name in QUICK]
    with gunicorn(twins.store, log, *words) as sync, ThreadPoolExecutor(4) as threads:
        measures: dict[str, Callable[[], object]] = {
            "scenarios": partial(table_of_scenarios, twins.production),
            "production": partial(table_of_faults, twins.production),
            "development": partial(table_of_faults, twins.development),
            "sync": partial(rows, sync, quick, at_once=1),
        }
        yield {name: Seen(measure, threads) for name, measure in measures.items()}
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("name", ["production", "development"])
def test_each_fault_is_seen_as_the_docs_say(name: str, seen: dict[str, Seen]) -> None:
    seen[name].expect(documented()[0])


def test_each_scenario_is_seen_as_the_docs_say(seen: dict[str, Seen]) -> None:
    seen["scenarios"].expect(documented()[1])


def test_faults_are_seen_alike_where_a_worker_has_no_threads(seen: dict[str, Seen]) -> None:
    lines = [line.strip("| ").split(" | ") for line in documented()[0].splitlines()]

    seen["sync"].expect([cells for cells in lines if cells[0] in QUICK])
