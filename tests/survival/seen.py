"""What programs see of each fault and each scenario, by the library that they ask with.

`python -m tests.survival.seen` prints the tables that docs/reference-simulation.md shows.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import aiohttp
import requests
import urllib3

from tests.servers import API, ROOT, Server, environment, gunicorn
from vid_trans_api.simulation.faults import Fault, parameters_of
from vid_trans_api.simulation.scenarios import SCENARIOS

DURATION: Final = 10
"""Seconds that every job takes, of its workspace's time."""

PATIENT, IMPATIENT = 10.0, 2.0
"""Seconds that a program waits for an answer."""

_ERRORS: Final = 400
"""The first status that is none of success."""

_TRIES: Final = 5
"""How often what is to be seen is set up, where many others keep the store from being written."""

_WITHIN, _PAST = 0.3, 2 * IMPATIENT
"""Seconds that a fault takes, less and more than somebody impatient waits."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is asked for, and what is then asked of the job."""

    name: str
    simulation: Mapping[str, Any]
    moments: tuple[float, ...] = (DURATION,)
    """The job's ages at which it is polled."""

    timeout: float = PATIENT


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request that a library is to make."""

    method: str
    url: str
    key: str
    document: Any = None
    timeout: float

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key}


def faults() -> Iterator[Case]:
    """Give each fault that can be asked for, once for each way in which it is seen."""
    yield _fault("`503`", fault=503)
    yield _fault("`429` with `retry_after`", fault=429, retry_after=5)
    for fault in Fault:
        details = parameters_of(fault)
        if "status" in details:
            for status in (502, 200):
                yield _fault(f"`{fault}` with status {status}", fault=fault, status=status)
        elif "seconds" in details:
            yield _fault(f"`{fault}`, within the timeout", fault=fault, seconds=_WITHIN)
            yield _fault(
                f"`{fault}`, past the timeout", timeout=IMPATIENT, fault=fault, seconds=_PAST
            )
        else:
            yield _fault(f"`{fault}`", fault=fault)


def _fault(name: str, *, timeout: float = PATIENT, **rule: Any) -> Case:
    simulation = {"outcome": "completed", "faults": [{"on": "status", **rule}]}
    return Case(name=name, simulation=simulation, timeout=timeout)


def scenarios() -> Iterator[Case]:
    """Give each scenario, polled often enough to see what is special about it."""
    for scenario in SCENARIOS:
        takes_long = any(rule.fault_seconds for rule in scenario.options.faults or ())
        yield Case(
            name=f"`{scenario.name}`",
            simulation={"scenario": scenario.name, "seed": 1},
            moments=(DURATION,) if takes_long else (2, 4, 6, 8, 10, 12, 14),
        )


def by_requests(ask: Ask) -> str:
    with requests.request(
        ask.method, ask.url, json=ask.document, headers=ask.headers, timeout=ask.timeout
    ) as answer:
        job = answer.json() if answer.ok else None
        return _told(answer.status_code, answer.headers, job)


def by_urllib3(ask: Ask) -> str:
    with urllib3.PoolManager(retries=False, timeout=ask.timeout) as pool:
        answer = pool.request(ask.method, ask.url, json=ask.document, headers=ask.headers)
        job = answer.json() if answer.status < _ERRORS else None
        return _told(answer.status, answer.headers, job)


async def by_aiohttp(ask: Ask) -> str:
    timeout = aiohttp.ClientTimeout(total=ask.timeout)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=ask.headers) as session,
        session.request(ask.method, ask.url, json=ask.document) as answer,
    ):
        job = await answer.json() if answer.ok else None
        return _told(answer.status, answer.headers, job)


def _told(status: int, headers: Mapping[str, str], job: Mapping[str, Any] | None) -> str:
    if status < _ERRORS:
        return f"{status} `{job and job['status']}`"
    wait = headers.get("Retry-After")
    return f"{status}, `Retry-After: {wait}`" if wait else str(status)


LIBRARIES: Final[Mapping[str, Callable[[Ask], str | Awaitable[str]]]] = {
    "requests": by_requests,
    "urllib3": by_urllib3,
    "aiohttp": by_aiohttp,
}


def seen(library: str, ask: Ask) -> str:
    """Return the status that this library gets, and the job's, or the exception that it raises."""
    try:
        actual = LIBRARIES[library](ask)
        return actual if isinstance(actual, str) else asyncio.run(_awaited(actual))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what a program sees)
        return f"`{_name_of(type(error))}`"


async def _awaited(actual: Awaitable[str]) -> str:
    return await actual


def _name_of(kind: type[Exception]) -> str:
    """Return the shortest name by which a program can import that exception."""
    if kind.__module__ == "builtins":
        return kind.__name__
    package = kind.__module__.partition(".")[0]
    is_in_package = getattr(sys.modules[package], kind.__name__, None) is kind
    return f"{package if is_in_package else kind.__module__}.{kind.__name__}"


def see(server: Server, case: Case, library: str, *, sees_creation: bool) -> str:
    """Return what that library sees of a case, request by request; alike ones are counted."""
    root, key = server.url + API, str(uuid4())

    def ask(method: str, path: str, document: Any = None) -> str:
        return seen(
            library,
            Ask(
                method=method,
                url=root + path,
                key=key,
                document=document,
                timeout=case.timeout,
            ),
        )

    actual = []
    with server.caller() as caller:

        def control(method: str, path: str, document: Any) -> None:
            for _ in range(_TRIES):
                answer = caller.ask(method, path, document, headers={"X-Api-Key": key})
                if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    break
            assert answer.status < _ERRORS, answer

        control("POST", "/simulation/clock", {"freeze": True})
        # A default: a scenario that says how long it takes counts before it.
        control("PATCH", "/simulation/defaults", {"duration": DURATION})
        document = {"simulation": case.simulation}
        if sees_creation:
            actual.append(ask("POST", "/jobs", document))
        else:
            control("POST", "/jobs", document)
        age = 0.0
        for moment in case.moments:
            control("POST", "/simulation/clock", {"advance": moment - age})
            age = moment
            actual.append(ask("GET", "/status"))
    return "; ".join(_counted(list(alike)) for _, alike in groupby(actual))


def _counted(alike: list[str]) -> str:
    return f"{len(alike)} times {alike[0]}" if len(alike) > 1 else alike[0]


def rows(
    server: Server, cases: Iterable[Case], *, sees_creation: bool = False, at_once: int = 24
) -> list[list[str]]:
    """Return what each library sees of these cases, row by row, the name of the case first."""
    cases = list(cases)
    places = [(case, library) for case in cases for library in LIBRARIES]
    with ThreadPoolExecutor(at_once) as threads:
        cells = threads.map(lambda place: see(server, *place, sees_creation=sees_creation), places)
        return [[case.name, *(next(cells) for _ in LIBRARIES)] for case in cases]


def table(heading: str, rows: Iterable[list[str]]) -> str:
    """Return that as Markdown."""
    head = [[heading, *(f"`{library}`" for library in LIBRARIES)]]
    lines = [f"| {' | '.join(row)} |\n" for row in (*head, *rows)]
    lines.insert(1, "|---" * len(head[0]) + "|\n")
    return "".join(lines)


def table_of_faults(server: Server) -> str:
    """Return what is seen of a poll of a job that has completed, for each fault."""
    return table("fault", rows(server, faults()))


def table_of_scenarios(server: Server) -> str:
    """Return what is seen of the creation and several polls of a job, for each scenario."""
    return table("`scenario`", map(_once, rows(server, scenarios(), sees_creation=True)))


def _once(row: list[str]) -> list[str]:
    """Return the row with what all libraries see alike written out once."""
    return [*row[:2], *["the same"] * (len(row) - 2)] if len({*row[1:]}) == 1 else row


def main() -> None:
    with TemporaryDirectory() as directory:
        store = Path(directory) / "db.sqlite3"
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment(store), check=True)
        with gunicorn(store, Path(directory) / "log") as server:
            print(table_of_faults(server), table_of_scenarios(server), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
